//! Runs a measurement several times and prints its line of the table.

use std::time::{Duration, Instant};

/// How often each measurement runs; the median counts.
const RUNS: usize = 7;

/// One run: returns the time that counts.
pub(crate) type Run = Box<dyn FnMut() -> Duration>;

/// Something to measure: a run handles `units`.
pub(crate) struct Measurement {
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    pub(crate) units: u64,
    /// Prepares what the runs share; they follow one after the other.
    pub(crate) prepare: Box<dyn FnOnce() -> Run>,
}

impl Measurement {
    pub(crate) fn run_and_print(self) {
        let mut run = (self.prepare)();
        run();
        let mut times: Vec<f64> = (0..RUNS).map(|_| nanoseconds(run(), self.units)).collect();
        times.sort_by(f64::total_cmp);
        let (least, median, most) = (times[0], times[RUNS / 2], times[RUNS - 1]);
        let per_second = 1_000.0 / median;
        println!(
            "| {:<58} | {median:>8.1} | {least:>8.1} .. {most:<8.1} | {per_second:>8.2} | {:<24} |",
            self.name, self.target
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for a person")]
fn nanoseconds(time: Duration, units: u64) -> f64 {
    time.as_nanos() as f64 / units as f64
}

/// How long `work` takes.
pub(crate) fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

pub(crate) fn print_head() {
    println!("| {:<58} | ns each  | least .. most        | M each/s | {:<24} |", "measurement", "target");
    println!("|{:-<60}|----------|----------------------|----------|{:-<26}|", "", "");
}
