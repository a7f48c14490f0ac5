//! `add_read_only_store`: a store whose topic is its changelog, with a processor in front of it.

use std::convert::Infallible;

use millstream_types::Nullable;

use super::builder::StreamsBuilder;
use super::global_source::not_single;
use super::source_changelog::source_changelog;
use super::stream::source_factory;
use crate::graph::{GraphNode, KeyEffect, Kind};
use crate::options::{Consumed, ResetPolicy};
use crate::processor::{Processor, processor_factory, supply_for};
use crate::stores::{ReadOnly, Store, StoreDefinition, StoreHandle, StoredAs, TopicStore};
use crate::topology::{RecordTypes, SourceChangelog, SourceTopics, TopologyError};

impl StreamsBuilder {
    /// Adds a store whose rows are the records of a topic, partition by partition (KIP-813). Nothing is logged: the topic is the
    /// changelog of the store. It should be compacted.
    ///
    /// `supply` makes the processor that reads the topic and writes the store; it gets the store's handle, and forwards nothing.
    /// It has to put each record as it is, key by key, and delete the keys of null values: a restore reads the topic into the store
    /// without it, up to the committed offset. Of values of a plain type (not `Option<V>`), nulls are left out in both.
    /// Others may read the store: queries, and processors that are connected to it, in the same task.
    /// For a store of which every process has all partitions, see [`add_global_store`](Self::add_global_store).
    ///
    /// The topic is read from its beginning. The processor is named as the store, and the source `<store>-source`;
    /// [`Consumed::named`] sets other names. Neither uses up a number of generated names.
    ///
    /// # Examples
    /// ```
    /// use std::convert::Infallible;
    /// use millstream_core::{
    ///     BoxError, FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, KeyValueStore, Processor, ProcessorContext,
    ///     ReadOnly, Record, Store, StoreHandle, StreamsBuilder,
    /// };
    ///
    /// type Prices = KeyValueStore<String, i64>;
    ///
    /// /// Keeps the price of each product.
    /// struct Keep(StoreHandle<Prices>);
    ///
    /// impl Processor<String, Option<i64>, Infallible, Infallible> for Keep {
    ///     fn process(
    ///         &mut self,
    ///         context: &mut ProcessorContext<'_, Infallible, Infallible>,
    ///         record: Record<String, Option<i64>>,
    ///     ) -> Result<(), BoxError> {
    ///         let mut prices = context.store(self.0)?;
    ///         match record.value {
    ///             Some(price) => prices.put(&record.key, price)?,
    ///             None => prices.delete(&record.key)?,
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// /// Multiplies a number of products by their price.
    /// struct Cost(StoreHandle<ReadOnly<Prices>>);
    ///
    /// impl FixedKeyProcessor<String, i64, i64> for Cost {
    ///     fn process(
    ///         &mut self,
    ///         context: &mut FixedKeyContext<'_, '_, String, i64>,
    ///         record: FixedKeyRecord<String, i64>,
    ///     ) -> Result<(), BoxError> {
    ///         let price = context.read_only_store(self.0)?.get(record.key())?.copied().unwrap_or(0);
    ///         let cost = record.value() * price;
    ///         context.forward(record.with_value(cost));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let builder = StreamsBuilder::new();
    /// let prices = builder.add_read_only_store(Store::key_value("prices"), "product-prices", Keep);
    /// builder.stream::<String, i64>("orders").process_values(move || Cost(prices), prices).to("costs");
    /// # builder.build()?;
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn add_read_only_store<S, K, V, P>(
        &self,
        store: Store<S>,
        topic: impl Into<Consumed<K, V>>,
        supply: impl Fn(StoreHandle<S>) -> P + Send + Sync + 'static,
    ) -> StoreHandle<ReadOnly<S>>
    where
        S: TopicStore,
        K: Nullable<Present = S::Key>,
        V: Nullable,
        V::Present: StoredAs<S::Value>,
        P: Processor<K, V, Infallible, Infallible> + 'static,
    {
        let (graph, builder) = (&self.graph, self.graph.builder_id());
        let ReadOnlyPlan { definition, changelog, consumed } = match ReadOnlyPlan::new(store, topic.into()) {
            Ok(plan) => plan,
            Err(error) => {
                graph.fail(error);
                return StoreHandle::invalid(builder);
            }
        };
        let processor_name = graph.valid(consumed.name.clone().unwrap_or_else(|| definition.name.to_string()));
        let Some(store) = graph.add_processor_store(definition) else { return StoreHandle::invalid(builder) };
        let topics = SourceTopics::Named(vec![changelog.topic.clone()]);
        graph.restore_from_source(store, changelog);
        let source = graph.add(GraphNode {
            name: format!("{processor_name}-source"),
            parents: Vec::new(),
            kind: Kind::Source {
                topics,
                reset: consumed.reset,
                serdes: consumed.serdes.names(),
                build: source_factory(consumed),
            },
            key: KeyEffect::Keeps,
            forwards: Some(RecordTypes::of::<K, V>()),
            stores: Vec::new(),
        });
        graph.add(GraphNode {
            name: processor_name,
            parents: vec![source],
            kind: Kind::Processor { build: processor_factory(supply_for(StoreHandle::new(builder, store), supply)) },
            key: KeyEffect::Keeps,
            forwards: None,
            stores: vec![store],
        });
        StoreHandle::new(builder, store)
    }
}

/// A read-only store that is not added yet.
pub(crate) struct ReadOnlyPlan<K, V> {
    pub(crate) definition: StoreDefinition,
    pub(crate) changelog: SourceChangelog,
    pub(crate) consumed: Consumed<K, V>,
}

impl<K: Nullable, V: Nullable> ReadOnlyPlan<K, V> {
    /// Checks that the records of a topic can be the rows of `store`.
    pub(crate) fn new<S>(store: Store<S>, consumed: Consumed<K, V>) -> Result<Self, TopologyError> {
        let serdes = store.serdes::<K::Present, V::Present>();
        let definition = store.into_definition();
        let what = format!("read-only store `{}`", definition.name);
        if let Some(error) = TopologyError::of_keys::<K>(&what).or_else(|| TopologyError::of_values::<V>(&what)) {
            return Err(error);
        }
        let refused = |reason: &str| TopologyError::Invalid { what: what.clone(), reason: reason.to_owned() };
        if definition.rows_max.is_some() {
            return Err(refused(
                "an LRU map cannot be restored from a topic, which has no record of what it has dropped",
            ));
        }
        if consumed.reset.is_some_and(|reset| reset != ResetPolicy::Earliest) {
            return Err(refused(
                "its topic is read from the beginning, since it is its changelog; set no other reset policy",
            ));
        }
        let serdes =
            serdes.ok_or_else(|| refused("the values of its topic are of another type than those of the store"))?;
        let changelog = source_changelog(&consumed, serdes);
        let changelog = changelog.ok_or_else(|| not_single(&what, &consumed.topics))?;
        let consumed = Consumed { reset: Some(ResetPolicy::Earliest), ..consumed };
        Ok(Self { definition, changelog, consumed })
    }
}
