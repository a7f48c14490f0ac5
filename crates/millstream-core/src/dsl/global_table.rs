//! `global_table`: a table of which every process has all rows.

use std::sync::Arc;

use millstream_state::{KeyValueStore, StoreIndex, ValueAndTimestamp};
use millstream_types::{Data, Nullable};

use super::builder::StreamsBuilder;
use super::global_source::{GlobalSourcePlan, single_topic};
use crate::chain::{Context, Node, SkipReason, in_store};
use crate::dsl::table::StorePlan;
use crate::graph::GraphRef;
use crate::options::{Consumed, Joined, Materialized};
use crate::record::Record;
use crate::stores::GlobalStoreHandle;
use crate::topology::{Blueprint, BuildNode, Built};

/// A table with keys `K` and values `V` of which every process has all rows, whatever partitions its tasks have.
///
/// A stream is joined with it by any key, [`by`](Self::by). Processors read it by its [`store`](Self::store).
pub struct GlobalKTable<K: Data, V: Data> {
    pub(super) graph: GraphRef,
    pub(super) store: StoreIndex,
    rows: std::marker::PhantomData<fn() -> (K, V)>,
}

impl<K: Data, V: Data> Clone for GlobalKTable<K, V> {
    fn clone(&self) -> Self {
        Self { graph: self.graph.clone(), store: self.store, rows: std::marker::PhantomData }
    }
}

impl StreamsBuilder {
    /// Reads all partitions of a topic as a table of which every process has all rows, once for all its threads: each record
    /// replaces its key's row, a null value deletes it, a null key is skipped.
    ///
    /// The rows are kept in memory without a changelog: each start reads the topic from its beginning, before any task
    /// processes a record, and then follows it. So the topic should be compacted. Times of records are those of the log; a
    /// timestamp extractor is not used. Options of the store that concern its changelog or a cache have no effect.
    ///
    /// There is no order between the table and streams: a record is joined with the row of the moment at which it is processed.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let rates = builder.global_table::<String, i64>("rates", "rates");
    /// let payments = builder.stream::<String, i64>("payments");
    /// let by_currency = rates.by(|_id: &String, _amount: &i64| "EUR".to_owned());
    /// payments.join_global(by_currency, |_id, _currency, amount, rate| amount * rate).to("in-euros");
    /// # builder.build()?;
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn global_table<K: Data, V: Data>(
        &self,
        topic: impl Into<Consumed<Option<K>, Option<V>>>,
        materialized: impl Into<Materialized<K, V>>,
    ) -> GlobalKTable<K, V> {
        let (graph, mut consumed) = (&self.graph, topic.into());
        single_topic(graph, "global_table", &consumed.topics);
        let prefix = format!("{}-", consumed.topics.names().join("-"));
        let materialized = materialized.into().without_logging().without_caching().in_memory();
        let plan = StorePlan::of_table(graph, materialized, &prefix, &consumed.serdes);
        // Without a store there is an error already, and building the topology will fail.
        let store = plan.add_key_value(graph).unwrap_or(StoreIndex::new(u32::MAX));
        let given = consumed.name.take();
        consumed.name = given.as_ref().map(|name| format!("{name}-source"));
        GlobalSourcePlan { consumed, processor_name: given, store, build: source_factory::<K, V>(store) }.add(graph);
        GlobalKTable { graph: graph.clone(), store, rows: std::marker::PhantomData }
    }
}

impl<K: Data, V: Data> GlobalKTable<K, V> {
    /// The table as the other side of a join: `key_of` finds the key of a row for each record of the stream, by its key and
    /// value.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let users = builder.global_table::<i64, String>("users", "users");
    /// // A click has the id of its user in its value, before the colon.
    /// let by_user = users.by(|_page: &String, click: &String| click.split(':').next().and_then(|id| id.parse::<i64>().ok()));
    /// # builder.stream::<String, String>("clicks").join_global(by_user, |_, _, click, user| format!("{user}: {click}")).to("o");
    /// ```
    pub fn by<KS, VS, KG: Nullable<Present = K>>(
        &self,
        key_of: impl Fn(&KS, &VS) -> KG + Send + Sync + 'static,
    ) -> GlobalBy<KS, VS, K, V> {
        GlobalBy { table: self.clone(), key_of: Arc::new(move |key, value| key_of(key, value).into_present()) }
    }

    /// The store of the table, for processors.
    ///
    /// # Examples
    /// See [`ProcessorContext::global_store`](crate::ProcessorContext::global_store).
    #[must_use]
    pub fn store(&self) -> GlobalStoreHandle<KeyValueStore<K, V>> {
        GlobalStoreHandle::new(self.graph.builder_id(), self.store)
    }
}

/// Finds the key of a global row; `None` is null.
pub(super) type KeyOf<KS, VS, K> = Arc<dyn Fn(&KS, &VS) -> Option<K> + Send + Sync>;

/// A global table, and the function that finds the key of a row for a record of a stream with keys `KS` and values `VS`.
/// [`GlobalKTable::by`] makes it.
pub struct GlobalBy<KS, VS, K: Data, V: Data> {
    pub(super) table: GlobalKTable<K, V>,
    pub(super) key_of: KeyOf<KS, VS, K>,
}

impl<KS, VS, K: Data, V: Data> Clone for GlobalBy<KS, VS, K, V> {
    fn clone(&self) -> Self {
        Self { table: self.table.clone(), key_of: Arc::clone(&self.key_of) }
    }
}

impl<KS, VS, K: Data, V: Data> From<GlobalBy<KS, VS, K, V>> for Joined<GlobalBy<KS, VS, K, V>> {
    fn from(by: GlobalBy<KS, VS, K, V>) -> Self {
        Self { with: by, name: None, grace: None }
    }
}

fn source_factory<K: Data, V: Data>(store: StoreIndex) -> BuildNode {
    Box::new(move |blueprint: Blueprint<'_>| {
        let name = blueprint.name();
        let rows = std::marker::PhantomData::<fn() -> (K, V)>;
        Ok(Built::new::<Option<K>, Option<V>>(GlobalTableSource { name, store, rows }))
    })
}

/// Writes the records of the topic as rows.
struct GlobalTableSource<K, V> {
    name: Arc<str>,
    store: StoreIndex,
    rows: std::marker::PhantomData<fn() -> (K, V)>,
}

impl<K: Data, V: Data> Node<Option<K>, Option<V>> for GlobalTableSource<K, V> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<Option<K>, Option<V>>) {
        let Some(key) = record.key.into_present() else { return context.skip(&self.name, SkipReason::NullKey) };
        let value = record.value.into_present().map(|value| ValueAndTimestamp::new(value, record.timestamp));
        let write = context.write_context(record.timestamp, &record.headers);
        let Some((store, log)) = context.store::<KeyValueStore<K, V>>(self.store) else {
            return context.fail_topology(&self.name, "its store is not open in this task");
        };
        let written = in_store(|| store.put(&key, value, &write, log));
        context.check(&self.name, written);
    }
}
