//! The handle of the graph that streams and tables hold.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use millstream_state::StoreIndex;
use millstream_types::Nullable;

use super::logical::{Graph, GroupId, NamedAfter};
use super::lower::lower;
use super::node::{GraphId, GraphNode, Kind};
use super::table::{Demand, GraphTable};
use crate::chain::ProcessorWrapper;
use crate::options::{Optimizations, Processed};
use crate::processor::{DeclaredStores, MakeProcessor, ProcessorSupplier};
use crate::stores::{BuilderId, GivenStore, StoreDefinition, StoreFormat};
use crate::topology::{AnyRows, BuildNode, SourceChangelog, TableId, TopicName, Topology, TopologyError};

/// The graph, shared by a builder and its streams and tables.
#[derive(Clone, Default)]
pub(crate) struct GraphRef(Rc<RefCell<Graph>>);

impl GraphRef {
    /// The next generated name. As in Kafka Streams there is one counter for all names.
    pub(crate) fn generate(&self, prefix: &str) -> String {
        let mut graph = self.0.borrow_mut();
        let index = graph.next_index;
        graph.next_index += 1;
        let name = format!("{prefix}{index:010}");
        graph.spec.generated_names.push(name.clone());
        name
    }

    /// The index of the next generated name, and the result of `declare`, which uses it up.
    pub(crate) fn with_next_index<T>(&self, declare: impl FnOnce() -> T) -> (usize, T) {
        let index = self.0.borrow().next_index;
        (index, declare())
    }

    /// Notes that `name` is made of the number of another generated name.
    pub(crate) fn generated(&self, name: String) -> String {
        self.0.borrow_mut().spec.generated_names.push(name.clone());
        name
    }

    /// `name`, or a generated one. A given name uses up an index too.
    pub(crate) fn name_or_generate(&self, name: Option<String>, prefix: &str) -> String {
        let generated = self.generate(prefix);
        name.map_or(generated, |name| self.valid(name))
    }

    /// Returns `name`. If it is invalid, building the topology will fail.
    pub(crate) fn valid(&self, name: String) -> String {
        if let Some(reason) = TopicName::fault(&name) {
            self.fail(TopologyError::InvalidName { name: name.clone(), reason: reason.to_owned() });
        }
        name
    }

    /// Records an error, which [`build`](Self::build) will return.
    pub(crate) fn fail(&self, error: TopologyError) {
        self.0.borrow_mut().errors.push(error);
    }

    pub(crate) fn add(&self, node: GraphNode) -> GraphId {
        let mut graph = self.0.borrow_mut();
        graph.nodes.push(node);
        GraphId(graph.nodes.len() - 1)
    }

    /// Replaces the factory of a stateless node after further declarations.
    pub(crate) fn rebuild(&self, node: GraphId, build: BuildNode) {
        self.0.borrow_mut().nodes[node.0].kind = Kind::Stateless { build };
    }

    pub(crate) fn name(&self, node: GraphId) -> String {
        self.0.borrow().node(node).name.clone()
    }

    pub(crate) fn rename(&self, node: GraphId, name: String) {
        let name = self.valid(name);
        self.0.borrow_mut().rename(node, name);
    }

    /// Lets `rename` name `node` whenever `of` gets a new name.
    pub(crate) fn rename_with(&self, of: GraphId, node: GraphId, rename: impl Fn(&mut GraphNode, &str) + 'static) {
        self.0.borrow_mut().named_after.push(NamedAfter { of, node, rename: Box::new(rename) });
    }

    /// Whether the keys that `node` forwards may differ from those of the topic above it.
    pub(crate) fn is_key_changed(&self, node: GraphId) -> bool {
        self.0.borrow().is_key_changed(node)
    }

    /// Adds a store. If its name is taken, building the topology will fail.
    pub(crate) fn add_store(&self, store: StoreDefinition) -> Option<StoreIndex> {
        let added = self.0.borrow_mut().spec.add_store(store);
        added.map_err(|error| self.fail(error)).ok()
    }

    /// Lets a store be restored from the topic of its processor, and logs no update of it.
    pub(crate) fn restore_from_source(&self, store: StoreIndex, source: SourceChangelog) {
        self.0.borrow_mut().spec.restore_from_source(store, source);
    }

    /// Adds the stores that a supplier declares, and connects them with its processors. Returns what makes these.
    pub(crate) fn supplied<P>(
        &self,
        supplier: impl ProcessorSupplier<P>,
        processed: &mut Processed,
    ) -> MakeProcessor<P> {
        let mut add = |store| self.add_processor_store(store);
        let mut stores = DeclaredStores::new(self.builder_id(), &mut add);
        let make = supplier.into_supply(&mut stores);
        processed.stores.extend(stores.into_connected());
        make
    }

    /// The stores that a processor named `node` was given. If one is of another builder, building the topology will fail.
    pub(crate) fn own_stores(&self, node: &str, given: Vec<GivenStore>) -> Vec<StoreIndex> {
        let own = |store| self.0.borrow().spec.own_store(node, store);
        given.into_iter().filter_map(|store| own(store).map_err(|error| self.fail(error)).ok()).collect()
    }

