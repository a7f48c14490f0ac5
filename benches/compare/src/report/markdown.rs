//! Results as tables in Markdown.

use std::time::Duration;

use super::results::{LatencyRow, MemoryRow, RestoreRow, Row, beside, cases, median};
use super::targets::{self, SHOWN};
use crate::contender::Contender;
use crate::contender::job::Store;
use crate::measure::Latency;
use crate::workload::Case;

/// Processor time of each contender per case, with ratios, and targets where they bind.
pub(crate) fn cpu(rows: &[Row], has_targets: bool) -> String {
    let mut table = head(&[
        "workload",
        "stores",
        "Millstream",
        "Kafka Streams",
        "times less",
        "target",
        "bare librdkafka",
        "times more",
        "target",
    ]);
    for case in cases(rows) {
        let cpu = SHOWN.map(|contender| beside(rows, case, contender).map(Row::cpu_us));
        let [ours, streams, bare] = cpu;
        let less = ratio(streams, ours);
        let more = ratio(ours, bare);
        let at_least = has_targets.then(|| targets::against_kafka_streams(case)).flatten();
        let at_most = has_targets.then(|| targets::against_bare_loop(case)).flatten();
        table += &line(&[
            case.title(),
            store(case),
            figure(ours, 2),
            figure(streams, 2),
            judged(less, less.zip(at_least).is_none_or(|(less, target)| less >= target)),
            figure(at_least, 1),
            figure(bare, 2),
            judged(more, more.zip(at_most).is_none_or(|(more, target)| more <= target)),
            figure(at_most, 1),
        ]);
    }
    table
}

/// All else that was measured of each run.
pub(crate) fn details(rows: &[Row]) -> String {
    let mut table = head(&[
        "workload",
        "stores",
        "contender",
        "CPU µs/record, each run",
        "k records/s",
        "peak memory MB",
        "output/record",
        "changelog/record",
    ]);
    for row in rows {
        let each: Vec<String> = row.runs.iter().map(|run| format!("{:.2}", run.cpu_us)).collect();
        table += &line(&[
            row.case.title(),
            store(row.case),
            row.contender.title().to_owned(),
            each.join(" "),
            format!("{:.0}", median(&row.runs, |run| run.records_per_second) / 1e3),
            format!("{:.0}", median(&row.runs, |run| run.peak_bytes as f64) / 1e6),
            format!("{:.3}", median(&row.runs, |run| run.output)),
            format!("{:.3}", median(&row.runs, |run| run.changelog)),
        ]);
    }
    table
}

/// End-to-end latencies.
pub(crate) fn latency(rows: &[LatencyRow]) -> String {
    let mut table = head(&["settings", "contender", "p50 ms", "p95 ms", "p99 ms", "p99.9 ms"]);
    for row in rows {
        let part =
            |of: fn(&Latency) -> Duration| format!("{:.1}", median(&row.runs, |run| of(run).as_secs_f64() * 1e3));
        table += &line(&[
            row.settings.to_owned(),
            row.contender.title().to_owned(),
            part(|run| run.p50),
            part(|run| run.p95),
            part(|run| run.p99),
            part(|run| run.p999),
        ]);
    }
    table
}

/// Restores.
pub(crate) fn restore(rows: &[RestoreRow]) -> String {
    let mut table = head(&[
        "kind",
        "stores",
        "contender",
        "k records/s",
        "times Kafka Streams'",
        "target",
        "s to running",
        "peak memory MB",
    ]);
    for row in rows {
        let speed = |row: &RestoreRow| median(&row.runs, |run| run.records_per_second);
        let is_rival = |other: &&RestoreRow| {
            other.kind == row.kind && other.store == row.store && other.contender == Contender::KafkaStreams
        };
        let rival = rows.iter().find(is_rival);
        let is_ours = row.contender == Contender::Millstream;
        let times = rival.filter(|_| is_ours).map(|rival| speed(row) / speed(rival));
        let target = is_ours.then_some(targets::RESTORE);
        table += &line(&[
            row.kind.name(),
            store_name(row.store).to_owned(),
            row.contender.title().to_owned(),
            format!("{:.0}", speed(row) / 1e3),
            judged(times, times.zip(target).is_none_or(|(times, target)| times >= target)),
            figure(target, 1),
            format!("{:.2}", median(&row.runs, |run| run.to_running.as_secs_f64())),
            format!("{:.0}", median(&row.runs, |run| run.peak_bytes as f64) / 1e6),
        ]);
    }
    table
}

