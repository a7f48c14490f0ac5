//! Restoring: how quickly a store is restored from its changelog.

use std::time::{Duration, Instant};

use clap::ValueEnum;

use super::{Arena, Settings};
use crate::Outcome;
use crate::broker::BrokerClient;
use crate::contender::Contender;
use crate::contender::job::{Store, name_of};
use crate::contender::process::{Process, RESTORING, RUNNING};
use crate::workload::records::{Input, LoggedKind};
use crate::workload::{COUNTS, Case, JoinSide, ROWS, Truth, Workload, changelog_topic};

/// A restored store is checked with this many records.
const PROBES: u64 = 10_000;

/// How many different keys a restored store has.
const KEYS: u64 = 1_000_000;

/// A kind of store that is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum RestoreKind {
    /// A plain key-value store, of a processor.
    KeyValue,
    /// A key-value store with timestamps, of a table.
    Timestamped,
    /// A window store, of a count.
    Window,
    /// A session store, of a count.
    Session,
    /// A versioned store, of a table.
    Versioned,
    /// The two stores of a join of two streams.
    Join,
}

/// The figures of a restore.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Restored {
    /// From the start of the process until it processes records.
    pub(crate) to_running: Duration,
    /// Changelog records per second, from the start of the first store's restore until the process processes records.
    pub(crate) records_per_second: f64,
    /// The peak memory of the process.
    pub(crate) peak_bytes: u64,
}

impl RestoreKind {
    /// Its name as an argument and in tables.
    pub(crate) fn name(self) -> String {
        name_of(self)
    }

    /// The workload that has such a store, with the records that check it.
    pub(crate) fn case(self, store: Store, keys: Option<u64>) -> Case {
        Case { workload: self.workload(), store, records: PROBES, keys: keys.unwrap_or(KEYS) }
    }

    /// The workload that has such a store.
    pub(crate) fn workload(self) -> Workload {
        match self {
            Self::KeyValue => Workload::Lookup,
            Self::Timestamped => Workload::Join,
            Self::Window => Workload::WindowCount,
            Self::Session => Workload::SessionCount,
            Self::Versioned => Workload::VersionedJoin,
            Self::Join => Workload::StreamJoin,
        }
    }

    /// The stores, and what each one's changelog has. Records of a join are never replaced, so each is there once; of all others
    /// there are two of each key.
    fn changelogs(self, keys: u64) -> Vec<(String, Input, u64)> {
        let logged = |kind| Input::Logged { keys, kind };
        match self {
            Self::KeyValue | Self::Timestamped | Self::Versioned => {
                vec![(ROWS.to_owned(), Input::Rows { keys }, 2 * keys)]
            }
            Self::Window => vec![(COUNTS.to_owned(), logged(LoggedKind::Window), 2 * keys)],
            Self::Session => vec![(COUNTS.to_owned(), logged(LoggedKind::Session), 2 * keys)],
            Self::Join => JoinSide::BOTH.map(|side| (side.store(), logged(LoggedKind::Kept), keys)).to_vec(),
        }
    }

    /// Creates a changelog. Compaction would lose records of joins, which may have the same key and time.
    fn create_changelog(self, client: &BrokerClient, topic: &str) -> Outcome<()> {
        if self == Self::Join { client.create(topic) } else { client.create_compacted(topic) }
    }
}

impl Arena {
    /// Restores a store of this kind, and checks it by processing the records of the case with it.
    pub(crate) fn restore(
        &mut self,
        contender: Contender,
        kind: RestoreKind,
        case: Case,
        settings: &Settings,
    ) -> Outcome<Restored> {
        let mut job = self.job(contender, case, settings);
        job.input = format!("{}-input", job.application);
        job.rows = format!("{}-rows", job.application);
        let changelogs = kind.changelogs(case.keys);
        for (store, input, records) in &changelogs {
            let topic = changelog_topic(&job.application, store);
            kind.create_changelog(&self.client, &topic)?;
            self.client.fill(&topic, *input, *records)?;
        }
        for topic in [&job.input, &job.rows, &job.output] {
            self.client.create(topic)?;
        }
        let begun = Instant::now();
        let mut process = Process::start(self.command(contender, &job, settings))?;
        let restoring = process.await_line(RESTORING)?;
        let running = process.await_line(RUNNING)?;
        let peak_bytes = process.peak_bytes()?;
        self.client.fill(&job.input, case.input(), case.records)?;
        self.await_committed(&mut process, &job, case)?;
        drop(process);
        let records: u64 = changelogs.iter().map(|(_, _, records)| records).sum();
        let in_each = records / changelogs.len() as u64;
        Truth::of(case, in_each).check(&self.client, &job.output)?;
        self.clean_up(&job)?;
        Ok(Restored {
            to_running: running - begun,
            records_per_second: records as f64 / (running - restoring).as_secs_f64(),
            peak_bytes,
        })
    }
}
