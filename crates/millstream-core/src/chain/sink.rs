//! Where records leave a chain: serialised into reused buffers and handed to the environment.

use std::sync::Arc;

use millstream_types::{Failure, FailureKind, Nullable, RecordBytes, Serde, SerdeError, Topic};

use super::context::{Buffers, Context, Node};
use super::environment::Destination;
use crate::options::{Partitioner, TopicChooser};
use crate::partitioning::Route;
use crate::record::Record;

/// A sink for keys `K` and values `V`.
pub(crate) struct Sink<K: Nullable, V: Nullable> {
    pub(crate) name: Arc<str>,
    pub(crate) target: Target<K, V>,
    pub(crate) key_serde: Serde<K::Present>,
    pub(crate) value_serde: Serde<V::Present>,
    pub(crate) partitioner: Option<Partitioner<K, V>>,
    /// How many bytes at the end of a key have no say in its partition.
    pub(crate) window_bytes: usize,
}

/// Where a sink writes.
pub(crate) enum Target<K, V> {
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

    fn route(&self, context: &mut Context<'_>, topic: &Topic, record: &Record<K, V>) -> Route {
        let Some(partitioner) = &self.partitioner else { return self.route_by_key(context) };
        if let Some(partitions) = context.environment.partition_count(topic) {
            return partitioner(&record.key, &record.value, partitions);
        }
        let (partitioner, key, value) = (Arc::clone(partitioner), record.key.clone(), record.value.clone());
        Route::Later(Box::new(move |partitions| partitioner(&key, &value, partitions)))
    }

    fn route_by_key(&self, context: &Context<'_>) -> Route {
        match self.window_bytes {
            0 => Route::ByKey,
            window => Route::ByKeyPrefix(context.state.buffers.key.len().saturating_sub(window)),
        }
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
        let encoded = self.encode(&mut context.state.buffers, topic.as_str(), &record);
        let (has_key, has_value) = match encoded {
            Ok(present) => present,
            Err(error) => {
                let detail = format!("a record for topic `{topic}` cannot be written: {error}");
                let failure = Failure::new(FailureKind::Serialization, detail).caused_by(error);
                return context.fail_with(failure.in_node(Arc::clone(&self.name)));
            }
        };
        let route = self.route(context, topic, &record);
        let buffers = &context.state.buffers;
        let content = RecordBytes {
            timestamp: record.timestamp,
            key: has_key.then_some(&buffers.key),
            value: has_value.then_some(&buffers.value),
            headers: &record.headers,
        };
        context.environment.send(Destination { node: &self.name, topic, route }, content);
    }
}
