//! 300 programs give the same results in Millstream and in Kafka Streams.

use millstream_differential::session::Session;

/// The seeds of the fixed set.
const SEEDS: std::ops::Range<u64> = 0..300;

/// How many programs have to be compared without an allowed difference, in percent.
const WITHOUT_ALLOWED_PERCENT_MIN: u64 = 95;

#[test]
fn both_sides_give_the_same_results() {
    let mut session = Session::start();
    for seed in SEEDS {
        if let Some((_, difference)) = session.try_seed(seed) {
            panic!(
                "seed {seed} differs: {difference}\nfor the smallest program: \
                 cargo run -p millstream-differential -- --from {seed} --count 1"
            );
        }
    }
    let plain = session.programs - session.programs_with_allowed;
    assert!(plain * 100 >= session.programs * WITHOUT_ALLOWED_PERCENT_MIN, "{:?}", session.allowed);
}
