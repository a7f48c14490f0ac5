//! The operator that every aggregation is: per record, one update of its key's row.

use std::sync::Arc;

use millstream_state::{KeyValueStore, StoreIndex, ValueAndTimestamp};
use millstream_types::{Data, Nullable, Timestamp};

use super::KGroupedStream;
use crate::chain::{Context, Downstream, Node, SkipReason, Upcoming};
use crate::dsl::KTable;
use crate::dsl::graph::Lower;
use crate::dsl::table::KeyValueRows;
use crate::options::{CarriedSerdes, KeySerde, Materialized, ValueSerde};
use crate::store_plan::{StorePlan, forward_dirty};
use crate::topology::{Assembly, Built, NodeKind};
use crate::{Change, Record};

/// What an aggregate begins with; `None` where the first value begins it.
pub(super) type Initial<A> = Arc<dyn Fn() -> Option<A> + Send + Sync>;

impl<K: Nullable, V: Nullable> KGroupedStream<K, V> {
    /// Adds an aggregation whose rows `update` computes from the key, a value and the row before, or else `initial`.
    ///
    /// A key's first change also carries `initial` as the row before, as in Kafka Streams, unless a cache tells better.
    pub(super) fn add_aggregation<A: Data, F>(
        &self,
        prefix: &'static str,
        materialized: Materialized<K::Present, A>,
        initial: impl Fn() -> Option<A> + Send + Sync + 'static,
        update: F,
    ) -> KTable<K::Present, A>
    where
        F: Fn(&K::Present, V::Present, Option<A>) -> Option<A> + Send + Sync + 'static,
    {
        let graph = &self.stream.graph;
        let plan = StorePlan::of_aggregate(graph, materialized, prefix, &self.stream.serdes);
        let name = graph.generate(prefix);
        let stream = self.partitioned(plan.name());
        let serdes = CarriedSerdes {
            key: KeySerde::given(plan.key_serde.clone()),
            value: ValueSerde::given(plan.value_serde.clone()),
        };
        let (store, update) = (plan.add_key_value(graph), Arc::new(update));
        let initial: Initial<A> = Arc::new(initial);
        let rows = KeyValueRows::new(store);
        let old_values = rows.old_values.clone();
        let lower: Lower = Box::new(move |spec, name, parents| {
            let build = Box::new(move |assembly: &mut Assembly<'_>, node| {
                let old_values = old_values.are_asked();
                assembly.own_store(store, old_values);
                let (name, caching) = (assembly.name(node), assembly.is_caching(store));
                let fold = Fold { caching, old_values, initial: Arc::clone(&initial), update: Arc::clone(&update) };
                Ok(Built::new::<K, V>(Aggregate { name, store, fold, children: assembly.downstream(node)? }))
            });
            let node = spec.add_node(name, NodeKind::Processor { entered: true, build }, parents)?;
            spec.connect(node, store);
            Ok(node)
        });
        let node = graph.add(name, &[stream.node], lower);
        KTable::new(graph, node, stream.sources, serdes, Arc::new(rows))
    }
}

/// How a row follows from a value and the row before, windowed or not.
pub(super) struct Fold<F, A> {
    /// Whether the store's cache holds updates back, to be forwarded by `flush`.
    pub(super) caching: bool,
    /// Whether changes carry the row before.
    pub(super) old_values: bool,
    pub(super) initial: Initial<A>,
    pub(super) update: Arc<F>,
}

impl<F, A: Data> Fold<F, A> {
    /// The row after `value`. Its time is the later of the two and goes into `timestamp`; what is to be forwarded at
    /// once, if anything, goes into `change`.
    pub(super) fn add<K, V>(
        &self,
        key: &K,
        value: V,
        row: Option<ValueAndTimestamp<A>>,
        timestamp: &mut Timestamp,
        change: &mut Change<A>,
    ) -> Option<ValueAndTimestamp<A>>
    where
        F: Fn(&K, V, Option<A>) -> Option<A>,
    {
        if let Some(row) = &row {
            *timestamp = row.timestamp.max(*timestamp);
        }
        let row = row.map(|row| row.value).or_else(|| (self.initial)());
        if self.old_values && !self.caching {
            change.old.clone_from(&row);
        }
        let new = (self.update)(key, value, row);
        if !self.caching {
            change.new.clone_from(&new);
        }
        new.map(|value| ValueAndTimestamp { value, timestamp: *timestamp })
    }
}

struct Aggregate<F, K, A> {
    name: Arc<str>,
    store: StoreIndex,
    fold: Fold<F, A>,
    children: Downstream<K, Change<A>>,
}

impl<F, K, V, A> Node<K, V> for Aggregate<F, K::Present, A>
where
    F: Fn(&K::Present, V::Present, Option<A>) -> Option<A> + Send + Sync,
    K: Nullable,
    V: Nullable,
    A: Data,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, mut timestamp, headers } = record;
        let Some(key) = key.into_present() else { return context.skip(&self.name, SkipReason::NullKey) };
        let Some(value) = value.into_present() else { return context.skip(&self.name, SkipReason::NullValue) };
        let write = context.write_context(timestamp, &headers);
        let Some((store, log)) = context.store::<KeyValueStore<K::Present, A>>(self.store) else {
            return context.fail_topology(&self.name, "its store is not open in this task");
        };
        let mut change = Change::to(None);
        let fold = &self.fold;
        let result = store.update(&key, &write, log, |row| fold.add(&key, value, row, &mut timestamp, &mut change));
        if context.check(&self.name, result).is_some() && !self.fold.caching {
            self.children.forward(context, Record { key, value: change, timestamp, headers });
        }
    }

    fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<K>]) {
        if let Some((store, _)) = context.store::<KeyValueStore<K::Present, A>>(self.store) {
            store.prefetch(upcoming.iter().filter_map(|next| next.key.present()));
        }
    }

    fn flush(&mut self, context: &mut Context<'_>) {
        forward_dirty::<K::Present, A>(context, &self.name, self.store, &mut self.children);
    }
}