    /// The builder of the graph.
    pub(crate) fn builder_id(&self) -> BuilderId {
        self.0.borrow().spec.builder
    }

    /// Adds a store that must be connected to a processor.
    pub(crate) fn add_processor_store(&self, store: StoreDefinition) -> Option<StoreIndex> {
        let added = self.0.borrow_mut().spec.add_processor_store(store);
        added.map_err(|error| self.fail(error)).ok()
    }

    /// Adds a table, whose operator is added later.
    pub(crate) fn add_table(&self, table: GraphTable) -> TableId {
        let mut graph = self.0.borrow_mut();
        graph.tables.push(table);
        TableId(graph.tables.len() - 1)
    }

    /// Sets the operator that computes the rows of a table.
    pub(crate) fn set_table_node(&self, table: TableId, node: GraphId) {
        self.0.borrow_mut().tables[table.0].node = Some(node);
    }

    /// Sets the operators that write the store of a table, other than its own.
    pub(crate) fn set_writers(&self, table: TableId, writers: Vec<GraphId>) {
        self.0.borrow_mut().tables[table.0].writers = writers;
    }

    /// Sets the store of a table, also instead of a default one. Returns `false` if it has one already.
    pub(crate) fn give_store(&self, table: TableId, store: Option<StoreIndex>, rows: Option<AnyRows>) -> bool {
        let mut graph = self.0.borrow_mut();
        match graph.tables[table.0].default_store.take() {
            // As in Kafka Streams, a named store uses up no index: it is free again if it was the last one.
            Some(index) if graph.next_index == index + 1 => graph.next_index = index,
            Some(_) => {}
            None if graph.table(table).store.is_some() => return false,
            None => {}
        }
        graph.tables[table.0].store = store;
        graph.tables[table.0].rows = rows;
        graph.demands.push(Demand::Store { table });
        true
    }

    pub(crate) fn demand(&self, demand: Demand) {
        self.0.borrow_mut().demands.push(demand);
    }

    /// The grace period of the windows from which the records of `node` come.
    pub(crate) fn window_grace(&self, node: GraphId) -> Option<Duration> {
        self.0.borrow().window_grace(node)
    }

    /// Lets `node` use `store`.
    pub(crate) fn connect(&self, node: GraphId, store: Option<StoreIndex>) {
        self.0.borrow_mut().nodes[node.0].stores.extend(store);
    }

    /// Adds a group, whose aggregations may share a repartition.
    pub(crate) fn add_group(&self) -> GroupId {
        let mut graph = self.0.borrow_mut();
        graph.groups.push(None);
        GroupId(graph.groups.len() - 1)
    }

    pub(crate) fn group_repartition(&self, group: GroupId) -> Option<GraphId> {
        self.0.borrow().groups[group.0]
    }

    pub(crate) fn set_group_repartition(&self, group: GroupId, repartition: GraphId) {
        self.0.borrow_mut().groups[group.0] = Some(repartition);
    }

    /// The last repartition of `node` for joins.
    pub(crate) fn join_repartition(&self, node: GraphId) -> Option<GraphId> {
        let graph = self.0.borrow();
        let last = graph.join_repartitions.iter().rev().find(|(stream, _)| *stream == node)?;
        Some(last.1)
    }

    pub(crate) fn set_join_repartition(&self, node: GraphId, repartition: GraphId) {
        self.0.borrow_mut().join_repartitions.push((node, repartition));
    }

    /// Records an error if `operator` needs keys and `K` is always null, as `()` is.
    pub(crate) fn require_keys<K: Nullable>(&self, operator: &str) {
        if let Some(error) = TopologyError::of_keys::<K>(operator) {
            self.fail(error);
        }
    }

    /// Records an error if `operator` needs values and `V` is always null, as `()` is.
    pub(crate) fn require_values<V: Nullable>(&self, operator: &str) {
        if let Some(error) = TopologyError::of_values::<V>(operator) {
            self.fail(error);
        }
    }

    /// Records an error if windows for `windowed_by` have a fault.
    pub(crate) fn require_windows(&self, fault: Option<String>) {
        if let Some(reason) = fault {
            self.fail(TopologyError::Invalid { what: "windowed_by".to_owned(), reason });
        }
    }

    /// Sets which optimisations the topology is built with.
    pub(crate) fn optimize(&self, optimizations: Optimizations) {
        self.0.borrow_mut().optimizations = optimizations;
    }

    /// Sets the format of the rows of the DSL's stores.
    pub(crate) fn set_store_format(&self, format: StoreFormat) {
        self.0.borrow_mut().store_format = format;
    }

    /// Sets what is run around processors.
    pub(crate) fn wrap_processors(&self, wrapper: impl ProcessorWrapper) {
        self.0.borrow_mut().spec.wrapper = Some(Arc::new(wrapper));
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Builds the topology from the graph, which is empty afterwards and has the same identity.
    pub(crate) fn build(&self) -> Result<Topology, TopologyError> {
        let graph = std::mem::take(&mut *self.0.borrow_mut());
        self.0.borrow_mut().spec.builder = graph.spec.builder;
        lower(graph)
    }
}

/// Writes the nodes declared so far, one per line.
impl fmt::Debug for GraphRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0.borrow().nodes).finish()
    }
}
