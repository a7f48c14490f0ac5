//! Measures Millstream's parts and prints a table: `cargo run --release -p millstream-benches`.
//!
//! Each measurement asserts its result before its time counts, runs several times, and shows the median with the
//! smallest and largest run. Words given as arguments choose the measurements whose names contain one of them. Pin it to
//! one core to compare with the targets: `taskset -c 0 cargo run --release -p millstream-benches`.

mod driver;
mod operators;
mod report;
mod stores;
mod word_count;

fn main() {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| chosen.is_empty() || chosen.iter().any(|choice| name.contains(choice.as_str()));
    report::print_head();
    for measure in [word_count::measure, operators::measure, driver::measure, stores::measure] {
        for measurement in measure() {
            if wanted(measurement.name) {
                measurement.run_and_print();
            }
        }
    }
}
