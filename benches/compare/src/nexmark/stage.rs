//! The broker with the events, and the programs of both contenders.

use std::process::Command;

use millstream_nexmark::generator::Generator;
use millstream_nexmark::queries::{EVENTS, Query, SIDE};
use millstream_nexmark::run::{for_each_event, for_each_row};

use super::CONTEND;
use super::outputs::Outputs;
use super::run::Figures;
use crate::Outcome;
use crate::broker::{BrokerClient, Feeder, Server};
use crate::contender::job::{Job, Store};
use crate::contender::process::{Cores, Process, RUNNING, pinned};
use crate::contender::{Contender, build_rival, rival};
use crate::measure::Settings;
use crate::workload::records::Made;

/// A broker on which queries run over the same events.
pub(super) struct Stage {
    server: Server,
    pub(super) client: BrokerClient,
    class_path: String,
    cores: Option<Cores>,
    pub(super) events: u64,
    /// The number of runs so far, from which each run gets unique names.
    runs: usize,
}

impl Stage {
    /// Compiles Kafka Streams' programs, starts a broker, and writes the events.
    pub(super) fn open(generator: &Generator, events: u64) -> Outcome<Self> {
        let class_path = build_rival()?;
        let cores = Cores::find();
        if let Some(cores) = cores {
            cores.pin_this_process();
        }
        let server = Server::start(cores)?;
        let client = BrokerClient::on(server.bootstrap());
        feed(&client, generator, events)?;
        Ok(Self { server, client, class_path, cores, events, runs: 0 })
    }

    /// Runs a query, and returns its figures and what it wrote.
    pub(super) fn run(
        &mut self,
        contender: Contender,
        query: Query,
        settings: &Settings,
    ) -> Outcome<(Figures, Outputs)> {
        let job = self.job(contender, query, settings);
        self.client.create_undivided(&job.output)?;
        let mut process = Process::start(self.command(contender, &job, settings)?)?;
        process.await_line(RUNNING)?;
        let figures = self.watch(&mut process, &job)?;
        drop(process);
        let outputs = Outputs::read(query, &self.client, &job.output)?;
        if outputs.len() == 0 {
            return Err(format!("{} wrote nothing", job.application).into());
        }
        // What remains are internal topics, until the broker's directory is removed.
        self.client.empty(&job.output)?;
        Ok((figures, outputs))
    }

    /// A job with a unique name.
    fn job(&mut self, contender: Contender, query: Query, settings: &Settings) -> Job<Query> {
        self.runs += 1;
        let application = format!("{}-{}-{}", contender.name(), query.name(), self.runs);
        let topics = (EVENTS.to_owned(), SIDE.to_owned());
        settings.job(&self.server, application, (query, Store::Memory), topics)
    }

    fn command(&self, contender: Contender, job: &Job<Query>, settings: &Settings) -> Outcome<Command> {
        let core = self.cores.map(|cores| cores.contender);
        let mut command = if contender == Contender::KafkaStreams {
            rival(&self.class_path, &settings.jvm, core)
        } else {
            let mut command = pinned(core, &std::env::current_exe()?.display().to_string());
            command.arg(CONTEND);
            command
        };
        command.args(job.arguments());
        Ok(command)
    }
}

fn feed(client: &BrokerClient, generator: &Generator, events: u64) -> Outcome<()> {
    client.create_undivided(EVENTS)?;
    client.create_undivided(SIDE)?;
    let mut failure = Ok(());
    let mut feeder = Feeder::new(client, SIDE)?;
    for_each_row(|key, value| {
        if failure.is_ok() {
            failure = feeder.append(&Made { partition: 0, timestamp_ms: 0, key: Some(key), value });
        }
    });
    failure.and_then(|()| feeder.finish())?;
    let mut failure = Ok(());
    let mut feeder = Feeder::new(client, EVENTS)?;
    for_each_event(generator, events, |time, value| {
        if failure.is_ok() {
            let timestamp_ms = time.as_millis();
            failure = feeder.append(&Made { partition: 0, timestamp_ms, key: None, value });
        }
    });
    failure.and_then(|()| feeder.finish())
}
