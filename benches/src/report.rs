//! Runs a measurement several times and prints its line of the table.

use std::fs;
use std::ops::AddAssign;
use std::time::{Duration, Instant};

/// The default number of runs of each measurement; the result is the median.
const RUNS: usize = 7;

/// How often each measurement runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Runs {
    /// Once to warm up, then the number of runs of the documents' tables.
    Default,
    /// This many runs, without one to warm up.
    Exactly(usize),
}

/// A tick of the kernel's CPU time (`USER_HZ`, 100 a second on every Linux platform Rust knows).
const TICK: Duration = Duration::from_millis(10);

/// One run: returns the time that counts.
pub(crate) type Run = Box<dyn FnMut() -> Spent>;

/// Something to measure: a run handles `units`.
pub(crate) struct Measurement {
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    pub(crate) units: u64,
    /// Prepares the state that the runs share. They run one after the other.
    pub(crate) prepare: Box<dyn FnOnce() -> Run>,
}

/// Time spent: by the clock, and by all threads of this process on a CPU.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    wall: Duration,
    cpu: Duration,
}

impl AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.wall += other.wall;
        self.cpu += other.cpu;
    }
}

impl Measurement {
    pub(crate) fn run_and_print(self, runs: Runs) {
        let mut run = (self.prepare)();
        let count = match runs {
            Runs::Default => {
                run();
                RUNS
            }
            Runs::Exactly(count) => count,
        };
        let spent: Vec<Spent> = (0..count).map(|_| run()).collect();
        let mut walls: Vec<f64> = spent.iter().map(|spent| nanoseconds(spent.wall, self.units)).collect();
        walls.sort_by(f64::total_cmp);
        let (least, median, most) = (walls[0], walls[count / 2], walls[count - 1]);
        // The kernel counts in ticks of 10 ms, so all runs together.
        let cpu = nanoseconds(spent.iter().map(|spent| spent.cpu).sum(), self.units * count as u64);
        println!(
            "| {:<56} | {median:>7.1} | {least:>7.1} .. {most:<7.1} | {cpu:>7.1} | {:>8.2} | {:<20} |",
            self.name,
            1_000.0 / median,
            self.target
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for a person")]
fn nanoseconds(time: Duration, units: u64) -> f64 {
    time.as_nanos() as f64 / units as f64
}

/// How long `work` takes.
pub(crate) fn timed(work: impl FnOnce()) -> Spent {
    let (cpu, start) = (cpu_time(), Instant::now());
    work();
    Spent { wall: start.elapsed(), cpu: cpu_time().saturating_sub(cpu) }
}

/// The CPU time of this process so far, from `/proc/self/stat` (proc(5), fields 14 and 15); zero where there is none.
fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u32 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u32>().ok()).sum();
    TICK * ticks
}

pub(crate) fn print_head() {
    println!("| {:<56} | ns each | least .. most      | CPU ns  | M each/s | {:<20} |", "measurement", "target");
    println!("|{:-<58}|---------|--------------------|---------|----------|{:-<22}|", "", "");
}
