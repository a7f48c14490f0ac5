//! The declaration of a store for processors.

use std::any::Any;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::time::Duration;

use millstream_state::{
    AnyStore, Backing, DuplicateWindowStore, KeyValueStore, SessionStore, StoreOptions, WindowOptions, WindowStore,
};
use millstream_types::time::millis_of;
use millstream_types::{Data, Serde};

use super::definition::{ChangelogKind, RowHeaders, SerdeNames, StoreDefinition, WindowOrder};

/// A store to add to a topology. Every update is logged at once and in order, unless [caching](Self::with_caching) is on or
/// [logging](Self::without_logging) is off.
///
/// # Examples
/// ```
/// use millstream_core::{Store, StreamsBuilder};
///
/// let builder = StreamsBuilder::new();
/// let counts = builder.add_store(Store::key_value::<String, i64>("counts").with_caching());
/// # let _ = counts;
/// ```
pub struct Store<S> {
    definition: StoreDefinition,
    /// The serdes of keys and values, as a pair.
    serdes: Box<dyn Any + Send + Sync>,
    of: PhantomData<fn() -> S>,
}

impl Store<()> {
    /// A store of values by key.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Store};
    /// # use millstream_types::Serde;
    /// let seen = Store::key_value::<String, i64>("seen");
    /// ```
    #[must_use]
    pub fn key_value<K: Data, V: Data>(name: &str) -> Store<KeyValueStore<K, V>> {
        Self::key_value_of(name, Serde::of_type(), Serde::of_type())
    }

    /// A store of values by key, with serdes other than the types' own.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Store};
    /// # use millstream_types::Serde;
    /// let seen = Store::key_value_of::<String, i64>("seen", Serde::of_type(), Serde::of_type());
    /// ```
    #[must_use]
    pub fn key_value_of<K: Data, V: Data>(
        name: &str,
        key_serde: Serde<K>,
        value_serde: Serde<V>,
    ) -> Store<KeyValueStore<K, V>> {
        let serdes = (key_serde.clone(), value_serde.clone());
        Store::new(name, serdes, ChangelogKind::Compacted, move |options, backing| {
            Box::new(KeyValueStore::new(options, key_serde.clone(), value_serde.clone(), backing))
        })
    }

    /// A store of values by key that keeps the `rows_max` rows (at least one) that were used last, as a cache of something that
    /// is expensive to get. A further row deletes the one whose last read or write is the longest ago, in the changelog too.
    /// Reading ranges does not count as use.
    ///
    /// It is always in memory.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::Store;
    ///
    /// let addresses = Store::lru_map::<String, String>("addresses", 10_000);
    /// ```
    #[must_use]
    pub fn lru_map<K: Data, V: Data>(name: &str, rows_max: usize) -> Store<KeyValueStore<K, V>> {
        Self::lru_map_of(name, rows_max, Serde::of_type(), Serde::of_type())
    }

    /// [`lru_map`](Self::lru_map) with serdes other than the types' own.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Store;
    /// # use millstream_types::Serde;
    /// let addresses = Store::lru_map_of::<String, String>("addresses", 10_000, Serde::of_type(), Serde::of_type());
    /// ```
    #[must_use]
    pub fn lru_map_of<K: Data, V: Data>(
        name: &str,
        rows_max: usize,
        key_serde: Serde<K>,
        value_serde: Serde<V>,
    ) -> Store<KeyValueStore<K, V>> {
        let mut store = Self::key_value_of(name, key_serde, value_serde).in_memory();
        store.definition.rows_max = Some(rows_max);
        store
    }

    /// A store of values by key and window of time. A window is kept until stream time has passed its start by
    /// `retention`, which must not be shorter than `size`.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Store};
    /// # use millstream_types::Serde;
    /// # use std::time::Duration;
    /// let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3_600));
    /// let per_minute = Store::window::<String, i64>("per-minute", minute, hour);
    /// ```
    #[must_use]
    pub fn window<K: Data, V: Data>(name: &str, size: Duration, retention: Duration) -> Store<WindowStore<K, V>> {
        Self::window_of(name, size, retention, Serde::of_type(), Serde::of_type())
    }

