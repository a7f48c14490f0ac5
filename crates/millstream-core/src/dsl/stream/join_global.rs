//! `join_global` and `left_join_global`: joins with a global table, by any key.

use std::convert::Infallible;
use std::sync::Arc;

use millstream_state::{KeyValueStore, StoreIndex};
use millstream_types::{Data, Nullable};

use super::KStream;
use crate::chain::{BoxError, Context, Downstream, Node, SkipReason};
use crate::dsl::global_table::{GlobalBy, KeyOf};
use crate::graph::{GraphNode, KeyEffect, Kind, WithoutRow};
use crate::options::{CarriedSerdes, Joined, ValueSerde};
use crate::record::{Element, Record};
use crate::topology::{Blueprint, BuildNode, Built, RecordTypes, TopologyError};

impl<K, V> KStream<K, V> {
    /// Joins each record with a row of a global table, whose key the function of [`GlobalKTable::by`](crate::GlobalKTable::by)
    /// finds. The joiner gets the stream's key, the key of the row, the value and the row. Records without a row are
    /// dropped. Records with a null value, or for which a null key is found, are skipped and counted. Changes of the
    /// table have no results.
    ///
    /// The topics may have any partition counts, and there is no repartition topic. The keys of the stream do not change.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let users = builder.global_table::<i64, String>("users", "users");
    /// let clicks = builder.stream::<String, i64>("clicks");
    /// let by_user = users.by(|_page: &String, user: &i64| *user);
    /// clicks.join_global(by_user, |page, id, _user, name| format!("{name} ({id}) saw {page}")).to("visits");
    /// # builder.build()?;
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn join_global<KG: Data, VG: Data, V2: Element>(
        &self,
        global: impl Into<Joined<GlobalBy<K, V::Present, KG, VG>>>,
        join: impl Fn(&K, &KG, V::Present, &VG) -> V2 + Send + Sync + 'static,
    ) -> KStream<K, V2>
    where
        K: Nullable,
        V: Nullable,
    {
        self.try_join_global(global, move |key, mapped, value, row| Ok::<_, Infallible>(join(key, mapped, value, row)))
    }

    /// [`join_global`](Self::join_global) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let rates = builder.global_table::<String, i64>("rates", "rates");
    /// let payments = builder.stream::<String, i64>("payments");
    /// let by_currency = rates.by(|currency: &String, _amount: &i64| currency.clone());
    /// let exchange = |_: &String, _: &String, amount: i64, rate: &i64| amount.checked_mul(*rate).ok_or("it is too large");
    /// payments.try_join_global(by_currency, exchange).to("in-euros");
    /// ```
    pub fn try_join_global<KG: Data, VG: Data, V2: Element, E: Into<BoxError>>(
        &self,
        global: impl Into<Joined<GlobalBy<K, V::Present, KG, VG>>>,
        join: impl Fn(&K, &KG, V::Present, &VG) -> Result<V2, E> + Send + Sync + 'static,
    ) -> KStream<K, V2>
    where
        K: Nullable,
        V: Nullable,
    {
        let join = move |key: &K, mapped: Option<&KG>, value, row: Option<&VG>| match (mapped, row) {
            (Some(mapped), Some(row)) => join(key, mapped, value, row).map(Some).map_err(Into::into),
            _ => Ok(None),
        };
        self.add_global_join(global.into(), WithoutRow::Drop, Arc::new(join))
    }

    /// Joins each record with a row of a global table, if there is one; there is none for a null key. Records with a null value
    /// are skipped and counted. Otherwise it is like [`join_global`](Self::join_global).
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let users = builder.global_table::<i64, String>("users", "users");
    /// let clicks = builder.stream::<String, i64>("clicks");
    /// let seen = |page: &String, _id: Option<&i64>, _user, name: Option<&String>| {
    ///     format!("{} saw {page}", name.map_or("somebody", |name| name))
    /// };
    /// clicks.left_join_global(users.by(|_page: &String, user: &i64| *user), seen).to("visits");
    /// # builder.build()?;
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn left_join_global<KG: Data, VG: Data, V2: Element>(
        &self,
        global: impl Into<Joined<GlobalBy<K, V::Present, KG, VG>>>,
        join: impl Fn(&K, Option<&KG>, V::Present, Option<&VG>) -> V2 + Send + Sync + 'static,
    ) -> KStream<K, V2>
    where
        K: Nullable,
        V: Nullable,
    {
        let join = move |key: &K, mapped: Option<&KG>, value, row: Option<&VG>| {
            Ok::<_, Infallible>(join(key, mapped, value, row))
        };
        self.try_left_join_global(global, join)
    }

