//! The set-up of a test: the topics of an application on a broker, its members, its input and its output.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::PARTITIONS;
use crate::broker::Broker;
use crate::client::TestClient;
use crate::feeder::{Feeder, feed_at_once};
use crate::jobs::Job;
use crate::ledger::{Ledger, Truth};
use crate::member::{Member, Options};
use crate::reader::Reader;
use crate::waiting::PATIENCE;

/// The session time-out. It is long, so that the group does not remove a member that is only slow: the next owner of its tasks
/// would repeat work, and a test of clean handovers would fail.
const SESSION: Duration = Duration::from_secs(45);

/// The session time-out where members are killed. It is short, since the other members wait for it.
const SESSION_AMONG_KILLS: Duration = Duration::from_secs(4);

/// The time between two checks of a condition.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// An application on a broker, with its own topics.
#[derive(Debug)]
pub struct Scene {
    /// The broker.
    pub broker: Arc<Broker>,
    /// A client of the broker.
    pub client: TestClient,
    job: Job,
    application: String,
    session: Duration,
}

impl Scene {
    /// A scene for the application with this id. Creates its topics.
    ///
    /// # Panics
    /// When the topics cannot be created.
    #[must_use]
    pub fn new(broker: Arc<Broker>, application: &str, job: Job) -> Self {
        let scene = Self::bare(broker, application, job);
        job.topics().iter().for_each(|topic| scene.client.create(&[&scene.topic(topic)]));
        scene
    }

    /// A scene without topics.
    #[must_use]
    pub fn bare(broker: Arc<Broker>, application: &str, job: Job) -> Self {
        let client = TestClient::on(broker.bootstrap());
        Self { broker, client, job, application: application.to_owned(), session: SESSION }
    }

    /// Sets a short session time-out, for tests that kill members.
    #[must_use]
    pub fn with_kills(self) -> Self {
        Self { session: SESSION_AMONG_KILLS, ..self }
    }

    /// The full name of a topic.
    #[must_use]
    pub fn topic(&self, name: &str) -> String {
        format!("{}-{name}", self.application)
    }

    /// The options of a member, with stores in memory.
    #[must_use]
    pub fn member(&self, label: &str) -> Options {
        let options = Options::new(label, self.job, self.broker.bootstrap(), &self.application);
        options.over(&format!("{}-", self.application)).session(self.session)
    }

    /// Starts a member and waits until it is running.
    ///
    /// # Panics
    /// When it is not running in time.
    #[must_use]
    pub fn running(&self, label: &str) -> Member {
        let mut member = self.member(label).start();
        member.await_running();
        member
    }

    /// Starts members and waits until they share all tasks.
    ///
    /// # Panics
    /// When they do not share them in time.
    #[must_use]
    pub fn sharing<const N: usize>(&self, labels: [&str; N]) -> [Member; N] {
        let members = labels.map(|label| self.member(label).start());
        self.await_sharing(&members.each_ref());
        members
    }

    /// Waits until each of these members has some of the tasks, and each task runs in one of them.
    ///
    /// # Panics
    /// When that does not happen in time.
    #[track_caller]
    pub fn await_sharing(&self, members: &[&Member]) {
        let tasks = self.job.subtopologies() * PARTITIONS as usize;
        let begin = Instant::now();
        loop {
            let running: Vec<Vec<String>> = members.iter().map(|member| member.tasks().into_keys().collect()).collect();
            let all: BTreeSet<&String> = running.iter().flatten().collect();
            let is_shared = running.iter().all(|tasks| !tasks.is_empty())
                && all.len() == tasks
                && running.iter().map(Vec::len).sum::<usize>() == tasks;
            if is_shared {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "the members do not share the {tasks} tasks: {running:?}");
            std::thread::sleep(CHECK_INTERVAL);
        }
    }

    /// Starts a feeder with this rate.
    #[must_use]
    pub fn feed(&self, lines_per_second: u64) -> Feeder {
        Feeder::start(&self.client.log, &self.topic("lines"), lines_per_second)
    }

    /// Writes the lines with these numbers at once. Returns what was written in all, if the lines before them were written too.
    #[must_use]
    pub fn feed_at_once(&self, lines: Range<u64>) -> Truth {
        feed_at_once(&self.client.log, &self.topic("lines"), lines)
    }

    /// Starts a reader of the output.
    #[must_use]
    pub fn read(&self) -> Reader {
        Reader::start(&self.client.log, &self.topic("results"))
    }

    /// Waits until every line was processed.
    ///
    /// # Panics
    /// When a line is still missing at the end.
    #[track_caller]
    pub fn await_truth(&self, reader: &Reader, truth: &Truth) {
        let is_complete = || truth.missing(&reader.latest::<Ledger>()).is_empty();
        let (mut records, mut begin) = (reader.records(), Instant::now());
        while !is_complete() && begin.elapsed() < PATIENCE {
            std::thread::sleep(CHECK_INTERVAL);
            if reader.records() != records {
                (records, begin) = (reader.records(), Instant::now());
            }
        }
        truth.check(&reader.latest::<Ledger>());
    }

    /// Reads the output to its end, checks that every line was processed, and returns how often lines were processed again. Call
    /// it when the members are closed.
    ///
    /// # Panics
    /// When a line is missing.
    #[track_caller]
    #[must_use]
    pub fn doubled(&self, reader: &Reader, truth: &Truth) -> u64 {
        reader.settle();
        let ledgers = reader.latest::<Ledger>();
        truth.check(&ledgers);
        truth.doubled(&ledgers)
    }
}
