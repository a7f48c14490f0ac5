//! The results.

use crate::contender::Contender;
use crate::contender::job::Store;
use crate::measure::{Latency, Measured, RestoreKind, Restored, Steady};
use crate::scenario::Scenario;
use crate::workload::Case;

/// All results that were selected.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// Throughput at equal settings.
    pub(crate) equal: Vec<Row>,
    /// Throughput at each contender's best settings.
    pub(crate) best: Vec<Row>,
    pub(crate) latency: Vec<LatencyRow>,
    pub(crate) restore: Vec<RestoreRow>,
    pub(crate) memory: Vec<MemoryRow>,
    pub(crate) steady: Vec<SteadyRow>,
}

/// A contender's runs of a case.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) case: Case,
    pub(crate) contender: Contender,
    pub(crate) runs: Vec<Measured>,
}

/// A contender's latencies under settings of that name.
#[derive(Debug)]
pub(crate) struct LatencyRow {
    pub(crate) settings: &'static str,
    pub(crate) contender: Contender,
    pub(crate) runs: Vec<Latency>,
}

/// A contender's restores.
#[derive(Debug)]
pub(crate) struct RestoreRow {
    pub(crate) kind: RestoreKind,
    pub(crate) store: Store,
    pub(crate) contender: Contender,
    pub(crate) runs: Vec<Restored>,
}

/// A contender's memory in the keyed count, under settings of that name.
#[derive(Debug)]
pub(crate) struct MemoryRow {
    pub(crate) settings: String,
    pub(crate) contender: Contender,
    pub(crate) runs: Vec<Measured>,
}

/// A contender's figures in a scenario under a steady load.
#[derive(Debug)]
pub(crate) struct SteadyRow {
    pub(crate) scenario: Scenario,
    pub(crate) per_second: u64,
    pub(crate) contender: Contender,
    pub(crate) runs: Vec<Steady>,
}

/// The median of a figure over all runs.
pub(crate) fn median<T>(runs: &[T], figure: impl Fn(&T) -> f64) -> f64 {
    let mut figures: Vec<f64> = runs.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

impl Row {
    /// Processor time per record, in microseconds.
    pub(crate) fn cpu_us(&self) -> f64 {
        median(&self.runs, |run| run.cpu_us)
    }
}

impl SteadyRow {
    /// Processor time in percent of a core.
    pub(crate) fn cpu_percent(&self) -> f64 {
        median(&self.runs, |run| run.cpu_percent)
    }

    /// The 99th percentile of latency in milliseconds.
    pub(crate) fn p99_ms(&self) -> f64 {
        median(&self.runs, |run| run.latency.p99.as_secs_f64() * 1e3)
    }

    /// The memory at the peak, in megabytes.
    pub(crate) fn peak_mb(&self) -> f64 {
        median(&self.runs, |run| run.peak_bytes as f64) / 1e6
    }

    /// The row of Kafka Streams in the same scenario, for a row of Millstream.
    pub(crate) fn rival<'a>(&self, rows: &'a [Self]) -> Option<&'a Self> {
        let is_ours = self.contender == Contender::Millstream;
        let is_same = |row: &&Self| row.scenario == self.scenario && row.per_second == self.per_second;
        rows.iter().filter(is_same).find(|row| is_ours && row.contender == Contender::KafkaStreams)
    }
}

/// The row of a contender beside another of the same case.
pub(crate) fn beside(rows: &[Row], case: Case, contender: Contender) -> Option<&Row> {
    rows.iter().find(|row| row.case == case && row.contender == contender)
}

/// The cases of these rows, each once, in their order.
pub(crate) fn cases(rows: &[Row]) -> Vec<Case> {
    let mut cases: Vec<Case> = rows.iter().map(|row| row.case).collect();
    cases.dedup();
    cases
}
