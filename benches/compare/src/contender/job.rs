//! The job of a contender, as arguments that all contenders accept.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::workload::Workload;

/// Where stores are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum Store {
    /// In memory.
    Memory,
    /// On disk, in RocksDB.
    Rocksdb,
}

/// A workload, or a query of `NEXMark`, with its topics and settings. Written as pairs of `--name value`.
#[derive(Clone, Debug, Parser)]
pub(crate) struct Job<W: ValueEnum + Send + Sync + 'static = Workload> {
    /// The broker's address.
    #[arg(long)]
    pub(crate) bootstrap: String,
    /// The application's id.
    #[arg(long)]
    pub(crate) application: String,
    /// The workload.
    #[arg(long, value_enum)]
    pub(crate) workload: W,
    /// Where stores are kept.
    #[arg(long)]
    pub(crate) store: Store,
    /// The directory of stores on disk.
    #[arg(long)]
    pub(crate) state_dir: PathBuf,
    /// The topic to read.
    #[arg(long)]
    pub(crate) input: String,
    /// The topic of the table to join with.
    #[arg(long)]
    pub(crate) rows: String,
    /// The topic to write.
    #[arg(long)]
    pub(crate) output: String,
    /// The commit interval in milliseconds.
    #[arg(long)]
    pub(crate) commit_ms: u64,
    /// The size of the stores' caches in bytes.
    #[arg(long)]
    pub(crate) cache_bytes: usize,
    /// The producer's linger in milliseconds.
    #[arg(long)]
    pub(crate) linger_ms: u64,
    /// How long a task waits for a record of a partition that has none, in milliseconds.
    #[arg(long)]
    pub(crate) task_idle_ms: u64,
    /// Further settings of the contender, as `name=value`, separated by commas.
    #[arg(long)]
    pub(crate) extra: String,
}

impl<W: ValueEnum + Send + Sync + 'static> Job<W> {
    /// The further settings of the contender.
    pub(crate) fn extra(&self) -> impl Iterator<Item = (&str, &str)> {
        self.extra.split(',').filter_map(|pair| pair.split_once('='))
    }

    /// The arguments for this job.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let pairs = [
            ("--bootstrap", self.bootstrap.clone()),
            ("--application", self.application.clone()),
            ("--workload", name_of(self.workload.clone())),
            ("--store", self.store.name()),
            ("--state-dir", self.state_dir.display().to_string()),
            ("--input", self.input.clone()),
            ("--rows", self.rows.clone()),
            ("--output", self.output.clone()),
            ("--commit-ms", self.commit_ms.to_string()),
            ("--cache-bytes", self.cache_bytes.to_string()),
            ("--linger-ms", self.linger_ms.to_string()),
            ("--task-idle-ms", self.task_idle_ms.to_string()),
            ("--extra", self.extra.clone()),
        ];
        pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
    }
}

impl Store {
    /// Its name as an argument.
    pub(crate) fn name(self) -> String {
        name_of(self)
    }
}

/// The argument for a choice.
pub(crate) fn name_of(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
