//! The results as a table in Markdown.

use millstream_nexmark::queries::Query;

use super::run::Figures;
use crate::report::results::median;

/// How many times more Kafka Streams shall take.
const TARGET: f64 = 8.0;

/// The runs of a query by both contenders.
pub(super) struct Row {
    pub(super) query: Query,
    /// Millstream's.
    pub(super) ours: Vec<Figures>,
    /// Kafka Streams'.
    pub(super) theirs: Vec<Figures>,
}

impl Row {
    fn times_less(&self) -> f64 {
        cpu_us(&self.theirs) / cpu_us(&self.ours)
    }

    /// Its ratio in a line.
    pub(super) fn summary(&self) -> String {
        let (ours, theirs) = (cpu_us(&self.ours), cpu_us(&self.theirs));
        format!("{}: {ours:.2} µs an event against {theirs:.2}, {:.1} times less", self.query.name(), self.times_less())
    }
}

fn cpu_us(runs: &[Figures]) -> f64 {
    median(runs, |run| run.cpu_us)
}

/// All rows; two figures in a cell are Millstream's and Kafka Streams'.
pub(super) fn table(rows: &[Row]) -> String {
    let mut table = "| query | CPU µs/event | | times less | k events/s | peak MB | output/event | changelog/event | \
                     repartitioned/event |\n"
        .to_owned();
    table += &format!("|{}\n", " --- |".repeat(9));
    for row in rows {
        let both = |figure: fn(&Figures) -> f64, digits: usize| {
            format!("{:.digits$}, {:.digits$}", median(&row.ours, figure), median(&row.theirs, figure))
        };
        let less = row.times_less();
        table += &format!(
            "| {} | {:.2} | {:.2} | {} | {} | {} | {} | {} | {:.2} |\n",
            row.query.name(),
            cpu_us(&row.ours),
            cpu_us(&row.theirs),
            if less >= TARGET { format!("**{less:.1}**") } else { format!("{less:.1} (missed)") },
            both(|run| run.events_per_second / 1e3, 0),
            both(|run| run.peak_bytes as f64 / 1e6, 0),
            both(|run| run.output, 3),
            both(|run| run.changelog, 3),
            median(&row.ours, |run| run.between),
        );
    }
    table
}
