//! The table on standard output.

use crate::contender::Contender;
use crate::run::{Case, Measured};

pub(crate) fn print_head() {
    println!("| workload | store | contender | CPU µs/record | (runs) | k records/s | peak MB | output | changelog |");
    println!("|---|---|---|---|---|---|---|---|---|");
}

/// A line of medians.
pub(crate) fn print_row(contender: Contender, case: Case, runs: &[Measured]) {
    let all: Vec<String> = runs.iter().map(|run| format!("{:.3}", run.cpu_us)).collect();
    println!(
        "| {} | {} | {} | {:.3} | {} | {:.0} | {:.0} | {:.3} | {:.3} |",
        case.workload.title(),
        case.store.name(),
        contender.title(),
        median(runs, |run| run.cpu_us),
        all.join(" "),
        median(runs, |run| run.records_per_second) / 1e3,
        median(runs, |run| run.peak_bytes as f64) / 1e6,
        median(runs, |run| run.output),
        median(runs, |run| run.changelog),
    );
}

/// The median of a figure over all runs.
pub(crate) fn median(runs: &[Measured], figure: impl Fn(&Measured) -> f64) -> f64 {
    let mut figures: Vec<f64> = runs.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
