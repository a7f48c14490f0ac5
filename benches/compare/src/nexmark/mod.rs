//! `NEXMark` on a broker: each query by Millstream and by Kafka Streams over the same events, with the same results.
//!
//! The events are written once, to a topic of one partition: so the order of records is the same in every run, and with it the
//! results of windows and joins, which are compared. Joins read two repartition topics by time: no two events have the same,
//! and a task waits for a topic that lags behind the other.

mod outputs;
mod report;
mod run;
mod stage;

use std::process::ExitCode;

use clap::Parser;
use millstream::StreamsBuilder;
use millstream_nexmark::generator::Generator;
use millstream_nexmark::queries::{Query, Sink};

use self::report::Row;
use self::stage::Stage;
use crate::Outcome;
use crate::contender::Contender;
use crate::contender::job::Job;
use crate::contender::millstream::work;
use crate::measure::Settings;
use crate::options::chosen;
use crate::settings::with;

/// Measures the queries of `NEXMark` on Millstream and on Kafka Streams, on a real broker, and compares their results.
#[derive(Debug, Parser)]
struct Options {
    /// Which queries; all by default.
    #[arg(long, value_delimiter = ',')]
    queries: Vec<Query>,
    /// How many events.
    #[arg(long, default_value_t = 2_000_000)]
    events: u64,
    /// How many of them share a second of event time: above a thousand, some share a millisecond, and the results of joins depend
    /// on which is read first.
    #[arg(long, default_value_t = 1_000)]
    events_per_second: u64,
    /// The seed of the events.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of runs of each; the results are medians.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// The commit interval in milliseconds.
    #[arg(long, default_value_t = 100)]
    commit_ms: u64,
}

/// How long a task waits for a record of a topic that has none: longer than what is written to it takes on a busy machine.
const TASK_IDLE_MS: u64 = 3_000;

/// The first argument of this program as a contender; a job's arguments follow.
const CONTEND: &str = "contend";

/// Measures what the command line selects, or is Millstream as a contender.
pub fn main() -> ExitCode {
    let is_contender = std::env::args().nth(1).is_some_and(|argument| argument == CONTEND);
    crate::exit_code(if is_contender { contend() } else { compare(&Options::parse()) })
}

fn contend() -> Outcome<()> {
    let job = Job::<Query>::parse_from(std::env::args().skip(1));
    let builder = StreamsBuilder::new();
    job.workload.add(&builder, Sink::Topic(&job.output));
    work(&job, builder.build()?, |streams, _directory| streams)
}

fn compare(options: &Options) -> Outcome<()> {
    let Options { events, events_per_second, seed, runs, commit_ms, .. } = *options;
    let generator = Generator { seed, events_per_second, out_of_order_ms: 0 };
    let settings = Settings { task_idle_ms: TASK_IDLE_MS, ..with(commit_ms, 10 << 20, 5) };
    let mut stage = Stage::open(&generator, events)?;
    let mut rows = Vec::new();
    for query in chosen(&options.queries) {
        rows.push(measure(&mut stage, query, runs, &settings)?);
        eprintln!("{}", rows.last().map(Row::summary).unwrap_or_default());
    }
    print!("{}", report::table(&rows));
    Ok(())
}

/// Runs both contenders in turn; all runs must write the same.
fn measure(stage: &mut Stage, query: Query, runs: usize, settings: &Settings) -> Outcome<Row> {
    let mut row = Row { query, ours: Vec::new(), theirs: Vec::new() };
    let mut first = None;
    for _ in 0..runs {
        for (contender, measured) in
            [(Contender::Millstream, &mut row.ours), (Contender::KafkaStreams, &mut row.theirs)]
        {
            let (figures, found) = stage.run(contender, query, settings)?;
            let expected = first.get_or_insert_with(|| found.clone());
            expected
                .same_as(&found)
                .map_err(|difference| format!("{} by {}: {difference}", query.name(), contender.title()))?;
            measured.push(figures);
        }
    }
    Ok(row)
}
