//! `to`: records are serialised into reused buffers and handed to the environment.

use std::sync::Arc;

use millstream_types::{Failure, FailureKind, Nullable, RecordBytes, Serde, SerdeError, Topic};

use super::{KStream, Terminal};
use crate::chain::{Buffers, Context, Destination, Environment, Node};
use crate::graph::{GraphNode, KeyEffect, Kind};
use crate::options::{CarriedSerdes, Partitioner, Produced, ProducedTopic, TopicChooser};
use crate::partitioning::{Partitioning, Route};
use crate::record::Record;
use crate::topology::{Blueprint, BuildNode, Built, TopicName};

impl<K, V> KStream<K, V> {
    /// Writes the records to a topic with their keys, values, times and headers. By default the partition is that of Kafka's
    /// default partitioner (murmur2 of the key); [`Produced`] can set another partitioner. All windows of a windowed key go to
    /// the partition of the key.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, String>("in").to("out");
    /// ```
    pub fn to(&self, topic: impl Into<Produced<K, V>>) -> Terminal
    where
        K: Nullable,
        V: Nullable,
    {
        let produced = topic.into();
        let name = self.graph.name_or_generate(produced.name, "KSTREAM-SINK-");
        let serdes = CarriedSerdes {
            key: produced.serdes.key.or(&self.serdes.key),
            value: produced.serdes.value.or(&self.serdes.value),
        };
        let sink = SinkPlan {
            topic: produced.topic.into(),
            window_bytes: serdes.key.get().window_bytes(),
            serdes,
            partitioner: produced.partitioner,
        };
        let node = self.graph.add(GraphNode {
            name,
            parents: vec![self.node],
            kind: Kind::Sink {
                topic: sink.fixed_topic(),
                serdes: sink.serdes.names(),
                partitioning: sink.partitioning(),
                build: sink.into_factory(),
            },
            key: KeyEffect::Keeps,
            forwards: None,
            stores: Vec::new(),
        });
        self.terminal(node)
    }
}

/// A sink that is not added to a topology yet.
pub(crate) struct SinkPlan<K, V> {
    pub(crate) topic: SinkTopic<K, V>,
    pub(crate) serdes: CarriedSerdes<K, V>,
    pub(crate) partitioner: Option<Partitioner<K, V>>,
    /// The number of bytes at the end of a key that do not affect its partition: those of a window, if the DSL writes to a
    /// user's topic. In repartition topics, and in topologies of a `TopologyBuilder`, all bytes count, as in Kafka Streams.
    pub(crate) window_bytes: usize,
}

pub(crate) enum SinkTopic<K, V> {
    Fixed(TopicName),
    Computed(TopicChooser<K, V>),
}

impl<K, V> From<ProducedTopic<K, V>> for SinkTopic<K, V> {
    fn from(topic: ProducedTopic<K, V>) -> Self {
        match topic {
            ProducedTopic::Fixed(topic) => Self::Fixed(TopicName::external(topic)),
            ProducedTopic::Computed(choose) => Self::Computed(choose),
        }
    }
}

impl<K: Nullable, V: Nullable> SinkPlan<K, V> {
    /// The topic, unless it is computed for each record.
    pub(crate) fn fixed_topic(&self) -> Option<TopicName> {
        match &self.topic {
            SinkTopic::Fixed(topic) => Some(topic.clone()),
            SinkTopic::Computed(_) => None,
        }
    }

    pub(crate) fn partitioning(&self) -> Partitioning {
        if self.partitioner.is_some() || self.window_bytes > 0 { Partitioning::Other } else { Partitioning::ByKey }
    }

    pub(crate) fn into_factory(self) -> BuildNode {
        Box::new(move |blueprint: Blueprint<'_>| Ok(Built::new(self.sink(&blueprint))))
    }

    fn sink(&self, blueprint: &Blueprint<'_>) -> Sink<K, V> {
        let target = match &self.topic {
            SinkTopic::Fixed(topic) => Target::Fixed(blueprint.topic(topic)),
            SinkTopic::Computed(choose) => Target::Computed(Arc::clone(choose)),
        };
        Sink {
            name: blueprint.name(),
            target,
            key_serde: self.serdes.key.get(),
            value_serde: self.serdes.value.get(),
            partitioner: self.partitioner.clone(),
            window_bytes: self.window_bytes,
        }
    }
}

/// A sink for keys `K` and values `V`.
struct Sink<K: Nullable, V: Nullable> {
    name: Arc<str>,
    target: Target<K, V>,
    key_serde: Serde<K::Present>,
    value_serde: Serde<V::Present>,
    partitioner: Option<Partitioner<K, V>>,
    /// How many bytes at the end of a key have no say in its partition.
    window_bytes: usize,
}

/// Where a sink writes.
enum Target<K, V> {
    Fixed(Topic),
    Computed(TopicChooser<K, V>),
}

impl<K: Nullable, V: Nullable> Sink<K, V> {
    fn encode(&self, buffers: &mut Buffers, topic: &str, record: &Record<K, V>) -> Result<(bool, bool), SerdeError> {
        buffers.key.clear();
        buffers.value.clear();
        let (key, value) = (record.key.present(), record.value.present());
        key.map_or(Ok(()), |key| self.key_serde.encode(topic, key, &mut buffers.key))?;
        value.map_or(Ok(()), |value| self.value_serde.encode(topic, value, &mut buffers.value))?;
        Ok((key.is_some(), value.is_some()))
    }

    fn route(
        &self,
        topic: &Topic,
        record: &Record<K, V>,
        key_bytes: usize,
        environment: &mut dyn Environment,
    ) -> Route {
        let Some(partitioner) = &self.partitioner else {
            return match self.window_bytes {
                0 => Route::ByKey,
                window => Route::ByKeyPrefix(key_bytes.saturating_sub(window)),
            };
        };
        if let Some(partitions) = environment.partition_count(topic) {
            return partitioner(&record.key, &record.value, partitions);
        }
        let (partitioner, key, value) = (Arc::clone(partitioner), record.key.clone(), record.value.clone());
        Route::Later(Box::new(move |partitions| partitioner(&key, &value, partitions)))
    }
}

impl<K: Nullable, V: Nullable> Node<K, V> for Sink<K, V> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let computed;
        let topic = match &self.target {
            Target::Fixed(topic) => topic,
            Target::Computed(choose) => match choose(&record) {
                Ok(topic) => {
                    computed = topic;
                    &computed
                }
                Err(error) => return context.fail_processing(&self.name, error),
            },
        };
        let (buffers, environment) = context.output();
        let (has_key, has_value) = match self.encode(buffers, topic.as_str(), &record) {
            Ok(present) => present,
            Err(error) => return fail(context, &self.name, topic, error),
        };
        let route = self.route(topic, &record, buffers.key.len(), environment);
        let content = RecordBytes {
            timestamp: record.timestamp,
            key: has_key.then_some(&buffers.key),
            value: has_value.then_some(&buffers.value),
            headers: &record.headers,
        };
        environment.send(Destination { node: &self.name, topic, route }, content);
    }
}

/// Reports a record that cannot be serialised.
#[cold]
fn fail(context: &mut Context<'_>, node: &Arc<str>, topic: &Topic, error: SerdeError) {
    let detail = format!("a record for topic `{topic}` cannot be written: {error}");
    let failure = Failure::new(FailureKind::Serialization, detail).caused_by(error);
    context.fail_with(failure.in_node(Arc::clone(node)));
}