/// Memory in the keyed count.
pub(crate) fn memory(rows: &[MemoryRow]) -> String {
    let mut table = head(&["contender", "settings", "peak memory MB", "CPU µs/record"]);
    for row in rows {
        table += &line(&[
            row.contender.title().to_owned(),
            row.settings.clone(),
            format!("{:.0}", median(&row.runs, |run| run.peak_bytes as f64) / 1e6),
            format!("{:.2}", median(&row.runs, |run| run.cpu_us)),
        ]);
    }
    table
}

pub(super) fn head(columns: &[&str]) -> String {
    let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
    line(&columns) + &line(&vec!["---".to_owned(); columns.len()])
}

pub(super) fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn ratio(above: Option<f64>, below: Option<f64>) -> Option<f64> {
    above.zip(below).map(|(above, below)| above / below).filter(|ratio| ratio.is_finite())
}

pub(super) fn figure(value: Option<f64>, digits: usize) -> String {
    let shown = value.filter(|value| value.is_finite());
    shown.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}

/// A ratio; one that misses its target is marked.
pub(super) fn judged(ratio: Option<f64>, is_met: bool) -> String {
    let shown = figure(ratio, 2);
    if is_met { format!("**{shown}**").replace("**–**", "–") } else { format!("{shown} (missed)") }
}

fn store(case: Case) -> String {
    if case.workload.is_stateful() { store_name(case.store).to_owned() } else { "–".to_owned() }
}

/// The name of a place of stores in tables.
pub(crate) fn store_name(store: Store) -> &'static str {
    match store {
        Store::Memory => "memory",
        Store::Rocksdb => "RocksDB",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Measured;
    use crate::workload::Workload;

    fn row(workload: Workload, contender: Contender, cpu: [f64; 3]) -> Row {
        let case = Case { workload, store: Store::Memory, records: 1, keys: 100_000 };
        let run =
            |cpu_us| Measured { cpu_us, records_per_second: 1e6, peak_bytes: 50_000_000, output: 0.5, changelog: 0.25 };
        Row { case, contender, runs: cpu.map(run).to_vec() }
    }

    #[test]
    fn ratios_are_of_medians_and_a_missed_target_is_marked() {
        let rows = [
            row(Workload::Filter, Contender::Millstream, [9.0, 0.5, 0.4]),
            row(Workload::Filter, Contender::KafkaStreams, [1.5, 1.0, 2.0]),
            row(Workload::Filter, Contender::Librdkafka, [0.2, 0.2, 0.2]),
            row(Workload::KeyedCount, Contender::Millstream, [1.0, 1.0, 1.0]),
        ];
        let table = cpu(&rows, true);
        let lines: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(lines[0], "| filter (drops all) | – | 0.50 | 1.50 | **3.00** | 2.2 | 0.20 | 2.50 (missed) | 1.6 |");
        assert_eq!(lines[1], "| keyed count, 100,000 keys | memory | 1.00 | – | – | 5.0 | – | – | – |");
    }

    #[test]
    fn every_run_and_what_it_wrote_is_shown() {
        let table = details(&[row(Workload::KeyedCount, Contender::KafkaStreams, [3.0, 1.0, 2.0])]);
        let shown =
            "| keyed count, 100,000 keys | memory | Kafka Streams | 3.00 1.00 2.00 | 1000 | 50 | 0.500 | 0.250 |";
        assert_eq!(table.lines().last(), Some(shown));
    }
}
