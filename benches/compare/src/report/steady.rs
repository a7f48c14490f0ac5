//! Figures under steady loads, as a table in Markdown.

use super::markdown::{figure, head, judged, line};
use super::results::{SteadyRow, median};
use super::targets::{STEADY_MEMORY, STEADY_P99_MS, steady_cpu};
use crate::contender::Contender;

/// Figures under steady loads, with ratios and targets in Millstream's rows.
pub(super) fn steady(rows: &[SteadyRow]) -> String {
    let mut table = head(&[
        "workload",
        "records/s",
        "contender",
        "CPU % of a core",
        "times less",
        "target",
        "p50 ms",
        "p99 ms",
        "at most",
        "peak MB",
        "times less",
        "target",
        "MB at the end",
        "wake-ups/s",
    ]);
    for row in rows {
        let (rival, is_ours) = (row.rival(rows), row.contender == Contender::Millstream);
        let cpu = rival.map(|rival| rival.cpu_percent() / row.cpu_percent());
        let memory = rival.map(|rival| rival.peak_mb() / row.peak_mb());
        let cpu_target = steady_cpu(row.per_second).filter(|_| is_ours);
        let memory_target = is_ours.then_some(STEADY_MEMORY);
        let p99_target = is_ours.then_some(STEADY_P99_MS + row.scenario.held_ms(row.contender) as f64);
        table += &line(&[
            row.scenario.title().to_owned(),
            row.per_second.to_string(),
            row.contender.title().to_owned(),
            figure(Some(row.cpu_percent()), 2),
            judged(cpu, reaches(cpu, cpu_target)),
            figure(cpu_target, 0),
            figure(Some(median(&row.runs, |run| run.latency.p50.as_secs_f64() * 1e3)), 1),
            p99(row.p99_ms(), p99_target),
            figure(p99_target, 0),
            figure(Some(row.peak_mb()), 0),
            judged(memory, reaches(memory, memory_target)),
            figure(memory_target, 0),
            figure(Some(median(&row.runs, |run| run.end_bytes as f64) / 1e6), 0),
            figure(Some(median(&row.runs, |run| run.wake_ups)), 0),
        ]);
    }
    table
}

fn reaches(ratio: Option<f64>, target: Option<f64>) -> bool {
    ratio.zip(target).is_none_or(|(ratio, target)| ratio >= target)
}

/// A latency; judged if there is a target.
fn p99(millis: f64, target: Option<f64>) -> String {
    match target {
        Some(target) if millis <= target => format!("**{millis:.1}**"),
        Some(_) => format!("{millis:.1} (missed)"),
        None => format!("{millis:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::measure::{Latency, Steady};
    use crate::scenario::Scenario;

    fn row(contender: Contender, cpu_percent: f64, p99_ms: u64, megabytes: u64) -> SteadyRow {
        let [p50, p99] = [2, p99_ms].map(Duration::from_millis);
        let latency = Latency { p50, p95: p99, p99, p999: p99 };
        let bytes = megabytes * 1_000_000;
        let run = Steady { cpu_percent, latency, peak_bytes: 2 * bytes, end_bytes: bytes, wake_ups: 450.0 };
        SteadyRow { scenario: Scenario::WordCount, per_second: 2_000, contender, runs: vec![run] }
    }

    #[test]
    fn ours_is_beside_kafka_streams_and_its_targets() {
        let table = steady(&[row(Contender::Millstream, 1.5, 11, 10), row(Contender::KafkaStreams, 24.0, 30, 150)]);
        let lines: Vec<&str> = table.lines().skip(2).collect();
        let ours = "| word count, no caching | 2000 | Millstream | 1.50 | **16.00** | 15 | 2.0 | 11.0 (missed) | 10 | 20 | \
                    **15.00** | 10 | 10 | 450 |";
        assert_eq!(lines[0], ours);
        let streams = "| word count, no caching | 2000 | Kafka Streams | 24.00 | – | – | 2.0 | 30.0 | – | 300 | – | – | 150 | 450 |";
        assert_eq!(lines[1], streams);
    }
}
