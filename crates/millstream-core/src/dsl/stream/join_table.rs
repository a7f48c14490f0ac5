//! `join` and `left_join` with a table.

use std::sync::Arc;

use millstream_types::Nullable;

use super::{KStream, repartition_for};
use crate::chain::{Context, Downstream, Node, SkipReason, Upcoming};
use crate::dsl::graph::Lower;
use crate::dsl::table::TableView;
use crate::options::{CarriedSerdes, Joined, ValueSerde};
use crate::topology::{Assembly, Built, NodeKind, TopologyError};
use crate::{Element, Record};

impl<K, V> KStream<K, V> {
    /// Joins each record with the table's row of its key, as it is when the record is processed. Records without a row,
    /// with a null key or a null value are left out, the null ones counted. Changes of the table trigger nothing.
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
        table: impl Into<Joined<K::Present, T>>,
        join: impl Fn(&K, V::Present, &T) -> V2 + Send + Sync + 'static,
    ) -> KStream<K, V2>
    where
        K: Nullable,
        V: Nullable,
    {
        let match_row = move |key: &K, value, row: Option<&T>| row.map(|row| join(key, value, row));
        self.join_table(table.into(), "KSTREAM-JOIN-", false, match_row)
    }

    /// Joins each record with the table's row of its key, if there is one. Records with a null key have none; records
    /// with a null value are left out and counted. Otherwise as [`join`](Self::join).
    pub fn left_join<T: Element, V2: Element>(
        &self,
        table: impl Into<Joined<K::Present, T>>,
        join: impl Fn(&K, V::Present, Option<&T>) -> V2 + Send + Sync + 'static,
    ) -> KStream<K, V2>
    where
        K: Nullable,
        V: Nullable,
    {
        let match_row = move |key: &K, value, row: Option<&T>| Some(join(key, value, row));
        self.join_table(table.into(), "KSTREAM-LEFTJOIN-", true, match_row)
    }

    fn join_table<T: Element, V2: Element, F>(
        &self,
        joined: Joined<K::Present, T>,
        prefix: &str,
        left: bool,
        join: F,
    ) -> KStream<K, V2>
    where
        K: Nullable,
        V: Nullable,
        F: Fn(&K, V::Present, Option<&T>) -> Option<V2> + Send + Sync + 'static,
    {
        let stream = if self.key_changed {
            let name = joined.name.clone().unwrap_or_else(|| self.graph.name(self.node));
            repartition_for(self, &name)
        } else {
            self.clone()
        };
        let name = self.graph.name_or_generate(joined.name, prefix);
        if !self.graph.is_same(&joined.table.graph) {
            self.graph.fail(TopologyError::TwoBuilders { node: name.clone() });
        }
        if left {
            self.graph.let_null_keys_pass(stream.node);
        }
        let sources: std::collections::BTreeSet<_> = stream.sources.union(&joined.table.sources).copied().collect();
        self.graph.copartition(sources.clone());
        let (store, view, join) = (joined.table.view.require(), Arc::clone(&joined.table.view), Arc::new(join));
        let lower: Lower = Box::new(move |spec, name, parents| {
            let build = Box::new(move |assembly: &mut Assembly<'_>, node| {
                let (name, view, join) = (assembly.name(node), Arc::clone(&view), Arc::clone(&join));
                let children = assembly.downstream(node)?;
                Ok(Built::new::<K, V>(JoinTable { name, view, join, left, children }))
            });
            let node = spec.add_node(name, NodeKind::Processor { entered: false, build }, parents)?;
            spec.connect(node, store);
            Ok(node)
        });
        let node = self.graph.add(name, &[stream.node], lower);
        let serdes = CarriedSerdes { key: stream.serdes.key.clone(), value: ValueSerde::own() };
        KStream::new(&self.graph, node, sources, serdes, false)
    }
}

struct JoinTable<F, K, T, K1, V2> {
    name: Arc<str>,
    view: Arc<dyn TableView<K, T>>,
    join: Arc<F>,
    left: bool,
    children: Downstream<K1, V2>,
}

impl<F, K, V, T, V2> Node<K, V> for JoinTable<F, K::Present, T, K, V2>
where
    F: Fn(&K, V::Present, Option<&T>) -> Option<V2> + Send + Sync,
    K: Nullable,
    V: Nullable,
    V2: Element,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, timestamp, headers } = record;
        let Some(value) = value.into_present() else {
            return context.skip(&self.name, SkipReason::NullValue);
        };
        let (mut value, mut joined) = (Some(value), None);
        let mut look = |row: Option<&T>| joined = value.take().and_then(|value| (self.join)(&key, value, row));
        match key.present() {
            Some(present) => self.view.look_up(context, &self.name, present, &mut look),
            None if self.left => look(None),
            None => return context.skip(&self.name, SkipReason::NullKey),
        }
        if let Some(value) = joined {
            self.children.forward(context, Record { key, value, timestamp, headers });
        }
    }

    fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<K>]) {
        let keys: Vec<_> = upcoming.iter().filter_map(|next| next.key.present()).collect();
        self.view.touch(context, &keys);
    }
}
