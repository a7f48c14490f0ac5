//! Where records enter a chain: the head of each partition's queue, decoded once.

use std::sync::Arc;

use millstream_state::Position;
use millstream_types::{Failure, FailureKind, Nullable, Offset, RecordBytes, Serde, SkipReason, Timestamp};

use super::context::Context;
use super::edge::Downstream;
use super::prefetch::{NextKey, PrefetchedKeys};
use crate::options::TimestampExtractor;
use crate::record::{RawKey, Record};

/// A source without its types.
pub(crate) trait SourceNode: Send {
    /// Decodes `record` of the source's topic number `topic` and keeps it as that topic's head. `None`: it was left out
    /// or failed.
    fn prepare(
        &mut self,
        context: &mut Context<'_>,
        topic: usize,
        offset: Offset,
        record: RecordBytes<'_>,
        partition_time: Timestamp,
    ) -> Option<Timestamp>;

    /// Decodes the keys of topic number `topic` that come next, and passes them to the operators that prefetch rows. What cannot be decoded, or is
    /// null where there is no place for it, is left for `prepare` to find.
    fn prefetch(&mut self, context: &mut Context<'_>, topic: usize, next: &mut dyn Iterator<Item = RawKey<'_>>);

    /// The name of the node.
    fn name(&self) -> &str;

    /// Pushes the head of topic number `topic` into the chain.
    fn push(&mut self, context: &mut Context<'_>, topic: usize);
}

/// A source of keys `K` and values `V`.
pub(crate) struct Source<K: Nullable, V: Nullable> {
    pub(crate) name: Arc<str>,
    pub(crate) topics: Vec<Arc<str>>,
    pub(crate) key_serde: Serde<K::Present>,
    pub(crate) value_serde: Serde<V::Present>,
    pub(crate) extractor: TimestampExtractor<K, V>,
    pub(crate) heads: Vec<Option<Record<K, V>>>,
    pub(crate) prefetched: Vec<PrefetchedKeys<K>>,
    pub(crate) children: Downstream<K, V>,
}

impl<K: Nullable, V: Nullable> Source<K, V> {
    /// Key or value from its bytes; `None` after a skip or a failure.
    fn decode<T: Nullable>(
        &self,
        context: &mut Context<'_>,
        part: (&str, SkipReason),
        topic: usize,
        serde: &Serde<T::Present>,
        bytes: Option<&[u8]>,
    ) -> Option<T> {
        let decoded = bytes.map(|bytes| serde.decode(&self.topics[topic], bytes)).transpose();
        match decoded.map(T::from_option) {
            Ok(Some(value)) => Some(value),
            Ok(None) => {
                context.skip(&self.name, part.1);
                None
            }
            Err(error) => {
                let detail = format!("the {} cannot be read: {error}", part.0);
                let failure = Failure::new(FailureKind::Deserialization, detail).caused_by(error);
                context.fail_with(failure.in_node(Arc::clone(&self.name)));
                None
            }
        }
    }

    fn timestamp(
        &self,
        context: &mut Context<'_>,
        record: &Record<K, V>,
        partition_time: Timestamp,
    ) -> Option<Timestamp> {
        let extracted = match &self.extractor {
            TimestampExtractor::FailOnInvalid if !record.timestamp.is_valid() => {
                let message = format!(
                    "the record's timestamp is {}; give the source another TimestampExtractor to accept such records",
                    record.timestamp
                );
                context.fail(FailureKind::Timestamp, &self.name, message);
                return None;
            }
            TimestampExtractor::FailOnInvalid | TimestampExtractor::SkipInvalid => record.timestamp,
            TimestampExtractor::PartitionTimeOnInvalid if record.timestamp.is_valid() => record.timestamp,
            TimestampExtractor::PartitionTimeOnInvalid => partition_time,
            TimestampExtractor::WallClock => context.now(),
            TimestampExtractor::Custom(extract) => extract(record, partition_time),
        };
        if !extracted.is_valid() {
            context.skip(&self.name, SkipReason::NegativeTimestamp);
            return None;
        }
        Some(extracted)
    }
}

impl<K: Nullable, V: Nullable> SourceNode for Source<K, V> {
    fn prepare(
        &mut self,
        context: &mut Context<'_>,
        topic: usize,
        offset: Offset,
        raw: RecordBytes<'_>,
        partition_time: Timestamp,
    ) -> Option<Timestamp> {
        let key = match self.prefetched[topic].take(offset) {
            Some(key) => key,
            None => self.decode::<K>(context, ("key", SkipReason::NullKey), topic, &self.key_serde, raw.key)?,
        };
        let value = self.decode::<V>(context, ("value", SkipReason::NullValue), topic, &self.value_serde, raw.value)?;
        let mut record = Record { key, value, timestamp: raw.timestamp, headers: raw.headers.clone() };
        record.timestamp = self.timestamp(context, &record, partition_time)?;
        let timestamp = record.timestamp;
        self.heads[topic] = Some(record);
        Some(timestamp)
    }

    fn prefetch(&mut self, context: &mut Context<'_>, topic: usize, next: &mut dyn Iterator<Item = RawKey<'_>>) {
        let (serde, name) = (&self.key_serde, &self.topics[topic]);
        let next_keys = next.filter_map(|RawKey { offset, timestamp, key }| {
            let key = K::from_option(key.map(|bytes| serde.decode(name, bytes)).transpose().ok()?)?;
            Some(NextKey { key, timestamp, offset })
        });
        let next_keys = self.prefetched[topic].refill(next_keys);
        self.children.prefetch(context, next_keys);
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn push(&mut self, context: &mut Context<'_>, topic: usize) {
        if let Some(record) = self.heads[topic].take() {
            self.children.forward(context, record);
        }
    }
}

/// Where a source's topic stands in its chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct SourceSlot {
    pub(super) source: usize,
    pub(super) topic: usize,
}

impl SourceSlot {
    /// The position of a record of the chain's topic number `index`.
    pub(super) fn position(index: usize, offset: Offset) -> Position {
        Position { source: u32::try_from(index).expect("a task has fewer than 4 billion topics"), offset }
    }
}
