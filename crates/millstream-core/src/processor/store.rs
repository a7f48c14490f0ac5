//! Stores that processors use: how they are declared, and the handles that name them.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use std::time::Duration;

use millstream_state::{AnyStore, Backing, KeyValueStore, StoreIndex, StoreOptions, WindowOptions, WindowStore};
use millstream_types::time::millis_of;
use millstream_types::{Data, Serde};

use crate::dsl::GraphRef;
use crate::topology::{ChangelogKind, RowTypes, Spec, StoreSpec, TopologyError};

type Open = Box<dyn Fn(StoreOptions, Backing) -> Box<dyn AnyStore> + Send + Sync>;

/// A store to add to a topology. Every update is logged at once and in order, unless said otherwise.
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
    name: Arc<str>,
    timestamped: bool,
    caching: bool,
    logging: bool,
    in_memory: bool,
    types: RowTypes,
    changelog: ChangelogKind,
    changelog_config: BTreeMap<String, String>,
    open: Open,
    of: PhantomData<fn() -> S>,
}

impl Store<()> {
    /// A store of values by key.
    #[must_use]
    pub fn key_value<K: Data, V: Data>(name: &str) -> Store<KeyValueStore<K, V>> {
        Self::key_value_of(name, Serde::of_type(), Serde::of_type())
    }

    /// A store of values by key, with serdes other than the types' own.
    #[must_use]
    pub fn key_value_of<K: Data, V: Data>(
        name: &str,
        key_serde: Serde<K>,
        value_serde: Serde<V>,
    ) -> Store<KeyValueStore<K, V>> {
        let types = RowTypes::new(&key_serde, &value_serde);
        Store::new(name, types, ChangelogKind::Compacted, move |options, backing| {
            Box::new(KeyValueStore::new(options, key_serde.clone(), value_serde.clone(), backing))
        })
    }

    /// A store of values by key and window of time. A window is kept until stream time has passed its start by
    /// `retention`.
    #[must_use]
    pub fn window<K: Data, V: Data>(name: &str, size: Duration, retention: Duration) -> Store<WindowStore<K, V>> {
        Self::window_of(name, size, retention, Serde::of_type(), Serde::of_type())
    }

    /// A store of values by key and window of time, with serdes other than the types' own.
    #[must_use]
    pub fn window_of<K: Data, V: Data>(
        name: &str,
        size: Duration,
        retention: Duration,
        key_serde: Serde<K>,
        value_serde: Serde<V>,
    ) -> Store<WindowStore<K, V>> {
        let windows = WindowOptions { retention_ms: millis_of(retention), window_size_ms: millis_of(size) };
        let changelog = ChangelogKind::Windowed { retention_ms: windows.retention_ms };
        let types = RowTypes::new(&key_serde, &value_serde);
        Store::new(name, types, changelog, move |options, backing| {
            Box::new(WindowStore::new(options, windows, key_serde.clone(), value_serde.clone(), backing))
        })
    }
}

impl<S> Store<S> {
    fn new(
        name: &str,
        types: RowTypes,
        changelog: ChangelogKind,
        open: impl Fn(StoreOptions, Backing) -> Box<dyn AnyStore> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            timestamped: false,
            caching: false,
            logging: true,
            in_memory: false,
            types,
            changelog,
            changelog_config: BTreeMap::new(),
            open: Box::new(open),
            of: PhantomData,
        }
    }

    /// Keeps the time of each row's last update, as the DSL's tables do.
    #[must_use]
    pub fn timestamped(self) -> Self {
        Self { timestamped: true, ..self }
    }

    /// Logs each key once per commit instead of at each update.
    #[must_use]
    pub fn with_caching(self) -> Self {
        Self { caching: true, ..self }
    }

    /// Keeps no changelog: the state is gone when its task moves or the program ends.
    #[must_use]
    pub fn without_logging(self) -> Self {
        Self { logging: false, ..self }
    }

    /// Keeps the store in memory in applications whose stores are on disk, too. Its changelog is restored whole at each start.
    #[must_use]
    pub fn in_memory(self) -> Self {
        Self { in_memory: true, ..self }
    }

    /// Sets a setting of the changelog topic by Kafka's name, over Millstream's own.
    #[must_use]
    pub fn changelog_config(mut self, setting: impl Into<String>, value: impl Into<String>) -> Self {
        self.changelog_config.insert(setting.into(), value.into());
        self
    }

    pub(crate) fn add_to(self, graph: &GraphRef) -> StoreHandle<S> {
        graph.valid(self.name.to_string());
        graph.with_spec(|spec| self.add_to_spec(spec)).unwrap_or_else(|error| {
            graph.fail(error);
            StoreHandle::invalid()
        })
    }

    pub(crate) fn add_to_spec(self, spec: &mut Spec) -> Result<StoreHandle<S>, TopologyError> {
        let index = spec.add_store(StoreSpec {
            name: self.name,
            caching: self.caching,
            logging: self.logging,
            timestamped: self.timestamped,
            in_memory: self.in_memory,
            types: self.types,
            changelog: self.changelog,
            changelog_config: self.changelog_config,
            open: self.open,
            users: Vec::new(),
        })?;
        Ok(StoreHandle::new(index))
    }
}

/// Names a store of type `S` in its topology: given to the processors that use it, and to those that ask for its rows.
pub struct StoreHandle<S> {
    index: StoreIndex,
    of: PhantomData<fn() -> S>,
}

impl<S> StoreHandle<S> {
    const fn new(index: StoreIndex) -> Self {
        Self { index, of: PhantomData }
    }

    /// A handle of no store, handed out when adding one has failed and the topology will not be built.
    pub(crate) const fn invalid() -> Self {
        Self::new(StoreIndex::new(u32::MAX))
    }

    /// The store's place in the topology's list of stores.
    #[must_use]
    pub const fn index(self) -> StoreIndex {
        self.index
    }
}

impl<S> Clone for StoreHandle<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for StoreHandle<S> {}

impl<S> fmt::Debug for StoreHandle<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<S> fmt::Display for StoreHandle<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "number {} ({})", self.index.index(), std::any::type_name::<S>())
    }
}
