//! `join` and `left_join` with a table.

use std::convert::Infallible;
use std::sync::Arc;

use millstream_types::Nullable;

use super::join_table_grace::{add_buffer, grace_factory};
use super::join_table_node::{Join, join_factory};
use super::{KStream, repartition_for_join};
use crate::chain::BoxError;
use crate::dsl::KTable;
use crate::graph::{Demand, GraphNode, KeyEffect, Kind, WithoutRow};
use crate::options::{CarriedSerdes, Joined, ValueSerde};
use crate::record::Element;
use crate::topology::{Blueprint, BuildNode, Built, RecordTypes, TopologyError};

impl<K, V> KStream<K, V> {
    /// Joins each record with the row of its key in the table, as of the time of processing; of a
    /// [versioned](crate::Materialized::versioned) table, with the row as of the record's time. Records without a row are dropped.
    /// Records with a null key or value are skipped and counted. Changes of the table have no results.
    ///
    /// Stream and table must have the same number of partitions; if an operator before may have changed the key, the
    /// stream goes through a repartition topic.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let users = builder.table::<String, String>("users", "users");
    /// builder
    ///     .stream::<String, String>("clicks")
    ///     .join(&users, |_id, page, user| format!("{user} saw {page}"))
    ///     .to("visits");
    /// ```
    pub fn join<T: Element, V2: Element>(
        &self,
        table: impl Into<Joined<KTable<K::Present, T>>>,
        join: impl Fn(&K, V::Present, &T) -> V2 + Send + Sync + 'static,
    ) -> KStream<K, V2>
    where
        K: Nullable,
        V: Nullable,
    {
        self.try_join(table, move |key, value, row| Ok::<_, Infallible>(join(key, value, row)))
    }

    /// [`join`](Self::join) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let prices = builder.table::<String, i64>("prices", "prices");
    /// let orders = builder.stream::<String, i64>("orders");
    /// orders.try_join(&prices, |_item, count, price| count.checked_mul(*price).ok_or("the total is too large")).to("totals");
    /// ```
    pub fn try_join<T: Element, V2: Element, E: Into<BoxError>>(
        &self,
        table: impl Into<Joined<KTable<K::Present, T>>>,
        join: impl Fn(&K, V::Present, &T) -> Result<V2, E> + Send + Sync + 'static,
    ) -> KStream<K, V2>
    where
        K: Nullable,
        V: Nullable,
    {
        let match_row =
            move |key: &K, value, row: Option<&T>| row.map(|row| join(key, value, row).map_err(Into::into)).transpose();
        self.join_table(table.into(), "KSTREAM-JOIN-", WithoutRow::Drop, Arc::new(match_row))
    }

    /// Joins each record with the row of its key in the table, if there is one. Records with a null key have none. Records with a
    /// null value are skipped and counted. Otherwise it is like [`join`](Self::join).
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let users = builder.table::<String, String>("users", "users");
    /// let clicks = builder.stream::<String, String>("clicks");
    /// let seen = |_id: &String, page, user: Option<&String>| format!("{} saw {page}", user.map_or("somebody", |name| name));
    /// clicks.left_join(&users, seen).to("visits");
    /// ```
    pub fn left_join<T: Element, V2: Element>(
        &self,
        table: impl Into<Joined<KTable<K::Present, T>>>,
        join: impl Fn(&K, V::Present, Option<&T>) -> V2 + Send + Sync + 'static,
    ) -> KStream<K, V2>
    where
        K: Nullable,
        V: Nullable,
    {
        self.try_left_join(table, move |key, value, row| Ok::<_, Infallible>(join(key, value, row)))
    }

    /// [`left_join`](Self::left_join) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let prices = builder.table::<String, i64>("prices", "prices");
    /// let orders = builder.stream::<String, i64>("orders");
    /// let total = |_item: &String, count: i64, price: Option<&i64>| {
    ///     count.checked_mul(*price.unwrap_or(&1)).ok_or("the total is too large")
    /// };
    /// orders.try_left_join(&prices, total).to("totals");
    /// ```
    pub fn try_left_join<T: Element, V2: Element, E: Into<BoxError>>(
        &self,
        table: impl Into<Joined<KTable<K::Present, T>>>,
        join: impl Fn(&K, V::Present, Option<&T>) -> Result<V2, E> + Send + Sync + 'static,
    ) -> KStream<K, V2>
    where
        K: Nullable,
        V: Nullable,
    {
        let match_row = move |key: &K, value, row: Option<&T>| join(key, value, row).map(Some).map_err(Into::into);
        self.join_table(table.into(), "KSTREAM-LEFTJOIN-", WithoutRow::Keep, Arc::new(match_row))
    }

    fn join_table<T: Element, V2: Element>(
        &self,
        joined: Joined<KTable<K::Present, T>>,
        prefix: &str,
        without_row: WithoutRow,
        join: Join<K, V::Present, T, V2>,
    ) -> KStream<K, V2>
    where
        K: Nullable,
        V: Nullable,
    {
        let stream = if self.is_key_changed() {
            let name = joined.name.clone().unwrap_or_else(|| self.graph.name(self.node));
            repartition_for_join(self, &name)
        } else {
            self.clone()
        };
        let graph = &self.graph;
        let name = graph.name_or_generate(joined.name, prefix);
        graph.require_keys::<K>(&name);
        let table = joined.with;
        if !graph.is_same(&table.graph) {
            graph.fail(TopologyError::TwoBuilders { node: name.clone() });
        }
        let build = join_factory::<K, V, T, V2>(Arc::clone(&table.view), without_row, join);
        let buffer = joined.grace.and_then(|grace| add_buffer(graph, &name, grace, &stream.serdes));
        let build: BuildNode = match buffer {
            Some(buffer) => grace_factory(buffer, build),
            None => Box::new(move |blueprint: Blueprint<'_>| Ok(Built::new::<K, V>(build(blueprint)?))),
        };
        let node = graph.add(GraphNode {
            name,
            parents: vec![stream.node],
            kind: Kind::StreamTableJoin { table: table.id, without_row, grace: joined.grace, build },
            key: KeyEffect::Keeps,
            forwards: Some(RecordTypes::of::<K, V2>()),
            stores: Vec::new(),
        });
        graph.connect(node, buffer);
        graph.demand(Demand::Rows { table: table.id, by: node });
        let serdes = CarriedSerdes { key: stream.serdes.key.clone(), value: ValueSerde::own() };
        self.next(node, serdes)
    }
}
