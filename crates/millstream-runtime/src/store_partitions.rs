//! The partitions of a store, and the partition of a key.

use std::collections::BTreeSet;

use millstream_core::{PartitionCounts, Partitioning, SubTopology, Topology};
use millstream_types::Partition;

/// How a store is divided over the tasks of all instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StorePartitions {
    /// How many partitions it has: as many as its sub-topology has tasks.
    pub(crate) count: u32,
    /// The distinct partition counts of the topics that its sub-topology reads.
    source_counts: BTreeSet<u32>,
    /// A topic that its sub-topology reads and that this topology does not partition by the bytes of keys.
    not_by_key: Option<String>,
}

/// The partitions that a key may be in.
pub(crate) enum KeyPartitions {
    These(BTreeSet<Partition>),
    /// Its bytes do not say it, since this topic is partitioned in another way.
    Unknown {
        topic: String,
    },
}

impl StorePartitions {
    /// The partitions of a store; `None` if the topology has no such store.
    pub(crate) fn of(store: &str, topology: &Topology, counts: &PartitionCounts) -> Option<Self> {
        let has_store = |part: &&SubTopology| part.stores.iter().any(|info| &*info.name == store);
        let subtopology = topology.subtopologies().iter().find(has_store)?;
        let sources = || subtopology.sources.iter();
        let source_counts = sources().filter_map(|source| counts.partitions(&source.topic)).collect();
        let not_by_key = sources().find(|source| source.partitioning != Partitioning::ByKey);
        let not_by_key = not_by_key.map(|source| source.topic.name.to_string());
        Some(Self { count: counts.tasks(subtopology.id), source_counts, not_by_key })
    }

    /// Those of a global store, which is not divided.
    pub(crate) fn undivided() -> Self {
        Self { count: 1, source_counts: BTreeSet::from([1]), not_by_key: None }
    }

    /// The partitions that a key may be in. `choose` returns the partition for a partition count. There are several only if
    /// the topics that the sub-topology reads have different counts.
    pub(crate) fn of_key(&self, choose: impl Fn(u32) -> Partition) -> KeyPartitions {
        KeyPartitions::These(self.source_counts.iter().map(|count| choose(*count)).collect())
    }

    /// The partitions that a key may be in by its bytes, from which `choose` says one for a partition count.
    pub(crate) fn of_key_bytes(&self, choose: impl Fn(u32) -> Partition) -> KeyPartitions {
        match &self.not_by_key {
            Some(topic) => KeyPartitions::Unknown { topic: topic.clone() },
            None => self.of_key(choose),
        }
    }
}
