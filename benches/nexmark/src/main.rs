//! Runs `NEXMark` queries in this process and prints a table: `cargo run --release -p millstream-nexmark -- --help`.

use std::process::{Command, ExitCode};

use clap::{Parser, ValueEnum};
use millstream_nexmark::generator::Generator;
use millstream_nexmark::queries::Query;
use millstream_nexmark::run::{Measured, Place, measure};

/// Runs `NEXMark` queries, each in a process of its own.
#[derive(Debug, Parser)]
struct Options {
    /// Which queries; all by default.
    #[arg(long, value_delimiter = ',')]
    queries: Vec<Query>,
    /// How many events.
    #[arg(long, default_value_t = 2_000_000)]
    events: u64,
    /// How many of them share a second of event time.
    #[arg(long, default_value_t = 100_000)]
    events_per_second: u64,
    /// By how much an event may be earlier than those before it.
    #[arg(long, default_value_t = 0)]
    out_of_order_ms: u64,
    /// The seed of the events.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where stores are kept.
    #[arg(long, default_value = "memory")]
    store: Place,
    /// Runs one query in this process, and prints its line of the table.
    #[arg(long, hide = true)]
    here: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if options.here {
        options.queries.iter().for_each(|query| run(&options, *query));
        return ExitCode::SUCCESS;
    }
    println!(
        "| query | M events/s | k events/s a core | with generating | ns CPU each | peak MB | of it input | Flink's k/s a core |"
    );
    println!(
        "|-------|------------|-------------------|-----------------|-------------|---------|-------------|--------------------|"
    );
    let queries = if options.queries.is_empty() { Query::value_variants() } else { &options.queries };
    if queries.iter().all(|query| run_apart(*query)) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a query in a process of its own, with the same options, so that its memory can be told apart.
fn run_apart(query: Query) -> bool {
    let Ok(itself) = std::env::current_exe() else { return false };
    let mut command = Command::new(itself);
    command.args(without_queries()).args(["--here", "--queries", &query.name()]);
    command.status().is_ok_and(|status| status.success())
}

/// The arguments of this process, except which queries.
fn without_queries() -> Vec<String> {
    let mut kept = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--queries" {
            arguments.next();
        } else if !argument.starts_with("--queries=") {
            kept.push(argument);
        }
    }
    kept
}

fn run(options: &Options, query: Query) {
    let Options { events, events_per_second, out_of_order_ms, seed, store, .. } = *options;
    let generator = Generator { seed, events_per_second, out_of_order_ms };
    print(query, events, &measure(query, store, &generator, events));
}

fn print(query: Query, events: u64, measured: &Measured) {
    let Measured { wall, cpu, generated, peak_bytes, input_bytes } = *measured;
    let per_second = |time: std::time::Duration| events as f64 / time.as_secs_f64().max(1e-9);
    let flink = query.flink().map_or_else(|| "–".to_owned(), |rate| rate.to_string());
    println!(
        "| {:<5} | {:>10.2} | {:>17.0} | {:>15.0} | {:>11.0} | {:>7.0} | {:>11.0} | {flink:>18} |",
        query.name(),
        per_second(wall) / 1e6,
        per_second(cpu) / 1e3,
        per_second(cpu + generated) / 1e3,
        cpu.as_nanos() as f64 / events as f64,
        peak_bytes as f64 / 1e6,
        input_bytes as f64 / 1e6,
    );
}
