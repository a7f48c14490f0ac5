//! `map_values` on a table, and the node it shares with `filter`.

use std::sync::{Arc, OnceLock};

use millstream_state::StoreIndex;
use millstream_types::Data;

use super::KTable;
use super::rows::{KeyValueRows, Output, RowStore};
use super::view::{OldValues, TableView};
use crate::chain::{Context, Node};
use crate::dsl::graph::Lower;
use crate::options::{CarriedSerdes, Materialized, ValueSerde};
use crate::store_plan::StorePlan;
use crate::topology::{Assembly, Built, NodeKind, TopologyError};
use crate::{Change, Element, Record};

/// The store of a derived table, once it is given one.
pub(super) type OwnRows<K, V> = Arc<OnceLock<Arc<dyn RowStore<K, V>>>>;

impl<K: Element, V: Element> KTable<K, V> {
    /// A table with each row's value replaced by what `map` makes of it. Deleted rows stay deleted; `map` does not see
    /// them.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let prices = builder.table::<String, f64>("prices", "prices");
    /// prices.map_values(|_item, price| price * 1.19).to_stream().to("gross-prices");
    /// ```
    pub fn map_values<V2: Element>(&self, map: impl Fn(&K, V) -> V2 + Send + Sync + 'static) -> KTable<K, V2> {
        let serdes = CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::own() };
        self.derive("KTABLE-MAPVALUES-", serdes, false, move |key, value| Some(map(key, value)))
    }

    /// A table whose rows are `map` of this one's, where that is not `None`.
    ///
    /// Where it `leaves_out` rows, it asks for the rows before: one that is left out before and after has not changed,
    /// and no delete is forwarded for it. Only a table with no store above it cannot tell.
    pub(super) fn derive<V2: Element, F>(
        &self,
        prefix: &str,
        serdes: CarriedSerdes<K, V2>,
        leaves_out: bool,
        map: F,
    ) -> KTable<K, V2>
    where
        F: Fn(&K, V) -> Option<V2> + Send + Sync + 'static,
    {
        let (map, own) = (Arc::new(map), OwnRows::<K, V2>::default());
        let old_values = OldValues::default();
        if leaves_out && self.view.send_old_values() {
            old_values.ask();
        }
        let (for_node, own_rows, ask_old) = (Arc::clone(&map), Arc::clone(&own), old_values.clone());
        let lower: Lower = Box::new(move |spec, name, parents| {
            let rows = own_rows.get().cloned();
            let store = rows.as_ref().map(|rows| rows.index());
            let build = Box::new(move |assembly: &mut Assembly<'_>, node| {
                let (name, children) = (assembly.name(node), assembly.downstream(node)?);
                let output = Output::new(assembly, name, rows.clone(), &ask_old, children);
                Ok(Built::new::<K, Change<V>>(MapRows { map: Arc::clone(&for_node), leaves_out, output }))
            });
            let node = spec.add_node(name, NodeKind::Processor { entered: store.is_some(), build }, parents)?;
            store.into_iter().for_each(|store| spec.connect(node, store));
            Ok(node)
        });
        let node = self.graph.add(self.graph.generate(prefix), &[self.node], lower);
        let view = DerivedView { parent: Arc::clone(&self.view), map, own: Arc::clone(&own), old_values };
        let table = KTable::new(&self.graph, node, self.sources.clone(), serdes, Arc::new(view));
        KTable { own: Some(own), ..table }
    }
}

impl<K: Data, V: Data> KTable<K, V> {
    /// Keeps the rows of this table, made by `filter` or `map_values`, in a store of their own, so that they can be
    /// queried and looked up without computing them again.
    #[must_use]
    pub fn materialized(self, materialized: impl Into<Materialized<K, V>>) -> Self {
        let plan = StorePlan::of_table(&self.graph, materialized.into(), "KTABLE-", &self.serdes);
        let store = plan.name().to_owned();
        let index = plan.add_key_value(&self.graph);
        let set = self.own.as_ref().is_some_and(|own| own.set(Arc::new(KeyValueRows::new(index))).is_ok());
        if !set {
            self.graph.fail(TopologyError::Invalid {
                what: format!("the store `{store}` of `{}`", self.graph.name(self.node)),
                reason: "this table has a store already; name that one where the table is made".to_owned(),
            });
        }
        self
    }
}

struct MapRows<F, K, V2> {
    map: Arc<F>,
    leaves_out: bool,
    output: Output<K, V2>,
}

impl<F, K, V, V2> Node<K, Change<V>> for MapRows<F, K, V2>
where
    F: Fn(&K, V) -> Option<V2> + Send + Sync,
    K: Element,
    V2: Element,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, Change<V>>) {
        let Record { key, value: Change { old, new, .. }, timestamp, headers } = record;
        let old = self.output.row_before(context, &key, || old.and_then(|old| (self.map)(&key, old)));
        let value = new.and_then(|new| (self.map)(&key, new));
        if self.leaves_out && self.output.old_values && old.is_none() && value.is_none() {
            return;
        }
        self.output.change(context, old, Record { key, value, timestamp, headers });
    }

    fn flush(&mut self, context: &mut Context<'_>) {
        self.output.flush(context);
    }
}

/// Looks rows up in the derived table's own store, or computes them from the parent's.
struct DerivedView<F, K, V, V2> {
    parent: Arc<dyn TableView<K, V>>,
    map: Arc<F>,
    own: OwnRows<K, V2>,
    old_values: OldValues,
}

impl<F, K, V, V2> TableView<K, V2> for DerivedView<F, K, V, V2>
where
    F: Fn(&K, V) -> Option<V2> + Send + Sync,
    V: Element,
{
    fn look_up(&self, context: &mut Context<'_>, node: &str, key: &K, look: &mut dyn FnMut(Option<&V2>)) {
        match self.own.get() {
            Some(own) => own.look_up(context, node, key, look),
            None => self.parent.look_up(context, node, key, &mut |row| {
                look(row.and_then(|value| (self.map)(key, value.clone())).as_ref());
            }),
        }
    }

    fn touch(&self, context: &mut Context<'_>, keys: &[&K]) {
        match self.own.get() {
            Some(own) => own.touch(context, keys),
            None => self.parent.touch(context, keys),
        }
    }

    fn require(&self) -> StoreIndex {
        self.own.get().map_or_else(|| self.parent.require(), |own| own.index())
    }

    fn send_old_values(&self) -> bool {
        let known = self.own.get().is_some() || self.parent.send_old_values();
        if known {
            self.old_values.ask();
        }
        known
    }
}
