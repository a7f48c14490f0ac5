//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::contender::Contender;
use crate::job::{Job, Store};
use crate::run::{Case, Settings};
use crate::workload::Workload;

/// Measures Millstream beside Kafka Streams and a bare librdkafka loop.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) task: Option<Task>,
    /// How many records to feed, instead of each workload's own number.
    #[arg(long)]
    records: Option<u64>,
    /// Which workloads.
    #[arg(long, value_delimiter = ',')]
    workloads: Vec<Workload>,
    /// Where stores live.
    #[arg(long = "store", value_delimiter = ',')]
    stores: Vec<Store>,
    /// Who.
    #[arg(long, value_delimiter = ',')]
    contenders: Vec<Contender>,
    /// How often each; the medians count.
    #[arg(long, default_value_t = 3)]
    pub(crate) runs: usize,
    /// Milliseconds from commit to commit.
    #[arg(long, default_value_t = 100)]
    commit_ms: u64,
    /// How many bytes caches may hold back.
    #[arg(long, default_value_t = 10 << 20)]
    cache_bytes: usize,
    /// For how many milliseconds producers wait for more records.
    #[arg(long, default_value_t = 5)]
    linger_ms: u64,
    /// Lets `perf` write a profile of each run into this directory.
    #[arg(long)]
    pub(crate) profiles: Option<PathBuf>,
}

/// What the program is started for by itself.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Does a job, until it is killed.
    #[command(hide = true)]
    Contend(Job),
}

impl Options {
    /// What is to be measured, in order.
    pub(crate) fn cases(&self) -> Vec<Case> {
        let workloads = chosen(&self.workloads).into_iter();
        let is_wanted = |store: &Store| self.stores.is_empty() || self.stores.contains(store);
        workloads
            .flat_map(|workload| {
                workload.stores().iter().filter(|store| is_wanted(store)).map(move |&store| (workload, store))
            })
            .map(|(workload, store)| Case {
                workload,
                store,
                records: self.records.unwrap_or(workload.records()),
                rows: workload.rows(),
            })
            .collect()
    }

    /// Who is to be measured at this.
    pub(crate) fn contenders_for(&self, workload: Workload) -> impl Iterator<Item = Contender> {
        chosen(&self.contenders).into_iter().filter(move |contender| contender.takes(workload))
    }

    /// Settings that both sides have.
    pub(crate) fn settings(&self) -> Settings {
        Settings { commit_ms: self.commit_ms, cache_bytes: self.cache_bytes, linger_ms: self.linger_ms }
    }
}

/// What was named, or everything.
fn chosen<T: ValueEnum>(named: &[T]) -> Vec<T> {
    if named.is_empty() { T::value_variants().to_vec() } else { named.to_vec() }
}
