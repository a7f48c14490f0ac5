//! `add_global_store`: a store of which every process has a copy, with a processor in front of it.

use std::convert::Infallible;

use millstream_state::StoreIndex;
use millstream_types::Nullable;

use super::builder::StreamsBuilder;
use super::global_source::{GlobalSourcePlan, global_source, not_single, single_topic};
use crate::options::Consumed;
use crate::processor::{Processor, processor_factory, supply_for};
use crate::stores::{GlobalStoreHandle, Store, StoreDefinition, StoreHandle};
use crate::topology::{BuildSource, TopicName, TopologyError};

impl StreamsBuilder {
    /// Adds a store of which every process has a copy, once for all its threads. `supply` makes the processor that reads all
    /// partitions of the topic and writes the store; it gets the store's handle. It forwards nothing, and schedules are not
    /// run. All other processors can read the store, without being connected to it.
    ///
    /// The store is in memory, without a changelog and a cache: each start reads the topic from its beginning, before any task
    /// processes a record, and then follows it. So the processor should write the same for the same records. Times of records
    /// are those of the log.
    ///
    /// # Examples
    /// ```
    /// use std::convert::Infallible;
    /// use millstream_core::{
    ///     BoxError, KeyValueStore, Processor, ProcessorContext, Record, Store, StoreHandle, StreamsBuilder,
    /// };
    ///
    /// struct Lengths(StoreHandle<KeyValueStore<String, i64>>);
    ///
    /// impl Processor<String, String, Infallible, Infallible> for Lengths {
    ///     fn process(
    ///         &mut self,
    ///         context: &mut ProcessorContext<'_, Infallible, Infallible>,
    ///         record: Record<String, String>,
    ///     ) -> Result<(), BoxError> {
    ///         Ok(context.store(self.0)?.put(&record.key, record.value.len() as i64)?)
    ///     }
    /// }
    ///
    /// let builder = StreamsBuilder::new();
    /// let lengths = builder.add_global_store(Store::key_value("lengths"), "texts", Lengths);
    /// # let _ = lengths;
    /// ```
    pub fn add_global_store<S: 'static, K, V, P>(
        &self,
        store: Store<S>,
        topic: impl Into<Consumed<K, V>>,
        supply: impl Fn(StoreHandle<S>) -> P + Send + Sync + 'static,
    ) -> GlobalStoreHandle<S>
    where
        K: Nullable,
        V: Nullable,
        P: Processor<K, V, Infallible, Infallible> + 'static,
    {
        let (graph, mut consumed) = (&self.graph, topic.into());
        single_topic(graph, "add_global_store", &consumed.topics);
        let definition = global_definition(store);
        // Without a store there is an error already, and building the topology will fail.
        let store = graph.add_store(definition).unwrap_or(StoreIndex::new(u32::MAX));
        let handle = StoreHandle::new(graph.builder_id(), store);
        let supply = supply_for(handle, supply);
        let processor_name = consumed.name.take();
        consumed.name = processor_name.as_ref().map(|name| format!("{name}-source"));
        GlobalSourcePlan { consumed, processor_name, store, build: processor_factory(supply) }.add(graph);
        GlobalStoreHandle::new(graph.builder_id(), store)
    }
}

/// A global store that is not added yet, without its processor.
pub(crate) struct GlobalPlan {
    pub(crate) definition: StoreDefinition,
    pub(crate) topics: Vec<TopicName>,
    pub(crate) source: BuildSource,
}

impl GlobalPlan {
    /// A store that reads the one topic of `consumed`.
    pub(crate) fn new<S, K: Nullable, V: Nullable>(
        store: Store<S>,
        consumed: Consumed<K, V>,
    ) -> Result<Self, TopologyError> {
        if consumed.topics.names().len() != 1 {
            return Err(not_single("add_global_store", &consumed.topics));
        }
        let (topics, source) = global_source(consumed);
        Ok(Self { definition: global_definition(store), topics, source })
    }
}

/// The definition of a store that is filled again at each start.
fn global_definition<S>(store: Store<S>) -> StoreDefinition {
    store.without_logging().without_caching().in_memory().into_definition()
}
