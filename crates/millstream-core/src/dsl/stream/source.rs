//! `stream`: the head of each partition's queue, decoded once.

use std::sync::Arc;

use millstream_state::PrefetchFrom;
use millstream_types::{Failure, FailureKind, Nullable, Offset, RecordBytes, Serde, SerdeError, SkipReason, Timestamp};

use super::KStream;
use crate::chain::{Context, Downstream, NextKey, NextKeys, PrefetchedKeys, SourceNode};
use crate::dsl::StreamsBuilder;
use crate::graph::{GraphId, GraphNode, GraphRef, KeyEffect, Kind};
use crate::options::{Consumed, TimestampExtractor};
use crate::record::{RawKey, Record};
use crate::topology::{Blueprint, BuildSource, RecordTypes, SourceTopics, TopologyError};

impl StreamsBuilder {
    /// Reads one or several topics as a stream of keys `K` and values `V`.
    ///
    /// Nullness is in the types: where `K` or `V` is an `Option`, a null comes as `None`; where it is plain, a record
    /// with a null there is left out, counted and logged. `()` takes any key or value and looks at none.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let lines = builder.stream::<Option<String>, String>("lines"); // keys may be null, values not
    /// lines.filter(|key, _line| key.is_some()).to("with-keys");
    /// ```
    pub fn stream<K: Nullable, V: Nullable>(&self, topics: impl Into<Consumed<K, V>>) -> KStream<K, V> {
        let (graph, consumed) = (&self.graph, topics.into());
        let name = graph.name_or_generate(consumed.name.clone(), "KSTREAM-SOURCE-");
        let serdes = consumed.serdes.clone();
        KStream::new(graph, add_source(graph, name, consumed), serdes)
    }
}

fn add_source<K: Nullable, V: Nullable>(graph: &GraphRef, name: String, consumed: Consumed<K, V>) -> GraphId {
    // After an invalid pattern building the topology fails.
    let topics = SourceTopics::of(&consumed.topics).unwrap_or_else(|error| {
        graph.fail(error);
        SourceTopics::Named(Vec::new())
    });
    let (reset, serdes) = (consumed.reset, consumed.serdes.names());
    graph.add(GraphNode {
        name,
        parents: Vec::new(),
        kind: Kind::Source { topics, reset, serdes, build: source_factory(consumed) },
        key: KeyEffect::Keeps,
        forwards: Some(RecordTypes::of::<K, V>()),
        stores: Vec::new(),
    })
}

/// The factory of the source that `consumed` describes, if its serdes can read.
pub(crate) fn source_factory<K: Nullable, V: Nullable>(consumed: Consumed<K, V>) -> BuildSource {
    Box::new(move |blueprint: Blueprint<'_>| {
        if let Some(serde) = consumed.serdes.names().unreadable {
            return Err(TopologyError::Unreadable { reader: format!("source `{}`", blueprint.name()), serde });
        }
        let topics: Vec<Arc<str>> = blueprint.topics().iter().map(|topic| topic.as_str().into()).collect();
        let source: Box<dyn SourceNode> = Box::new(Source {
            name: blueprint.name(),
            key_serde: consumed.serdes.key.get(),
            value_serde: consumed.serdes.value.get(),
            extractor: consumed.extractor.clone(),
            heads: topics.iter().map(|_| None).collect(),
            prefetched: topics.iter().map(|_| PrefetchedKeys::default()).collect(),
            topics,
            children: blueprint.downstream()?,
        });
        Ok(source)
    })
}

/// A source of keys `K` and values `V`.
struct Source<K: Nullable, V: Nullable> {
    name: Arc<str>,
    topics: Vec<Arc<str>>,
    key_serde: Serde<K::Present>,
    value_serde: Serde<V::Present>,
    extractor: TimestampExtractor<K, V>,
    heads: Vec<Option<Record<K, V>>>,
    prefetched: Vec<PrefetchedKeys<K>>,
    children: Downstream<K, V>,
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
                fail(context, &self.name, part.0, error);
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
        let Some(extracted) = self.extractor.time_of(record, partition_time, || context.now()) else {
            context.fail_with(no_time(record.timestamp).in_node(Arc::clone(&self.name)));
            return None;
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
        let keys = self.prefetched[topic].refill(next_keys);
        self.children.prefetch(context, NextKeys { keys, from: PrefetchFrom::Engine });
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn add_topic(&mut self, topic: &str) -> usize {
        self.topics.push(topic.into());
        self.heads.push(None);
        self.prefetched.push(PrefetchedKeys::default());
        self.topics.len() - 1
    }

    fn drop_head(&mut self, topic: usize) {
        self.heads[topic] = None;
        self.prefetched[topic] = PrefetchedKeys::default();
    }

    fn push(&mut self, context: &mut Context<'_>, topic: usize) {
        if let Some(record) = self.heads[topic].take() {
            self.children.forward(context, record);
        }
    }
}

/// Reports a key or value that cannot be read.
#[cold]
fn fail(context: &mut Context<'_>, node: &Arc<str>, part: &str, error: SerdeError) {
    context.fail_with(unreadable(part, error).in_node(Arc::clone(node)));
}

/// The failure of a key or value that cannot be read.
#[cold]
pub(in crate::dsl) fn unreadable(part: &str, error: SerdeError) -> Failure {
    let detail = format!("the {part} cannot be read: {error}");
    Failure::new(FailureKind::Deserialization, detail).caused_by(error)
}

/// The failure of a record without a valid time, where one is required.
#[cold]
pub(in crate::dsl) fn no_time(timestamp: Timestamp) -> Failure {
    let message = format!(
        "the record's timestamp is {timestamp}; give the source another TimestampExtractor to accept such records"
    );
    Failure::from_error(FailureKind::Timestamp, message)
}
