//! Stores of DSL operators: declaration, opening, and forwarding of dirty rows.

use std::sync::Arc;
use std::time::Duration;

use millstream_state::{
    AnyStore, Backing, KeyValueStore, SessionStore, StoreIndex, StoreOptions, WindowOptions, WindowStore,
};
use millstream_types::time::millis_of;
use millstream_types::{Data, Nullable, Serde};

use crate::chain::{Context, Downstream};
use crate::graph::GraphRef;
use crate::options::{CarriedSerdes, EmitStrategy, KeySerde, Materialized, ValueSerde};
use crate::record::{Change, Record};
use crate::stores::{ChangelogKind, RowHeaders, SerdeNames, StoreDefinition, WindowOrder};
use crate::topology::TopologyError;

/// A store of a table that is not added yet.
pub(in crate::dsl) struct StorePlan<K, V> {
    pub(super) name: Arc<str>,
    pub(in crate::dsl) key_serde: Serde<K>,
    pub(in crate::dsl) value_serde: Serde<V>,
    pub(super) materialized: Materialized<K, V>,
}

/// How a window store shows and keeps its windows.
struct Shown {
    size: Duration,
    retention: Duration,
    /// For how long windows are visible without a cache, and with one.
    visible_ms: [i64; 2],
    order: WindowOrder,
}

impl<K: Data, V: Data> StorePlan<K, V> {
    /// The store of an aggregate, with the keys of the stream and values of another type.
    pub(in crate::dsl) fn of_aggregate<KIn: Nullable<Present = K>, VIn>(
        graph: &GraphRef,
        materialized: Materialized<K, V>,
        prefix: &str,
        carried: &CarriedSerdes<KIn, VIn>,
    ) -> Self {
        Self::new(graph, materialized, prefix, carried.key.get(), Serde::of_type())
    }

    /// The store of the rows of a table, with the keys and values of the stream.
    pub(in crate::dsl) fn of_table<KIn: Nullable<Present = K>, VIn: Nullable<Present = V>>(
        graph: &GraphRef,
        materialized: Materialized<K, V>,
        prefix: &str,
        carried: &CarriedSerdes<KIn, VIn>,
    ) -> Self {
        Self::new(graph, materialized, prefix, carried.key.get(), carried.value.get())
    }

    fn new(
        graph: &GraphRef,
        mut materialized: Materialized<K, V>,
        prefix: &str,
        keys: Serde<K>,
        values: Serde<V>,
    ) -> Self {
        let name = match materialized.name.take() {
            Some(name) => graph.valid(name),
            None => graph.generate(&format!("{prefix}STATE-STORE-")),
        };
        let key_serde = materialized.key_serde.take().unwrap_or(keys);
        let value_serde = materialized.value_serde.take().unwrap_or(values);
        Self { name: name.into(), key_serde, value_serde, materialized }
    }

    pub(in crate::dsl) fn name(&self) -> &str {
        &self.name
    }

    /// The serdes of the store, for operators on the table.
    pub(in crate::dsl) fn serdes(&self) -> CarriedSerdes<K, V> {
        CarriedSerdes {
            key: KeySerde::given(self.key_serde.clone()),
            value: ValueSerde::given(self.value_serde.clone()),
        }
    }

    /// Adds a key-value store. Returns `None` if the name is taken.
    pub(in crate::dsl) fn add_key_value(self, graph: &GraphRef) -> Option<StoreIndex> {
        let (keys, values) = (self.key_serde, self.value_serde);
        let serdes = SerdeNames::new(&keys, &values);
        add(graph, self.name, self.materialized, serdes, ChangelogKind::Compacted, move |options, backing| {
            Box::new(KeyValueStore::new(options, keys.clone(), values.clone(), backing))
        })
    }

