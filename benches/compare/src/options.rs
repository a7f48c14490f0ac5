//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::contender::Contender;
use crate::contender::job::Store;
use crate::parts::Part;
use crate::workload::{Case, Workload};

/// Measures Millstream beside Kafka Streams and a bare librdkafka loop.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// How many records to feed, instead of each workload's own number.
    #[arg(long)]
    records: Option<u64>,
    /// How many different keys they have, instead of each workload's own number; a joined table has a row for each.
    #[arg(long)]
    keys: Option<u64>,
    /// Which workloads.
    #[arg(long, value_delimiter = ',')]
    workloads: Vec<Workload>,
    /// Where stores are kept.
    #[arg(long = "store", value_delimiter = ',')]
    stores: Vec<Store>,
    /// Which contenders.
    #[arg(long, value_delimiter = ',')]
    contenders: Vec<Contender>,
    /// The number of runs of each; the results are medians.
    #[arg(long, default_value_t = 3)]
    pub(crate) runs: usize,
    /// Which parts.
    #[arg(long, value_delimiter = ',')]
    parts: Vec<Part>,
    /// For how many seconds latency is measured, after half a minute of warming up.
    #[arg(long, default_value_t = 18)]
    pub(crate) latency_seconds: u64,
    /// Writes the results into `PERFORMANCE.md`, `performance.svg` and the README beside this directory.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Writes a `perf` profile of each run into this directory.
    #[arg(long)]
    pub(crate) profiles: Option<PathBuf>,
}

impl Options {
    /// The cases to measure, in order.
    pub(crate) fn cases(&self) -> Vec<Case> {
        let of = |workload: Workload| {
            let stores = workload.stores().iter().filter(|store| self.stores().any(|wanted| wanted == **store));
            stores.map(move |&store| self.case(workload, store))
        };
        chosen(&self.workloads).into_iter().flat_map(of).collect()
    }

    /// A workload with the selected size.
    pub(crate) fn case(&self, workload: Workload, store: Store) -> Case {
        let (records, keys) = (self.records.unwrap_or(workload.records()), self.keys.unwrap_or(workload.keys()));
        Case { workload, store, records, keys }
    }

    /// The selected contenders.
    pub(crate) fn contenders(&self) -> impl Iterator<Item = Contender> + use<> {
        chosen(&self.contenders).into_iter()
    }

    /// The selected places of stores.
    pub(crate) fn stores(&self) -> impl Iterator<Item = Store> + use<> {
        chosen(&self.stores).into_iter()
    }

    /// The selected parts.
    pub(crate) fn parts(&self) -> Vec<Part> {
        chosen(&self.parts)
    }
}

/// What was named, or everything.
fn chosen<T: ValueEnum>(named: &[T]) -> Vec<T> {
    if named.is_empty() { T::value_variants().to_vec() } else { named.to_vec() }
}
