//! Measures Millstream's parts and prints a table: `cargo run --release -p millstream-benches`.
//!
//! Each measurement asserts its result before its time counts, runs several times, and shows the median with the
//! smallest and largest run. Words given as arguments choose the measurements whose names contain one of them. Pin it to
//! one core to compare with the targets: `taskset -c 0 cargo run --release -p millstream-benches`.
//!
//! `--runs 1` runs each once, without a run to warm up, so that a profiler that counts instructions sees the work alone:
//! `valgrind --tool=callgrind target/release/millstream-benches --runs 1 stateless`.

mod driver;
mod language;
mod operators;
mod report;
mod stores;
mod word_count;

use report::Runs;

fn main() {
    let mut chosen: Vec<String> = std::env::args().skip(1).collect();
    let runs = take_runs(&mut chosen);
    let wanted = |name: &str| chosen.is_empty() || chosen.iter().any(|choice| name.contains(choice.as_str()));
    report::print_head();
    for measure in [word_count::measure, operators::measure, driver::measure, stores::measure, language::measure] {
        for measurement in measure() {
            if wanted(measurement.name) {
                measurement.run_and_print(runs);
            }
        }
    }
}

/// Takes `--runs N` out of the arguments.
fn take_runs(arguments: &mut Vec<String>) -> Runs {
    let Some(place) = arguments.iter().position(|argument| argument == "--runs") else { return Runs::Default };
    let count = arguments.get(place + 1).and_then(|count| count.parse().ok()).filter(|count| *count > 0);
    let count = count.expect("`--runs` is followed by how often each measurement runs, 1 or more");
    arguments.drain(place..=place + 1);
    Runs::Exactly(count)
}
