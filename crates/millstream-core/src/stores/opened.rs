//! The open stores of one task.

use millstream_state::{AnyStore, Changelog, StoreIndex};

/// The open stores of one task or one copy of a task's state, at the index that each has in the topology.
///
/// [`Topology::open_stores`](crate::Topology::open_stores) opens them, without any operator. They can be restored, kept
/// up to date and queried as they are, and are lent to the task's [`Chain`](crate::chain::Chain) at each of its steps.
///
/// # Examples
/// ```
/// use millstream_core::{ChainSettings, StreamsBuilder};
/// use millstream_state::Backing;
///
/// let builder = StreamsBuilder::new();
/// builder.stream::<String, String>("clicks").group_by_key().count("per-user");
/// let topology = builder.build()?;
/// let settings = ChainSettings {
///     application_id: "app".into(),
///     cache_bytes_max: 0,
///     hash_seed: 0,
///     emit_interval: std::time::Duration::ZERO,
/// };
/// let mut stores = topology.open_stores(0, &settings, &mut |_store| Backing::InMemory);
/// assert_eq!(stores.iter_mut().map(|store| store.name().to_owned()).collect::<Vec<_>>(), ["per-user"]);
/// # Ok::<(), millstream_core::TopologyError>(())
/// ```
#[derive(Default)]
pub struct Stores {
    /// `None` for stores of other sub-topologies.
    by_index: Vec<Option<Box<dyn AnyStore>>>,
}

impl Stores {
    pub(crate) fn new(by_index: Vec<Option<Box<dyn AnyStore>>>) -> Self {
        Self { by_index }
    }

    /// All stores, in the order in which they were added to the topology.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut dyn AnyStore> {
        self.by_index.iter_mut().flatten().map(|store| &mut **store as &mut dyn AnyStore)
    }

    /// The store with this index.
    pub fn get_mut(&mut self, index: StoreIndex) -> Option<&mut dyn AnyStore> {
        self.by_index.get_mut(index.index())?.as_deref_mut()
    }

    /// Sets how many bytes the row caches of the stores over engines may use together. Each store gets an equal share.
    pub fn set_cache_bytes_max(&mut self, bytes: usize) {
        let over_engines = self.iter_mut().filter(|store| store.has_engine()).count().max(1);
        self.iter_mut().for_each(|store| store.set_cache_bytes_max(bytes / over_engines));
    }

    /// A store as its concrete type.
    #[inline]
    pub(crate) fn typed<S: AnyStore>(&mut self, index: StoreIndex) -> Option<&mut S> {
        self.by_index.get_mut(index.index())?.as_mut()?.as_any_mut().downcast_mut::<S>()
    }

    pub(crate) fn has_dirty(&self, index: StoreIndex) -> bool {
        self.at(index).is_some_and(AnyStore::has_dirty)
    }

    pub(crate) fn dirty_bytes(&self, index: StoreIndex) -> usize {
        self.at(index).map_or(0, AnyStore::dirty_bytes)
    }

    /// Logs up to `rows_max` dirty rows of a store. It is for stores of processors, which have no operator that flushes them.
    pub(crate) fn log_dirty(
        &mut self,
        index: StoreIndex,
        log: &mut dyn Changelog,
        rows_max: usize,
    ) -> Result<(), millstream_state::StoreError> {
        self.get_mut(index).map_or(Ok(()), |store| store.log_dirty(log, rows_max))
    }

    fn at(&self, index: StoreIndex) -> Option<&dyn AnyStore> {
        self.by_index.get(index.index())?.as_deref()
    }
}

impl std::fmt::Debug for Stores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.by_index.iter().flatten().map(|store| store.name().to_owned())).finish()
    }
}
