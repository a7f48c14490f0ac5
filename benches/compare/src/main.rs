//! Measures Millstream beside Kafka Streams and a bare librdkafka loop, on a real broker, and checks what each of them
//! wrote: `cargo run --release -p millstream-compare`, or `scripts/compare`.

mod broker;
mod contender;
mod measure;
mod options;
mod parts;
mod report;
mod settings;
mod workload;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

use crate::measure::Arena;
use crate::options::{Options, Task};
use crate::report::Environment;

/// What a step of the comparison comes to.
type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match &options.task {
        Some(Task::Contend(job)) => contender::millstream::contend(job),
        None => compare(&options),
    };
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
    let mut arena = Arena::open(options.profiles.clone())?;
    let results = parts::measure(&mut arena, options)?;
    let environment = Environment { is_pinned: arena.is_pinned(), runs: options.runs };
    report::print(&results, &environment);
    options.out.as_deref().map_or(Ok(()), |docs| report::write(&results, &environment, docs))
}
