//! What the generator draws.

use millstream_differential::coverage::Coverage;
use millstream_differential::generate;

/// As `docs/formats/differential.md` says.
const PROGRAMS: u64 = 20_000;

#[test]
fn each_operator_occurs_with_each_kind_of_store_that_it_can_have() {
    let mut coverage = Coverage::default();
    (0..PROGRAMS).for_each(|seed| coverage.add(&generate(seed)));
    assert!(coverage.smallest() >= 50, "fewer than 50 times in {PROGRAMS} programs:\n{coverage}");
}
