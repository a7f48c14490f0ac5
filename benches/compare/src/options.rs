//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::contender::Contender;
use crate::contender::job::Store;
use crate::measure::{Load, RestoreKind, WARM_UP};
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
    /// Which kinds of stores are restored.
    #[arg(long, value_delimiter = ',')]
    kinds: Vec<RestoreKind>,
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
    #[arg(long, default_value_t = 18, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) latency_seconds: u64,
    /// How many records a second a steady load has.
    #[arg(long, value_delimiter = ',', default_values_t = [2_000, 20_000, 60_000], value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) steady_rates: Vec<u64>,
    /// For how many seconds a steady load is measured, after warming up.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    steady_seconds: u64,
    /// For how many seconds a steady load warms up.
    #[arg(long, default_value_t = WARM_UP.as_secs())]
    steady_warm_up_seconds: u64,
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
        let of = |workload| self.stores_of(workload).map(move |store| self.case(workload, store));
        self.workloads().into_iter().flat_map(of).collect()
    }

    /// The restores to measure, in order, each with the case that has the store.
    pub(crate) fn restores(&self) -> Vec<(RestoreKind, Case)> {
        let of =
            |kind: RestoreKind| self.stores_of(kind.workload()).map(move |store| (kind, kind.case(store, self.keys)));
        chosen(&self.kinds).into_iter().flat_map(of).collect()
    }

    /// The selected places of stores that a workload can have.
    fn stores_of(&self, workload: Workload) -> impl Iterator<Item = Store> {
        workload.stores().iter().copied().filter(|store| chosen(&self.stores).contains(store))
    }

    /// A workload with the selected size.
    pub(crate) fn case(&self, workload: Workload, store: Store) -> Case {
        let (records, keys) = (self.records.unwrap_or(workload.records()), self.keys.unwrap_or(workload.keys()));
        Case { workload, store, records, keys }
    }

    /// The selected contenders.
    pub(crate) fn contenders(&self) -> Vec<Contender> {
        chosen(&self.contenders)
    }

    /// The selected places of stores.
    pub(crate) fn stores(&self) -> Vec<Store> {
        chosen(&self.stores)
    }

    /// The selected workloads.
    pub(crate) fn workloads(&self) -> Vec<Workload> {
        chosen(&self.workloads)
    }

    /// The selected steady loads.
    pub(crate) fn steady_loads(&self) -> Vec<Load> {
        let warm_up = Duration::from_secs(self.steady_warm_up_seconds);
        let counted = Duration::from_secs(self.steady_seconds);
        self.steady_rates.iter().map(|&per_second| Load { per_second, warm_up, counted }).collect()
    }

    /// The selected parts.
    pub(crate) fn parts(&self) -> Vec<Part> {
        chosen(&self.parts)
    }
}

/// What was named, or everything.
pub(crate) fn chosen<T: ValueEnum>(named: &[T]) -> Vec<T> {
    if named.is_empty() { T::value_variants().to_vec() } else { named.to_vec() }
}
