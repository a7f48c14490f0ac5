//! Topologies of nodes by name, connected by the names of their parents.

mod from_topics;

use std::sync::Arc;

use millstream_state::StoreIndex;
use millstream_types::Nullable;

use crate::chain::ProcessorWrapper;
use crate::dsl::{SinkPlan, source_factory};
use crate::options::{Consumed, Processed, Produced};
use crate::processor::{DeclaredStores, Processor, ProcessorSupplier, Supply, processor_factory};
use crate::record::Element;
use crate::stores::{Store, StoreDefinition, StoreHandle};
use crate::topology::{CalledBy, NodeId, NodeKind, SourceTopics, Spec, Topology, TopologyError};

/// Builds a topology of sources, processors and sinks by name, as Kafka Streams' `Topology` class does.
///
/// [`build`](Self::build) returns the first mistake, among them a parent that forwards other types than its child takes.
///
/// # Examples
/// ```
/// use millstream_core::{BoxError, Processor, ProcessorContext, Record, TopologyBuilder};
///
/// struct Shout;
///
/// impl Processor<String, String, String, String> for Shout {
///     fn process(
///         &mut self,
///         context: &mut ProcessorContext<'_, String, String>,
///         record: Record<String, String>,
///     ) -> Result<(), BoxError> {
///         context.forward(record.map_value(|text| text.to_uppercase()));
///         Ok(())
///     }
/// }
///
/// let mut builder = TopologyBuilder::new();
/// builder.add_source::<String, String>("lines", "in");
/// builder.add_processor("shout", || Shout, (), ["lines"]);
/// builder.add_sink::<String, String>("loud", "out", ["shout"]);
/// let topology = builder.build()?;
/// # Ok::<(), millstream_core::TopologyError>(())
/// ```
#[derive(Default)]
pub struct TopologyBuilder {
    spec: Spec,
    error: Option<TopologyError>,
}

