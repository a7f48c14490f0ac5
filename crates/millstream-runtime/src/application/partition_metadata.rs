//! Which instance of the application has which partition of a store: the owner of a key, and its standbys.

use millstream_core::{SubTopology, partition_for};
use millstream_types::{Data, Partition, TaskId};

use super::handle::StreamsHandle;
use super::query::QueryError;
use crate::store_partitions::{KeyPartitions, StorePartitions};

/// Where the partition of a store is: the addresses that its instances announce with
/// [`application_server`](crate::StreamsConfig::application_server).
///
/// It is what the leader of the group has assigned last. So it may be old for a moment while tasks move: an instance that no longer
/// has the partition responds with [`QueryError::NotHere`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionMetadata {
    /// The partition.
    pub partition: Partition,
    /// The instance that processes it; `None` if none does now, or if it announces no address.
    pub active: Option<String>,
    /// The instances with standbys of it.
    pub standbys: Vec<String>,
}

impl StreamsHandle {
    /// Where a key of a store is, on whichever instance (Kafka Streams: `queryMetadataForKey`). The key is written by the serde of
    /// its type, and its partition chosen as Kafka's default partitioner does; for another one choose it yourself, and ask for
    /// [`metadata_for_store`](Self::metadata_for_store).
    ///
    /// # Errors
    /// [`QueryError::UnknownStore`] if the topology has no such store, [`QueryError::UnknownPartition`] if the bytes of a key do not
    /// say its partition, [`QueryError::NotRunning`] before the partitions of the store are known, and [`QueryError::Store`]
    /// if the key cannot be written.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
    /// let metadata = streams.metadata_for_key("counts", &"hello".to_owned())?;
    /// match &metadata.active {
    ///     Some(server) => println!("ask {server}, or one of {:?} for older counts", metadata.standbys),
    ///     None => println!("no instance has partition {} now", metadata.partition),
    /// }
    /// # Ok(()) }
    /// ```
    pub fn metadata_for_key<K: Data>(&self, store: &str, key: &K) -> Result<PartitionMetadata, QueryError> {
        let (subtopology, partitions) = self.partitions_of(store)?;
        let mut bytes = Vec::new();
        key.encode(&mut bytes).map_err(|error| QueryError::Key { store: store.to_owned(), error })?;
        match partitions.of_key_bytes(|count| partition_for(&bytes, count)) {
            KeyPartitions::These(possible) if possible.len() == 1 => {
                Ok(self.metadata_of(subtopology, possible.into_iter().next().unwrap_or_default()))
            }
            KeyPartitions::These(_) => {
                let topic = "a topic of its sub-topology".to_owned();
                Err(QueryError::UnknownPartition { store: store.to_owned(), topic })
            }
            KeyPartitions::Unknown { topic } => Err(QueryError::UnknownPartition { store: store.to_owned(), topic }),
        }
    }

    /// Where all partitions of a store are, in their order (Kafka Streams: `streamsMetadataForStore`).
    ///
    /// # Errors
    /// [`QueryError::UnknownStore`] if the topology has no such store, and [`QueryError::NotRunning`] before its partitions are known.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
    /// for partition in streams.metadata_for_store("counts")? {
    ///     println!("{}: {:?}", partition.partition, partition.active);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn metadata_for_store(&self, store: &str) -> Result<Vec<PartitionMetadata>, QueryError> {
        let (subtopology, partitions) = self.partitions_of(store)?;
        Ok((0..partitions.count).map(|number| self.metadata_of(subtopology, Partition::new(number))).collect())
    }

    /// The addresses of all instances of the application that announce one, in their order (Kafka Streams:
    /// `metadataForAllStreamsClients`).
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// println!("{}", streams.application_servers().join(", "));
    /// # }
    /// ```
    #[must_use]
    pub fn application_servers(&self) -> Vec<String> {
        self.control.shared.metadata.routing().servers().map(str::to_owned).collect()
    }

    fn metadata_of(&self, subtopology: u32, partition: Partition) -> PartitionMetadata {
        let (task, routing) = (TaskId { subtopology, partition }, self.control.shared.metadata.routing());
        PartitionMetadata {
            partition,
            active: routing.active(task).map(str::to_owned),
            standbys: routing.standbys(task).map(str::to_owned).collect(),
        }
    }

    /// The sub-topology of a store, and its partitions.
    fn partitions_of(&self, store: &str) -> Result<(u32, StorePartitions), QueryError> {
        let control = &self.control;
        super::query::check_store(control, store)?;
        let not_running = || QueryError::NotRunning { state: control.lifecycle.state() };
        let plan = control.shared.metadata.plan().ok_or_else(not_running)?;
        let has_store = |part: &&SubTopology| part.stores.iter().any(|info| &*info.name == store);
        let subtopology = plan.topology.subtopologies().iter().find(has_store).map(|part| part.id);
        let partitions = StorePartitions::of(store, &plan.topology, &plan.counts);
        // Global stores are in every instance.
        subtopology.zip(partitions).ok_or_else(|| QueryError::Global { store: store.to_owned() })
    }
}