    /// A store of values by key and window of time, with serdes other than the types' own.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Store};
    /// # use millstream_types::Serde;
    /// # use std::time::Duration;
    /// let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3_600));
    /// let per_minute = Store::window_of::<String, i64>("per-minute", minute, hour, Serde::of_type(), Serde::of_type());
    /// ```
    #[must_use]
    pub fn window_of<K: Data, V: Data>(
        name: &str,
        size: Duration,
        retention: Duration,
        key_serde: Serde<K>,
        value_serde: Serde<V>,
    ) -> Store<WindowStore<K, V>> {
        let windows = WindowOptions { retention_ms: millis_of(retention), window_size_ms: millis_of(size) };
        let changelog = ChangelogKind::Windowed { retention_ms: windows.retention_ms, order: WindowOrder::Key };
        let serdes = (key_serde.clone(), value_serde.clone());
        let store = Store::new(name, serdes, changelog, move |options, backing| {
            Box::new(WindowStore::new(options, windows, key_serde.clone(), value_serde.clone(), backing))
        });
        store.keeps_for(retention, size)
    }

    /// A store of values by key and window of time that keeps every value that is put, also those of one key and window
    /// (`retainDuplicates` in Kafka Streams). Its changelog is not compacted, and it is never cached.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Store};
    /// # use std::time::Duration;
    /// let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3_600));
    /// let pages = Store::duplicate_window::<String, i64>("pages", minute, hour);
    /// ```
    #[must_use]
    pub fn duplicate_window<K: Data, V: Data>(
        name: &str,
        size: Duration,
        retention: Duration,
    ) -> Store<DuplicateWindowStore<K, V>> {
        Self::duplicate_window_of(name, size, retention, Serde::of_type(), Serde::of_type())
    }

    /// A store as [`duplicate_window`](Self::duplicate_window), with serdes other than the types' own.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Store};
    /// # use millstream_types::Serde;
    /// # use std::time::Duration;
    /// let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3_600));
    /// let pages =
    ///     Store::duplicate_window_of::<String, i64>("pages", minute, hour, Serde::of_type(), Serde::of_type());
    /// ```
    #[must_use]
    pub fn duplicate_window_of<K: Data, V: Data>(
        name: &str,
        size: Duration,
        retention: Duration,
        key_serde: Serde<K>,
        value_serde: Serde<V>,
    ) -> Store<DuplicateWindowStore<K, V>> {
        let windows = WindowOptions { retention_ms: millis_of(retention), window_size_ms: millis_of(size) };
        let changelog = ChangelogKind::Duplicates { retention_ms: windows.retention_ms };
        let serdes = (key_serde.clone(), value_serde.clone());
        let store = Store::new(name, serdes, changelog, move |options, backing| {
            let (keys, values) = (key_serde.clone(), value_serde.clone());
            Box::new(DuplicateWindowStore::keeping_duplicates(options, windows, keys, values, backing))
        });
        store.keeps_for(retention, size)
    }

    /// A store of values by key and session. A session is kept until stream time has passed its end by `retention`. Its values
    /// have no time of their own, so [`timestamped`](Store::timestamped) has no effect.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Store};
    /// # use std::time::Duration;
    /// let visits = Store::session::<String, i64>("visits", Duration::from_secs(3_600));
    /// ```
    #[must_use]
    pub fn session<K: Data, V: Data>(name: &str, retention: Duration) -> Store<SessionStore<K, V>> {
        Self::session_of(name, retention, Serde::of_type(), Serde::of_type())
    }