impl TopologyBuilder {
    /// An empty builder.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Consumed, Produced, TopologyBuilder};
    /// # let mut builder = TopologyBuilder::new();
    /// builder.add_source::<String, String>("lines", "in");
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a source, which reads topics with keys `K` and values `V`, as [`StreamsBuilder::stream`](crate::StreamsBuilder::stream).
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Consumed, Produced, TopologyBuilder};
    /// # let mut builder = TopologyBuilder::new();
    /// builder.add_source::<String, String>("lines", Consumed::topics(["in", "more"]));
    /// ```
    pub fn add_source<K: Nullable, V: Nullable>(&mut self, name: &str, topics: impl Into<Consumed<K, V>>) -> &mut Self {
        let consumed = topics.into();
        let added = SourceTopics::of(&consumed.topics).and_then(|topics| {
            let (reset, build) = (consumed.reset, source_factory(consumed));
            self.spec.add_node(name.into(), NodeKind::Source { topics, reset, build }, &[])
        });
        self.note(added);
        self
    }

    /// Adds a processor as a child of `parents`. `supplier` makes the processor of each task: a closure, or
    /// [`declare_stores`](crate::declare_stores) if it brings stores along. `processed` has the stores of the builder to connect. The node is called `name`; a name in `processed` is not used.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Processor, ProcessorContext, Record, Store, StreamsBuilder, TopologyBuilder};
    /// # struct Shout;
    /// # impl Processor<String, String, String, String> for Shout {
    /// #     fn process(
    /// #         &mut self,
    /// #         context: &mut ProcessorContext<'_, String, String>,
    /// #         record: Record<String, String>,
    /// #     ) -> Result<(), BoxError> {
    /// #         context.forward(record.map_value(|text| text.to_uppercase()));
    /// #         Ok(())
    /// #     }
    /// # }
    /// # let mut builder = TopologyBuilder::new();
    /// builder.add_source::<String, String>("lines", "in");
    /// builder.add_processor("shout", || Shout, (), ["lines"]);
    /// ```
    pub fn add_processor<'a, KIn, VIn, KOut, VOut, P>(
        &mut self,
        name: &str,
        supplier: impl ProcessorSupplier<P>,
        processed: impl Into<Processed>,
        parents: impl IntoIterator<Item = &'a str>,
    ) -> &mut Self
    where
        KIn: Element,
        VIn: Element,
        KOut: Element,
        VOut: Element,
        P: Processor<KIn, VIn, KOut, VOut> + 'static,
    {
        let mut stores = processed.into().stores;
        let parents = self.parents(name, parents);
        let builder = self.spec.builder;
        let mut add = |store| self.add_definition(store);
        let mut declared = DeclaredStores::new(builder, &mut add);
        let make = supplier.into_supply(&mut declared);
        stores.extend(declared.into_connected());
        let supply: Supply<KIn, VIn, KOut, VOut> = Arc::new(move || Box::new(make()));
        let added = parents.and_then(|parents| {
            let kind = NodeKind::Processor { called_by: CalledBy::ParentsAndTask, build: processor_factory(supply) };
            let node = self.spec.add_node(name.into(), kind, &parents)?;
            for store in stores {
                let store = self.spec.own_store(name, store)?;
                self.spec.connect(node, store);
            }
            Ok(node)
        });
        self.note(added);
        self
    }

    /// Adds a sink, which writes the records that `parents` forward to a topic.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Consumed, Produced, TopologyBuilder};
    /// # let mut builder = TopologyBuilder::new();
    /// builder.add_source::<String, String>("lines", "in");
    /// builder.add_sink::<String, String>("copy", Produced::topic("out"), ["lines"]);
    /// ```
    pub fn add_sink<'a, K: Nullable, V: Nullable>(
        &mut self,
        name: &str,
        topic: impl Into<Produced<K, V>>,
        parents: impl IntoIterator<Item = &'a str>,
    ) -> &mut Self {
        let Produced { topic, serdes, partitioner, .. } = topic.into();
        let sink = SinkPlan { topic: topic.into(), serdes, partitioner, window_bytes: 0 };
        let parents = self.parents(name, parents);
        let added = parents.and_then(|parents| {
            let (topic, partitioning) = (sink.fixed_topic(), sink.partitioning());
            let kind = NodeKind::Sink { topic, partitioning, build: sink.into_factory() };
            self.spec.add_node(name.into(), kind, &parents)
        });
        self.note(added);
        self
    }

    /// Adds a store. Connect it to a processor with [`add_processor`](Self::add_processor) or [`connect`](Self::connect).
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Store, TopologyBuilder};
    /// # let mut builder = TopologyBuilder::new();
    /// let seen = builder.add_store(Store::key_value::<String, i64>("seen"));
    /// ```
    pub fn add_store<S>(&mut self, store: Store<S>) -> StoreHandle<S> {
        let builder = self.spec.builder;
        let added = self.add_definition(store.into_definition());
        added.map_or(StoreHandle::invalid(builder), |index| StoreHandle::new(builder, index))
    }

    fn add_definition(&mut self, store: StoreDefinition) -> Option<StoreIndex> {
        let added = self.spec.add_processor_store(store);
        added.map_err(|error| _ = self.error.get_or_insert(error)).ok()
    }

    /// Runs code around every processor; there is one wrapper, the last that was set.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::{AroundProcessor, ProcessorInfo, TopologyBuilder};
    ///
    /// let mut builder = TopologyBuilder::new();
    /// builder.wrap_processors(|processor: &ProcessorInfo<'_>| {
    ///     eprintln!("there is a processor `{}`", processor.name);
    ///     None::<Box<dyn AroundProcessor>>
    /// });
    /// ```
    pub fn wrap_processors(&mut self, wrapper: impl ProcessorWrapper) -> &mut Self {
        self.spec.wrapper = Some(Arc::new(wrapper));
        self
    }

    /// Connects a store to a processor that was added before.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Processor, ProcessorContext, Record, Store, StreamsBuilder, TopologyBuilder};
    /// # struct Shout;
    /// # impl Processor<String, String, String, String> for Shout {
    /// #     fn process(
    /// #         &mut self,
    /// #         context: &mut ProcessorContext<'_, String, String>,
    /// #         record: Record<String, String>,
    /// #     ) -> Result<(), BoxError> {
    /// #         context.forward(record.map_value(|text| text.to_uppercase()));
    /// #         Ok(())
    /// #     }
    /// # }
    /// # let mut builder = TopologyBuilder::new();
    /// builder.add_source::<String, String>("lines", "in");
    /// builder.add_processor("shout", || Shout, (), ["lines"]);
    /// let seen = builder.add_store(Store::key_value::<String, i64>("seen"));
    /// builder.connect("shout", seen);
    /// let topology = builder.build()?;
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn connect<S>(&mut self, processor: &str, store: StoreHandle<S>) -> &mut Self {
        let node = self.spec.node_named(processor);
        let connected =
            node.ok_or_else(|| TopologyError::UnknownNode { node: processor.to_owned() }).and_then(|node| {
                let store = self.spec.own_store(processor, store.given())?;
                self.spec.connect(node, store);
                Ok(node)
            });
        self.note(connected);
        self
    }

    /// Builds the topology.
    ///
    /// # Errors
    /// When a call before was wrong (the first such error is returned), or when a parent forwards other types than its child
    /// takes.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::TopologyBuilder;
    ///
    /// let mut builder = TopologyBuilder::new();
    /// builder.add_sink::<String, String>("copy", "out", ["lines"]);
    /// let error = builder.build().unwrap_err().to_string();
    /// assert!(error.starts_with("`copy` names the parent `lines`, which has not been added"));
    /// ```
    pub fn build(self) -> Result<Topology, TopologyError> {
        self.error.map_or_else(|| Topology::new(self.spec), Err)
    }

    fn parents<'a>(&self, node: &str, names: impl IntoIterator<Item = &'a str>) -> Result<Vec<NodeId>, TopologyError> {
        let parents = names.into_iter().map(|parent| self.parent(node, parent)).collect::<Result<Vec<_>, _>>()?;
        if parents.is_empty() {
            return Err(TopologyError::NoParent { node: node.to_owned() });
        }
        Ok(parents)
    }

    fn parent(&self, node: &str, parent: &str) -> Result<NodeId, TopologyError> {
        let (node, parent_name) = (node.to_owned(), parent.to_owned());
        let Some(id) = self.spec.node_named(parent) else {
            return Err(TopologyError::UnknownParent { node, parent: parent_name });
        };
        match self.spec.node(id).kind {
            NodeKind::Sink { .. } => Err(TopologyError::SinkAsParent { node, parent: parent_name }),
            NodeKind::Source { .. } | NodeKind::Processor { .. } => Ok(id),
        }
    }

    fn note(&mut self, added: Result<NodeId, TopologyError>) {
        if let Err(error) = added {
            self.error.get_or_insert(error);
        }
    }
}