    /// Adds a key-value store that logs the headers of the records that change it. Returns `None` if the name is taken.
    pub(in crate::dsl) fn add_logging_headers(self, graph: &GraphRef) -> Option<StoreIndex> {
        let (keys, values) = (self.key_serde, self.value_serde);
        let serdes = SerdeNames::new(&keys, &values);
        add(graph, self.name, self.materialized, serdes, ChangelogKind::Compacted, move |options, backing| {
            // Its rows do not have them.
            let options = StoreOptions { logs_headers: true, headers: false, ..options };
            Box::new(KeyValueStore::new(options, keys.clone(), values.clone(), backing))
        })
    }

    /// Adds a window store that keeps windows of `size` at least until the end of `grace`. If they are emitted when they close, they
    /// are in the order of their starts.
    pub(in crate::dsl) fn add_window(
        self,
        graph: &GraphRef,
        size: Duration,
        grace: Duration,
        emit: EmitStrategy,
    ) -> Option<StoreIndex> {
        let least = size.saturating_add(grace);
        let retention = self.retention(graph, least, "the window's size plus its grace");
        let visible_ms = [self.visible_ms(retention, emit); 2];
        let order = if emit == EmitStrategy::OnWindowClose { WindowOrder::Start } else { WindowOrder::Key };
        self.add_windows(graph, Shown { size, retention, visible_ms, order })
    }

    /// For how long windows are visible without a cache. In Kafka Streams the store of windows that are emitted when they close
    /// shows them a millisecond longer, unless it is in memory.
    fn visible_ms(&self, retention: Duration, emit: EmitStrategy) -> i64 {
        let longer = emit == EmitStrategy::OnWindowClose && !self.materialized.in_memory;
        millis_of(retention).saturating_add(i64::from(longer))
    }

    /// Adds a window store for sliding windows. To make a window, those that start up to two time differences before a record
    /// are needed.
    ///
    /// A late record may need windows that start a further difference earlier. In Kafka Streams these are found in the cache,
    /// and not without caching. Windows that are emitted when they close are never cached.
    pub(in crate::dsl) fn add_sliding(
        mut self,
        graph: &GraphRef,
        difference: Duration,
        grace: Duration,
        emit: EmitStrategy,
    ) -> Option<StoreIndex> {
        let least = difference.saturating_mul(2).saturating_add(grace);
        let retention = self.retention(graph, least, "twice the time difference plus the grace");
        let cached = retention.max(least.saturating_add(difference));
        let visible_ms = [self.visible_ms(retention, emit), millis_of(cached)];
        self.cache_unless_on_close(emit);
        self.add_windows(graph, Shown { size: difference, retention, visible_ms, order: WindowOrder::Key })
    }

    fn cache_unless_on_close(&mut self, emit: EmitStrategy) {
        self.materialized.caching &= emit == EmitStrategy::OnWindowUpdate;
    }

    fn add_windows(self, graph: &GraphRef, shown: Shown) -> Option<StoreIndex> {
        let Shown { size, retention, visible_ms: [uncached_ms, cached_ms], order } = shown;
        let (keys, values) = (self.key_serde, self.value_serde);
        let serdes = SerdeNames::new(&keys, &values);
        let window = WindowOptions { retention_ms: millis_of(retention), window_size_ms: millis_of(size) };
        let changelog = ChangelogKind::Windowed { retention_ms: window.retention_ms, order };
        add(graph, self.name, self.materialized, serdes, changelog, move |options, backing| {
            let visible_ms = if options.caching { cached_ms } else { uncached_ms };
            let store = WindowStore::new(options, window, keys.clone(), values.clone(), backing);
            let store = store.visible_for(visible_ms);
            Box::new(if order == WindowOrder::Start { store.ordered_by_start() } else { store })
        })
    }

