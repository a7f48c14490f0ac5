//! The partitions of a store, and which of them a key is in.

use std::collections::BTreeSet;

use millstream_core::{PartitionCounts, Topology};
use millstream_types::Partition;

/// How a store is divided over the tasks of all instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StorePartitions {
    /// How many partitions it has: as many as its sub-topology has tasks.
    pub(crate) count: u32,
    /// The partition counts of the topics that its sub-topology reads: one, unless those topics differ.
    source_counts: BTreeSet<u32>,
}

impl StorePartitions {
    /// Those of a store; `None` if the topology has no such store.
    pub(crate) fn of(store: &str, topology: &Topology, counts: &PartitionCounts) -> Option<Self> {
        let has_store = |info: &&millstream_core::SubTopology| info.stores.iter().any(|info| &*info.name == store);
        let subtopology = topology.subtopologies().iter().find(has_store)?;
        let sources = subtopology.sources.iter();
        let source_counts = sources.filter_map(|source| counts.partitions(&source.topic)).collect();
        Some(Self { count: counts.tasks(subtopology.id), source_counts })
    }

    /// The partitions that a key may be in, of which `choose` says one for a partition count. There are several only where
    /// the topics that the sub-topology reads have different counts.
    pub(crate) fn of_key(&self, choose: impl Fn(u32) -> Partition) -> BTreeSet<Partition> {
        self.source_counts.iter().map(|count| choose(*count)).collect()
    }
}
