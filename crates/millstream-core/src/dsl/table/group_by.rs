//! `group_by` on a table.

use std::convert::Infallible;
use std::sync::Arc;

use millstream_types::{Data, Nullable};

use super::KTable;
use crate::chain::{BoxError, Context, Downstream, Node, caught};
use crate::dsl::grouped_table::KGroupedTable;
use crate::graph::{Demand, GraphNode, KeyEffect, Kind};
use crate::options::CarriedSerdes;
use crate::record::{Change, Element, Record};
use crate::topology::{Blueprint, BuildNode, Built, RecordTypes};

impl<K: Element, V: Element> KTable<K, V> {
    /// Groups the rows by the key that `select` returns, for an aggregation of the value that it returns. When a row changes,
    /// its previous value is subtracted from the aggregate of its previous group, and the new one is added to that of its
    /// new group. So an aggregate is always over the present rows.
    ///
    /// A row whose selected key or value is null is in no group. The changes go through a repartition topic, and the table is kept in
    /// a store, or the table above it that has one. A row that moves to another group leaves the one before it
    /// reaches the other.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let cities = builder.table::<String, String>("cities-of-users", "cities");
    /// cities.group_by(|user, city| (city, user.clone())).count("users-per-city").to_stream().to("populations");
    /// ```
    pub fn group_by<K2: Nullable, V2: Nullable>(
        &self,
        select: impl Fn(&K, V) -> (K2, V2) + Send + Sync + 'static,
    ) -> KGroupedTable<K2::Present, V2::Present> {
        self.try_group_by(move |key, value| Ok::<_, Infallible>(select(key, value)))
    }

    /// [`group_by`](Self::group_by) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops. If it continues, the row is in no group until it changes again.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let orders = builder.table::<String, String>("orders", "orders");
    /// let customer = |id: &String, order: String| {
    ///     order.split(':').next().ok_or("no customer").map(|customer| (customer.to_owned(), id.clone()))
    /// };
    /// orders.try_group_by(customer).count("orders-per-customer");
    /// ```
    pub fn try_group_by<K2: Nullable, V2: Nullable, E: Into<BoxError>>(
        &self,
        select: impl Fn(&K, V) -> Result<(K2, V2), E> + Send + Sync + 'static,
    ) -> KGroupedTable<K2::Present, V2::Present> {
        let graph = &self.graph;
        let name = graph.generate("KTABLE-SELECT-");
        graph.require_keys::<K2>(&name);
        graph.require_values::<V2>(&name);
        let select: SelectRow<K, V, K2::Present, V2::Present> = Arc::new(move |key, value| {
            let (key, value) = select(key, value).map_err(Into::into)?;
            Ok(key.into_present().zip(value.into_present()))
        });
        let node = graph.add(GraphNode {
            name,
            parents: vec![self.node],
            kind: Kind::Stateless { build: select_factory(select) },
            key: KeyEffect::MayChange,
            forwards: Some(RecordTypes::of::<K2::Present, Change<V2::Present>>()),
            stores: Vec::new(),
        });
        graph.demand(Demand::PreviousRows { table: self.id });
        KGroupedTable::new(graph, node, CarriedSerdes::own())
    }
}

/// Selects the group of a row and the value that is aggregated; `None` if the row is in no group.
type SelectRow<K, V, K2, V2> = Arc<dyn Fn(&K, V) -> Result<Option<(K2, V2)>, BoxError> + Send + Sync>;

fn select_factory<K: Element, V: Element, K2: Data, V2: Data>(select: SelectRow<K, V, K2, V2>) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let children = blueprint.downstream()?;
        Ok(Built::new::<K, Change<V>>(Select { select: Arc::clone(&select), children }))
    })
}

struct Select<K, V, K2, V2> {
    select: SelectRow<K, V, K2, V2>,
    children: Downstream<K2, Change<V2>>,
}

impl<K: Element, V: Element, K2: Data, V2: Data> Select<K, V, K2, V2> {
    /// The group and value of the previous row. One that could not be selected was reported as a failure then, and is in no group.
    fn before(&self, key: &K, old: Option<V>) -> Option<(K2, V2)> {
        let old = old?;
        caught(|| (self.select)(key, old)).ok()?.ok()?
    }

    /// The group and value of the new row. After an error or a panic that the handler continues with, it is in no group.
    fn after(&self, context: &mut Context<'_>, key: &K, new: Option<V>) -> Option<(K2, V2)> {
        let new = new?;
        self.children.returned(context, || (self.select)(key, new))
    }
}

impl<K: Element, V: Element, K2: Data, V2: Data> Node<K, Change<V>> for Select<K, V, K2, V2> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, Change<V>>) {
        let Record { key, value: Change { old, new, is_latest }, timestamp, headers } = record;
        if !is_latest {
            // An aggregate is over the latest rows. As in Kafka Streams this is not counted.
            return;
        }
        let old = self.before(&key, old);
        let new = self.after(context, &key, new);
        let forwarded = match (old, new) {
            (Some((group, old)), Some((key, new))) if group.same_key(&key) => {
                [Some((key, Change { old: Some(old), new: Some(new), is_latest })), None]
            }
            (old, new) => [
                old.map(|(key, old)| (key, Change { old: Some(old), new: None, is_latest })),
                new.map(|(key, new)| (key, Change { old: None, new: Some(new), is_latest })),
            ],
        };
        for (key, value) in forwarded.into_iter().flatten() {
            if context.has_failed() {
                return;
            }
            self.children.forward(context, Record { key, value, timestamp, headers: headers.clone() });
        }
    }
}