    /// A store of values by key and session, with serdes other than the types' own.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Store};
    /// # use millstream_types::Serde;
    /// # use std::time::Duration;
    /// let hour = Duration::from_secs(3_600);
    /// let visits = Store::session_of::<String, i64>("visits", hour, Serde::of_type(), Serde::of_type());
    /// ```
    #[must_use]
    pub fn session_of<K: Data, V: Data>(
        name: &str,
        retention: Duration,
        key_serde: Serde<K>,
        value_serde: Serde<V>,
    ) -> Store<SessionStore<K, V>> {
        let retention_ms = millis_of(retention);
        let serdes = (key_serde.clone(), value_serde.clone());
        Store::new(name, serdes, ChangelogKind::Sessions { retention_ms }, move |options, backing| {
            Box::new(SessionStore::new(options, retention_ms, key_serde.clone(), value_serde.clone(), backing))
        })
    }
}

impl<S> Store<S> {
    pub(super) fn new<K: Data, V: Data>(
        name: &str,
        serdes: (Serde<K>, Serde<V>),
        changelog: ChangelogKind,
        open: impl Fn(StoreOptions, Backing) -> Box<dyn AnyStore> + Send + Sync + 'static,
    ) -> Self {
        let definition = StoreDefinition {
            name: name.into(),
            caching: false,
            logging: true,
            timestamped: false,
            headers: RowHeaders::None,
            in_memory: false,
            rows_max: None,
            changelog,
            changelog_config: BTreeMap::new(),
            serdes: SerdeNames::new(&serdes.0, &serdes.1),
            fault: None,
            open: Box::new(open),
        };
        Self { definition, serdes: Box::new(serdes), of: PhantomData }
    }

    /// Notes if windows would expire before they end.
    fn keeps_for(mut self, retention: Duration, size: Duration) -> Self {
        self.definition.fault = (retention < size).then(|| {
            format!(
                "its retention of {retention:?} is shorter than its windows, {size:?}; the size comes first, then the \
                 retention"
            )
        });
        self
    }

    /// Keeps the time of each row's last update, as the DSL's tables do.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Store};
    /// # use millstream_types::Serde;
    /// let seen = Store::key_value::<String, i64>("seen").timestamped();
    /// ```
    #[must_use]
    pub fn timestamped(mut self) -> Self {
        self.definition.timestamped = true;
        self
    }

    /// Logs each key once per commit instead of at each update.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Store};
    /// # use millstream_types::Serde;
    /// let seen = Store::key_value::<String, i64>("seen").with_caching();
    /// ```
    #[must_use]
    pub fn with_caching(mut self) -> Self {
        self.definition.caching = true;
        self
    }

    /// Keeps no changelog: the state is lost when its task moves or the program ends.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Store};
    /// # use millstream_types::Serde;
    /// let seen = Store::key_value::<String, i64>("seen").without_logging();
    /// ```
    #[must_use]
    pub fn without_logging(mut self) -> Self {
        self.definition.logging = false;
        self
    }

    /// Keeps the store in memory, also in applications whose stores are on disk. Each start restores the whole changelog.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Store};
    /// # use millstream_types::Serde;
    /// let seen = Store::key_value::<String, i64>("seen").in_memory();
    /// ```
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.definition.in_memory = true;
        self
    }

    /// Sets a setting of the changelog topic, by Kafka's name. It overrides Millstream's default.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Store};
    /// # use millstream_types::Serde;
    /// let seen = Store::key_value::<String, i64>("seen").changelog_config("segment.bytes", "1048576");
    /// ```
    #[must_use]
    pub fn changelog_config(mut self, setting: impl Into<String>, value: impl Into<String>) -> Self {
        self.definition.changelog_config.insert(setting.into(), value.into());
        self
    }

    /// Keeps headers in the rows; `open` opens such a store.
    pub(super) fn with_headers(mut self) -> Self {
        self.definition.headers = RowHeaders::Kept;
        self
    }

    /// Logs and reads each update at once.
    pub(crate) fn without_caching(mut self) -> Self {
        self.definition.caching = false;
        self
    }

    /// The serdes of its rows, if they are of keys `K` and values `V`.
    pub(crate) fn serdes<K: Data, V: Data>(&self) -> Option<(Serde<K>, Serde<V>)> {
        self.serdes.downcast_ref::<(Serde<K>, Serde<V>)>().cloned()
    }

    pub(crate) fn into_definition(self) -> StoreDefinition {
        self.definition
    }
}
