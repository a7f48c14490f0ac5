//! Measures Millstream beside Kafka Streams and a bare librdkafka loop, on a real broker, and checks what each of them
//! wrote: `cargo run --release -p millstream-compare`, or `scripts/compare`.
//!
//! Millstream's part is two programs, as users would build them: one has its stores in memory and is built without
//! RocksDB, the other has them there.

mod broker;
mod contender;
mod measure;
mod moment;
pub mod nexmark;
mod options;
mod parts;
mod report;
mod scenario;
mod settings;
mod workload;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

pub use crate::contender::millstream::contend;
use crate::measure::Arena;
use crate::options::Options;
use crate::report::Environment;

/// The result of a step of the comparison.
type Outcome<T> = Result<T, Box<dyn Error>>;

/// Measures what the command line selects.
pub fn main() -> ExitCode {
    exit_code(compare(&Options::parse()))
}

/// Prints the error, if there is one.
fn exit_code(outcome: Outcome<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(options: &Options) -> Outcome<()> {
    options.out.as_deref().map_or(Ok(()), report::check)?;
    let mut arena = Arena::open(&options.contenders(), &options.stores(), options.profiles.clone())?;
    let results = parts::measure(&mut arena, options)?;
    let environment = Environment { is_pinned: arena.is_pinned(), runs: options.runs };
    report::print(&results, &environment);
    options.out.as_deref().map_or(Ok(()), |docs| report::write(&results, &environment, docs))
}
