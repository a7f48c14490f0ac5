//! Measures Millstream beside Kafka Streams and a bare librdkafka loop, on a real broker, and checks what each of them
//! wrote: `cargo run --release -p millstream-compare`, or `scripts/compare`.

mod broker;
mod contend;
mod contender;
mod hands;
mod job;
mod options;
mod process;
mod progress;
mod records;
mod run;
mod table;
mod topologies;
mod truth;
mod workload;

use std::collections::HashSet;
use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

use crate::broker::Broker;
use crate::contender::Programs;
use crate::hands::Hands;
use crate::options::{Options, Task};
use crate::process::Cores;
use crate::records::Input;
use crate::run::{Arena, Case};
use crate::truth::Truth;

/// What a step of the comparison comes to.
type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match &options.task {
        Some(Task::Contend(job)) => contend::contend(job),
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
    let programs = Programs::build()?;
    let cores = Cores::find();
    if let Some(cores) = cores {
        cores.pin_this_process();
    }
    let broker = Broker::start(cores)?;
    let hands = Hands::on(broker.bootstrap());
    let mut arena = Arena { broker, hands, programs, cores, profiles: options.profiles.clone(), runs: 0 };
    let mut fed = HashSet::new();
    table::print_head();
    for case in options.cases() {
        feed(&arena, &mut fed, case)?;
        let truth = Truth::of(case.workload, case.records);
        for contender in options.contenders_for(case.workload) {
            let runs = (0..options.runs).map(|_| arena.run(contender, case, &truth, options.settings()));
            table::print_row(contender, case, &runs.collect::<Outcome<Vec<_>>>()?);
        }
    }
    Ok(())
}

/// Fills the topics of a case that are not yet there.
fn feed(arena: &Arena, fed: &mut HashSet<String>, case: Case) -> Outcome<()> {
    for (input, records) in [(case.workload.input(), case.records), (Input::Rows, case.rows)] {
        let topic = input.topic(records);
        if records > 0 && fed.insert(topic.clone()) {
            arena.hands.feed(&topic, input, records)?;
        }
    }
    Ok(())
}
