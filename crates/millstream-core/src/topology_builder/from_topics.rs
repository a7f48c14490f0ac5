//! Stores that a processor fills from a topic: read-only stores and global stores.

use std::convert::Infallible;

use millstream_state::StoreIndex;
use millstream_types::Nullable;

use super::TopologyBuilder;
use crate::dsl::{GlobalPlan, ReadOnlyPlan, source_factory};
use crate::options::Consumed;
use crate::processor::{Processor, processor_factory, supply_for};
use crate::stores::{GlobalStoreHandle, ReadOnly, Store, StoreHandle, StoredAs, TopicStore};
use crate::topology::{BuildNode, CalledBy, NodeId, NodeKind, SourceTopics, TopologyError};

impl TopologyBuilder {
    /// Adds a store whose rows are the records of a topic, with a source and a processor of these names; as
    /// [`StreamsBuilder::add_read_only_store`](crate::StreamsBuilder::add_read_only_store).
    ///
    /// # Examples
    /// ```
    /// # use std::convert::Infallible;
    /// # use millstream_core::{
    /// #     BoxError, KeyValueStore, Processor, ProcessorContext, Record, Store, StoreHandle, TopologyBuilder,
    /// # };
    /// # struct Keep(StoreHandle<KeyValueStore<String, i64>>);
    /// # impl Processor<String, i64, Infallible, Infallible> for Keep {
    /// #     fn process(
    /// #         &mut self,
    /// #         context: &mut ProcessorContext<'_, Infallible, Infallible>,
    /// #         record: Record<String, i64>,
    /// #     ) -> Result<(), BoxError> {
    /// #         Ok(context.store(self.0)?.put(&record.key, record.value)?)
    /// #     }
    /// # }
    /// let mut builder = TopologyBuilder::new();
    /// builder.add_read_only_store(Store::key_value("prices"), "read-prices", "product-prices", "keep-prices", Keep);
    /// let topology = builder.build()?;
    /// let store = &topology.subtopologies()[0].stores[0];
    /// assert_eq!(store.source.as_ref().map(|topic| &*topic.name), Some("product-prices"));
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn add_read_only_store<S, K, V, P>(
        &mut self,
        store: Store<S>,
        source: &str,
        topic: impl Into<Consumed<K, V>>,
        processor: &str,
        supply: impl Fn(StoreHandle<S>) -> P + Send + Sync + 'static,
    ) -> StoreHandle<ReadOnly<S>>
    where
        S: TopicStore,
        K: Nullable<Present = S::Key>,
        V: Nullable,
        V::Present: StoredAs<S::Value>,
        P: Processor<K, V, Infallible, Infallible> + 'static,
    {
        let added = ReadOnlyPlan::new(store, topic.into()).and_then(|plan| {
            let ReadOnlyPlan { definition, changelog, consumed } = plan;
            let topics = SourceTopics::Named(vec![changelog.topic.clone()]);
            let source_kind = NodeKind::Source { topics, reset: consumed.reset, build: source_factory(consumed) };
            let store = self.spec.add_processor_store(definition)?;
            self.spec.restore_from_source(store, changelog);
            let build = processor_factory(supply_for(StoreHandle::new(self.spec.builder, store), supply));
            self.add_filling((source, source_kind), processor, build, store)?;
            Ok(StoreHandle::new(self.spec.builder, store))
        });
        added.unwrap_or_else(|error| {
            self.error.get_or_insert(error);
            StoreHandle::invalid(self.spec.builder)
        })
    }

    /// Adds a store of which every process has a copy, with a source and a processor of these names; as
    /// [`StreamsBuilder::add_global_store`](crate::StreamsBuilder::add_global_store).
    ///
    /// # Examples
    /// ```
    /// # use std::convert::Infallible;
    /// # use millstream_core::{
    /// #     BoxError, KeyValueStore, Processor, ProcessorContext, Record, Store, StoreHandle, TopologyBuilder,
    /// # };
    /// # struct Keep(StoreHandle<KeyValueStore<String, i64>>);
    /// # impl Processor<String, i64, Infallible, Infallible> for Keep {
    /// #     fn process(
    /// #         &mut self,
    /// #         context: &mut ProcessorContext<'_, Infallible, Infallible>,
    /// #         record: Record<String, i64>,
    /// #     ) -> Result<(), BoxError> {
    /// #         Ok(context.store(self.0)?.put(&record.key, record.value)?)
    /// #     }
    /// # }
    /// let mut builder = TopologyBuilder::new();
    /// builder.add_global_store(Store::key_value("rates"), "read-rates", "rates", "keep-rates", Keep);
    /// let topology = builder.build()?;
    /// assert_eq!(&*topology.globals()[0].sources[0].node, "read-rates");
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn add_global_store<S: 'static, K, V, P>(
        &mut self,
        store: Store<S>,
        source: &str,
        topic: impl Into<Consumed<K, V>>,
        processor: &str,
        supply: impl Fn(StoreHandle<S>) -> P + Send + Sync + 'static,
    ) -> GlobalStoreHandle<S>
    where
        K: Nullable,
        V: Nullable,
        P: Processor<K, V, Infallible, Infallible> + 'static,
    {
        let added = GlobalPlan::new(store, topic.into()).and_then(|plan| {
            let GlobalPlan { definition, topics, source: build } = plan;
            let store = self.spec.add_store(definition)?;
            let build_processor = processor_factory(supply_for(StoreHandle::new(self.spec.builder, store), supply));
            let kind = NodeKind::Source { topics: SourceTopics::Named(topics), reset: None, build };
            let source = self.add_filling((source, kind), processor, build_processor, store)?;
            self.spec.globals.push(source);
            Ok(store)
        });
        let store = added.unwrap_or_else(|error| {
            self.error.get_or_insert(error);
            // The topology is not built.
            StoreIndex::new(u32::MAX)
        });
        GlobalStoreHandle::new(self.spec.builder, store)
    }

    /// Adds the source and the processor that fill `store`. Returns the source.
    fn add_filling(
        &mut self,
        (source, kind): (&str, NodeKind),
        processor: &str,
        build: BuildNode,
        store: StoreIndex,
    ) -> Result<NodeId, TopologyError> {
        let source = self.spec.add_node(source.into(), kind, &[])?;
        let processor_kind = NodeKind::Processor { called_by: CalledBy::ParentsAndTask, build };
        let processor = self.spec.add_node(processor.into(), processor_kind, &[source])?;
        self.spec.connect(processor, store);
        Ok(source)
    }
}