    /// Adds a session store that keeps sessions at least until `gap` and `grace` after their end.
    ///
    /// A late record may merge a session that ended a further gap earlier. In Kafka Streams such sessions are found in the cache, and
    /// not without caching. Sessions that are emitted when they close are never cached.
    pub(in crate::dsl) fn add_session(
        mut self,
        graph: &GraphRef,
        gap: Duration,
        grace: Duration,
        emit: EmitStrategy,
    ) -> Option<StoreIndex> {
        self.cache_unless_on_close(emit);
        let least = gap.saturating_add(grace);
        let retention = self.retention(graph, least, "the inactivity gap plus its grace");
        let (retention_ms, cached_ms) = (millis_of(retention), millis_of(retention.max(least.saturating_add(gap))));
        let (keys, values) = (self.key_serde, self.value_serde);
        let serdes = SerdeNames::new(&keys, &values);
        let changelog = ChangelogKind::Sessions { retention_ms };
        add(graph, self.name, self.materialized, serdes, changelog, move |options, backing| {
            let visible_ms = if options.caching { cached_ms } else { retention_ms };
            let store = SessionStore::new(options, retention_ms, keys.clone(), values.clone(), backing);
            Box::new(store.visible_for(visible_ms))
        })
    }

    /// How long rows are kept. Less than `least` is an error.
    fn retention(&self, graph: &GraphRef, least: Duration, least_is: &str) -> Duration {
        let retention = self.materialized.retention.unwrap_or(least);
        if retention < least {
            graph.fail(TopologyError::Invalid {
                what: format!("the retention of store `{}`", self.name),
                reason: format!("{retention:?} is shorter than {least_is}, {least:?}"),
            });
        }
        retention
    }
}

/// Adds a store that `open` opens.
pub(super) fn add<K, V>(
    graph: &GraphRef,
    name: Arc<str>,
    materialized: Materialized<K, V>,
    serdes: SerdeNames,
    changelog: ChangelogKind,
    open: impl Fn(StoreOptions, Backing) -> Box<dyn AnyStore> + Send + Sync + 'static,
) -> Option<StoreIndex> {
    if materialized.versions.is_some() && !matches!(changelog, ChangelogKind::Versioned { .. }) {
        graph.fail(TopologyError::Invalid {
            what: format!("store `{name}`"),
            reason: "aggregates and global tables cannot be kept in a versioned store; of an aggregate, keep the table of its \
                     `to_stream` in one, with `to_table`"
                .to_owned(),
        });
    }
    let headers = match changelog {
        // As in Kafka Streams: `inMemoryDslStoreSuppliers` makes no stores with headers.
        _ if materialized.in_memory => RowHeaders::None,
        ChangelogKind::Compacted | ChangelogKind::Windowed { .. } | ChangelogKind::Sessions { .. } => {
            RowHeaders::ByFormat
        }
        ChangelogKind::Versioned { .. } | ChangelogKind::Buffer | ChangelogKind::Duplicates { .. } => RowHeaders::None,
    };
    graph.add_store(StoreDefinition {
        fault: None,
        name,
        caching: materialized.caching,
        logging: materialized.logging,
        timestamped: !matches!(changelog, ChangelogKind::Sessions { .. }),
        headers,
        in_memory: materialized.in_memory,
        rows_max: None,
        changelog,
        changelog_config: materialized.changelog_config,
        serdes,
        open: Box::new(open),
    })
}

/// Logs and forwards up to `rows_max` dirty rows of a key-value store.
pub(in crate::dsl) fn forward_dirty<K: Data, V: Data>(
    context: &mut Context<'_>,
    node: &str,
    store: StoreIndex,
    rows_max: usize,
    children: &mut Downstream<K, Change<V>>,
) {
    let Some((store, log)) = context.store::<KeyValueStore<K, V>>(store) else { return };
    let flushed = store.take_dirty(log, rows_max);
    for row in context.check(node, flushed).into_iter().flatten() {
        context.set_position(row.context.position);
        let value = Change { old: row.old, new: row.new, is_latest: true };
        let record = Record { key: row.key, value, timestamp: row.timestamp, headers: row.context.headers };
        children.forward(context, record);
        if context.has_failed() {
            return;
        }
    }
}