    /// [`left_join_global`](Self::left_join_global) with a function that may fail, as in
    /// [`try_join_global`](Self::try_join_global).
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let rates = builder.global_table::<String, i64>("rates", "rates");
    /// let payments = builder.stream::<String, i64>("payments");
    /// let exchange = |_: &String, _: Option<&String>, amount: i64, rate: Option<&i64>| {
    ///     amount.checked_mul(*rate.unwrap_or(&1)).ok_or("it is too large")
    /// };
    /// let by_currency = rates.by(|currency: &String, _amount: &i64| currency.clone());
    /// payments.try_left_join_global(by_currency, exchange).to("in-euros");
    /// ```
    pub fn try_left_join_global<KG: Data, VG: Data, V2: Element, E: Into<BoxError>>(
        &self,
        global: impl Into<Joined<GlobalBy<K, V::Present, KG, VG>>>,
        join: impl Fn(&K, Option<&KG>, V::Present, Option<&VG>) -> Result<V2, E> + Send + Sync + 'static,
    ) -> KStream<K, V2>
    where
        K: Nullable,
        V: Nullable,
    {
        let join = move |key: &K, mapped: Option<&KG>, value, row: Option<&VG>| {
            join(key, mapped, value, row).map(Some).map_err(Into::into)
        };
        self.add_global_join(global.into(), WithoutRow::Keep, Arc::new(join))
    }

    fn add_global_join<KG: Data, VG: Data, V2: Element>(
        &self,
        joined: Joined<GlobalBy<K, V::Present, KG, VG>>,
        without_row: WithoutRow,
        join: GlobalJoiner<K, KG, V::Present, VG, V2>,
    ) -> KStream<K, V2>
    where
        K: Nullable,
        V: Nullable,
    {
        let (graph, GlobalBy { table, key_of }) = (&self.graph, joined.with);
        // As in Kafka Streams the prefix is the same for both joins.
        let name = graph.name_or_generate(joined.name, "KSTREAM-LEFTJOIN-");
        if !graph.is_same(&table.graph) {
            graph.fail(TopologyError::TwoBuilders { node: name.clone() });
        }
        let build = join_factory::<K, V, KG, VG, V2>(table.store, key_of, without_row, join);
        let node = graph.add(GraphNode {
            name,
            parents: vec![self.node],
            kind: Kind::GlobalJoin { without_row, build },
            key: KeyEffect::Keeps,
            forwards: Some(RecordTypes::of::<K, V2>()),
            stores: Vec::new(),
        });
        self.next(node, CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::own() })
    }
}

/// A joiner: a function of the stream's key, the row's key, the value, and the row.
type GlobalJoiner<K, KG, V, VG, V2> =
    Arc<dyn Fn(&K, Option<&KG>, V, Option<&VG>) -> Result<Option<V2>, BoxError> + Send + Sync>;

fn join_factory<K: Nullable, V: Nullable, KG: Data, VG: Data, V2: Element>(
    store: StoreIndex,
    key_of: KeyOf<K, V::Present, KG>,
    without_row: WithoutRow,
    join: GlobalJoiner<K, KG, V::Present, VG, V2>,
) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let (name, key_of, join) = (blueprint.name(), Arc::clone(&key_of), Arc::clone(&join));
        let children = blueprint.downstream()?;
        let node = JoinGlobal::<K, V, KG, VG, V2> { name, store, key_of, without_row, join, children };
        Ok(Built::new::<K, V>(node))
    })
}

struct JoinGlobal<K, V: Nullable, KG, VG, V2> {
    name: Arc<str>,
    store: StoreIndex,
    key_of: KeyOf<K, V::Present, KG>,
    without_row: WithoutRow,
    join: GlobalJoiner<K, KG, V::Present, VG, V2>,
    children: Downstream<K, V2>,
}

impl<K: Nullable, V: Nullable, KG: Data, VG: Data, V2: Element> Node<K, V> for JoinGlobal<K, V, KG, VG, V2> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, timestamp, headers } = record;
        let Some(value) = value.into_present() else { return context.skip(&self.name, SkipReason::NullValue) };
        let mapped = (self.key_of)(&key, &value);
        if mapped.is_none() && self.without_row == WithoutRow::Drop {
            return context.skip(&self.name, SkipReason::NullKey);
        }
        let mut row = None;
        if let Some(mapped) = &mapped {
            // The row is copied, so that the joiner does not run while the store is locked.
            let look = |store: &mut KeyValueStore<KG, VG>| Ok(store.get(mapped)?.map(|held| held.value.clone()));
            let Some(found) = context.global_store(self.store, look) else {
                return context.fail_topology(&self.name, "the global store is not open in this process");
            };
            let Some(found) = context.check(&self.name, found) else { return };
            row = found;
        }
        match (self.join)(&key, mapped.as_ref(), value, row.as_ref()) {
            Ok(Some(value)) => self.children.forward(context, Record { key, value, timestamp, headers }),
            Ok(None) => {}
            Err(error) => self.children.fail(context, error),
        }
    }
}
