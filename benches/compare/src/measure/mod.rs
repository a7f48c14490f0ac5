//! Runs contenders on a broker, with settings.

mod answers;
mod end_to_end;
mod latency;
mod load;
mod memory;
mod restore;
mod run;
mod steady;
mod traffic;

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::Command;

use clap::ValueEnum;

use crate::Outcome;
use crate::broker::{BrokerClient, Server};
use crate::contender::job::{Job, Store};
use crate::contender::process::{Cores, Process, RUNNING};
use crate::contender::{Contender, Programs};
use crate::workload::Case;

pub(crate) use self::end_to_end::{RECORDS_PER_SECOND, load_for};
pub(crate) use self::latency::Latency;
pub(crate) use self::load::{Load, WARM_UP};
pub(crate) use self::memory::with_heap;
pub(crate) use self::restore::{RestoreKind, Restored};
pub(crate) use self::run::Measured;
pub(crate) use self::steady::Steady;

/// Settings of a contender.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) commit_ms: u64,
    pub(crate) cache_bytes: usize,
    pub(crate) linger_ms: u64,
    /// How long a task waits for a record of a partition that has none, to process by time.
    pub(crate) task_idle_ms: u64,
    /// Further settings of the contender, as `name=value`, separated by commas.
    pub(crate) extra: String,
    /// Flags of the virtual machine.
    pub(crate) jvm: Vec<String>,
}

impl Settings {
    /// A job on a broker with these settings, and the topics that it reads: its input, and the rows to join with. It writes
    /// a topic of its own.
    pub(crate) fn job<W: ValueEnum + Send + Sync + 'static>(
        &self,
        server: &Server,
        application: String,
        (workload, store): (W, Store),
        (input, rows): (String, String),
    ) -> Job<W> {
        Job {
            bootstrap: server.bootstrap().to_owned(),
            workload,
            store,
            state_dir: server.directory().join("state").join(&application),
            input,
            rows,
            output: format!("{application}-output"),
            commit_ms: self.commit_ms,
            cache_bytes: self.cache_bytes,
            linger_ms: self.linger_ms,
            task_idle_ms: self.task_idle_ms,
            extra: self.extra.clone(),
            application,
        }
    }
}

/// A broker, and everything to run contenders on it.
pub(crate) struct Arena {
    server: Server,
    client: BrokerClient,
    programs: Programs,
    cores: Option<Cores>,
    /// Where to put a profile of each run, if at all.
    profiles: Option<PathBuf>,
    /// The number of runs so far, from which each run gets unique names.
    runs: usize,
    /// The topics that are filled.
    fed: HashSet<String>,
}

impl Arena {
    /// Builds what these contenders need, with stores in these places, and starts a broker.
    pub(crate) fn open(contenders: &[Contender], stores: &[Store], profiles: Option<PathBuf>) -> Outcome<Self> {
        if let Some(directory) = &profiles {
            std::fs::create_dir_all(directory)?;
        }
        let programs = Programs::build(contenders, stores)?;
        let cores = Cores::find();
        if let Some(cores) = cores {
            cores.pin_this_process();
        }
        let server = Server::start(cores)?;
        let client = BrokerClient::on(server.bootstrap());
        Ok(Self { server, client, programs, cores, profiles, runs: 0, fed: HashSet::new() })
    }

    /// Whether broker and contender have cores of their own.
    pub(crate) fn is_pinned(&self) -> bool {
        self.cores.is_some()
    }

    /// Fills the topics of a case that are not filled yet.
    pub(crate) fn feed(&mut self, case: Case) -> Outcome<()> {
        for (topic, input, records) in
            [(case.input_topic(), case.input(), case.records), (case.rows_topic(), case.rows_input(), case.rows())]
        {
            if records > 0 && self.fed.insert(topic.clone()) {
                self.client.feed(&topic, input, records)?;
            }
        }
        Ok(())
    }

    /// A job with a unique name.
    fn job(&mut self, contender: Contender, case: Case, settings: &Settings) -> Job {
        self.runs += 1;
        let application = format!("{}-{}-{}", contender.name(), case.workload.name(), self.runs);
        let topics = (case.input_topic(), case.rows_topic());
        settings.job(&self.server, application, (case.workload, case.store), topics)
    }

    fn command(&self, contender: Contender, job: &Job, settings: &Settings) -> Command {
        self.programs.command(contender, job, &settings.jvm, self.cores.map(|cores| cores.contender))
    }

    /// Starts a job and waits until it runs.
    fn start(&self, contender: Contender, job: &Job, settings: &Settings) -> Outcome<Process> {
        let mut process = Process::start(self.command(contender, job, settings))?;
        process.await_line(RUNNING)?;
        if let Some(directory) = &self.profiles {
            let file = directory.join(format!("{}.perf", job.application));
            process.profile(self.cores.map(|cores| cores.broker), &file)?;
        }
        Ok(process)
    }

    /// Removes the files of a job.
    fn clean_up(&self, job: &Job) -> Outcome<()> {
        self.client.empty(&job.output)?;
        // A directory that stays is the system's to remove.
        let _left = std::fs::remove_dir_all(&job.state_dir);
        Ok(())
    }
}
