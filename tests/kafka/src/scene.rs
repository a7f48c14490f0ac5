//! A scene for a test: an application's topics on a broker, its members, its load and its output.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::PARTITIONS;
use crate::broker::Broker;
use crate::feeder::{Feeder, feed_at_once};
use crate::hands::Hands;
use crate::jobs::Job;
use crate::ledger::{Ledger, Truth};
use crate::member::{Member, Options};
use crate::reader::Reader;
use crate::waiting::PATIENCE;

/// How long a member may be silent before the group gives it up: long, so that none is that is merely slow. Whoever is
/// given up repeats work, which a test of clean handovers must not see.
const SESSION: Duration = Duration::from_secs(45);

/// The same where members are killed: short, since the others wait for it.
const SESSION_AMONG_KILLS: Duration = Duration::from_secs(4);

/// How often it is looked whether something is missing.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// An application on a broker, with topics of its own.
#[derive(Debug)]
pub struct Scene {
    /// The broker.
    pub broker: Arc<Broker>,
    /// Hands on it.
    pub hands: Hands,
    job: Job,
    application: String,
    session: Duration,
}

impl Scene {
    /// A scene of this name, which becomes the application's id; its topics are made.
    ///
    /// # Panics
    /// When the broker refuses them.
    #[must_use]
    pub fn new(broker: Arc<Broker>, application: &str, job: Job) -> Self {
        let scene = Self::bare(broker, application, job);
        job.topics().iter().for_each(|topic| scene.hands.create(&[&scene.topic(topic)]));
        scene
    }

    /// The same without topics.
    #[must_use]
    pub fn bare(broker: Arc<Broker>, application: &str, job: Job) -> Self {
        let hands = Hands::on(broker.bootstrap());
        Self { broker, hands, job, application: application.to_owned(), session: SESSION }
    }

    /// The same for members that are killed, which the others find out soon.
    #[must_use]
    pub fn with_kills(self) -> Self {
        Self { session: SESSION_AMONG_KILLS, ..self }
    }

    /// The full name of a topic.
    #[must_use]
    pub fn topic(&self, name: &str) -> String {
        format!("{}-{name}", self.application)
    }

    /// A member to start, its stores in memory.
    #[must_use]
    pub fn member(&self, label: &str) -> Options {
        let options = Options::new(label, self.job, self.broker.bootstrap(), &self.application);
        options.over(&format!("{}-", self.application)).session(self.session)
    }

    /// Starts a member and waits until it runs.
    ///
    /// # Panics
    /// When it does not in time.
    #[must_use]
    pub fn running(&self, label: &str) -> Member {
        let mut member = self.member(label).start();
        member.await_running();
        member
    }

    /// Starts members and waits until they share all tasks.
    ///
    /// # Panics
    /// When they do not in time.
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
            std::thread::sleep(LOOK_AGAIN_AFTER);
        }
    }

    /// A load of so many lines a second.
    #[must_use]
    pub fn feed(&self, lines_per_second: u64) -> Feeder {
        Feeder::start(&self.hands.log, &self.topic("lines"), lines_per_second)
    }

    /// Writes the lines of these numbers at once; what was written by then, if those before them were.
    #[must_use]
    pub fn feed_at_once(&self, lines: Range<u64>) -> Truth {
        feed_at_once(&self.hands.log, &self.topic("lines"), lines)
    }

    /// A reader of what comes out.
    #[must_use]
    pub fn read(&self) -> Reader {
        Reader::start(&self.hands.log, &self.topic("results"))
    }

    /// Waits until nothing is missing.
    ///
    /// # Panics
    /// With what is missing, when something still is in the end.
    #[track_caller]
    pub fn await_truth(&self, reader: &Reader, truth: &Truth) {
        let is_complete = || truth.missing(&reader.latest::<Ledger>()).is_empty();
        let begin = Instant::now();
        while !is_complete() && begin.elapsed() < PATIENCE {
            std::thread::sleep(LOOK_AGAIN_AFTER);
        }
        truth.check(&reader.latest::<Ledger>());
    }

    /// Once the members are closed: reads the output to its end, checks that nothing is missing, and counts the lines
    /// that were applied again.
    ///
    /// # Panics
    /// With what is missing, if something is.
    #[track_caller]
    #[must_use]
    pub fn doubled(&self, reader: &Reader, truth: &Truth) -> u64 {
        reader.settle();
        let ledgers = reader.latest::<Ledger>();
        truth.check(&ledgers);
        truth.doubled(&ledgers)
    }
}
