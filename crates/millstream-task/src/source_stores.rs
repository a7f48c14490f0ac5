//! Stores that are restored from the topics of their tables, which serve as their changelogs.

use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_changelog::{Conversion, RestoreFailure};
use millstream_core::chain::Decision;
use millstream_core::{PartitionCounts, SourceRow, SourceRows, StoreInfo, SubTopology, Topology};
use millstream_log::RecordView;
use millstream_state::{AnyStore, StoreIndex};
use millstream_types::{
    Failure, FailureKind, MonotonicTime, Now, Offset, Origin, RecordBytes, TaskId, Timestamp, TopicPartition,
    catch_panic,
};

use crate::environment::TaskResources;
use crate::inputs::Inputs;

/// A store that is restored from one of the task's inputs.
pub(super) struct SourceStore {
    pub(super) store: StoreIndex,
    /// The number of the input.
    pub(super) input: usize,
    rows: Arc<dyn SourceRows>,
    /// The name of the source that reads the topic.
    node: Arc<str>,
    /// The highest time of the records so far, if they are read from the first one.
    pub(super) time: Timestamp,
    row: SourceRow,
}

impl SourceStore {
    /// The stores of a task that are restored from partitions that it reads. Where the topic has fewer partitions than the
    /// sub-topology has tasks, there is nothing to restore. `times` has the times up to which stores are restored that were open before.
    pub(super) fn all(
        topology: &Topology,
        subtopology: &SubTopology,
        id: TaskId,
        counts: &PartitionCounts,
        times: &BTreeMap<StoreIndex, Timestamp>,
    ) -> Vec<Self> {
        let source = |store: &StoreInfo| {
            let topic = store.source.as_ref()?;
            counts.partitions(topic).filter(|count| id.partition.number() < *count)?;
            let input = subtopology.sources.iter().position(|source| source.topic == *topic)?;
            Some(Self {
                store: store.index,
                input,
                rows: topology.source_rows(store.index)?,
                node: Arc::clone(&subtopology.sources[input].node),
                time: times.get(&store.index).copied().unwrap_or(Timestamp::UNKNOWN),
                row: SourceRow::new(),
            })
        };
        subtopology.stores.iter().filter_map(source).collect()
    }
}

/// The offset up to which a store that is restored from an input has all rows, after a commit; `None` for other stores.
pub(super) fn committed_source(sources: &[SourceStore], inputs: &Inputs, store: StoreIndex) -> Option<Option<Offset>> {
    let source = sources.iter().find(|source| source.store == store)?;
    Some(inputs.queue(source.input).committed())
}

/// Restores records as the table has processed them. One that cannot be read was left out by the deserialization handler then, and
/// is decided on by the same handler again, since the types of the program may have changed.
pub(super) struct SourceConversion<'a> {
    pub(super) source: &'a mut SourceStore,
    pub(super) partition: &'a TopicPartition,
    pub(super) resources: &'a mut TaskResources,
}

impl SourceConversion<'_> {
    fn convert(&mut self, record: RecordBytes<'_>) -> Result<bool, Failure> {
        let SourceStore { rows, time, row, .. } = &mut *self.source;
        let topic = self.partition.topic.as_str();
        let converted = catch_panic(|| rows.convert(topic, record, *time, row));
        let has_row = converted.unwrap_or_else(|message| Err(Failure::new(FailureKind::Panic, message)))?;
        *time = (*time).max(row.timestamp);
        Ok(has_row)
    }

    #[cold]
    fn refused(&mut self, failure: Failure, record: RecordView<'_>) -> Result<bool, RestoreFailure> {
        let origin = Origin::new(self.partition, record.offset());
        let mut failure = failure.in_node(Arc::clone(&self.source.node)).at(origin);
        // The topic of dead letters has got the record when it was processed, so there is nothing to send, for which a time is needed.
        let (outbox, now) = (None, Now { wall: record.timestamp(), monotonic: MonotonicTime::START });
        if failure.kind.is_decidable()
            && self.resources.decide(&mut failure, Some(record), outbox, now) == Decision::Continue
        {
            return Ok(false);
        }
        Err(RestoreFailure::Source(failure))
    }
}

impl Conversion for SourceConversion<'_> {
    fn restore(&mut self, record: RecordView<'_>, store: &mut dyn AnyStore) -> Result<bool, RestoreFailure> {
        let headers = record.headers();
        let bytes = RecordBytes::new(record.timestamp(), record.key(), record.value()).with_headers(&headers);
        match self.convert(bytes) {
            Ok(false) => Ok(false),
            Ok(true) => {
                let row = &self.source.row;
                let restored = store.restore_with_headers(&row.key, row.value(), row.timestamp, &headers);
                restored.map_err(|error| RestoreFailure::at(record.offset(), store, error))?;
                Ok(true)
            }
            Err(failure) => self.refused(failure, record),
        }
    }
}
