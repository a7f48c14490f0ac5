//! The name of a store in its topology, with its type.

use std::fmt;
use std::marker::PhantomData;

use millstream_state::StoreIndex;
use millstream_types::short_type_name;

/// Names a store of type `S` in its topology: given to the processors that use it, and to those that query it.
///
/// # Examples
/// ```
/// use millstream_core::{KeyValueStore, Store, StoreHandle, StreamsBuilder};
///
/// let builder = StreamsBuilder::new();
/// let seen: StoreHandle<KeyValueStore<String, i64>> = builder.add_store(Store::key_value("seen"));
/// assert_eq!(seen.index().index(), 0);
/// ```
pub struct StoreHandle<S> {
    index: StoreIndex,
    of: PhantomData<fn() -> S>,
}

impl<S> StoreHandle<S> {
    pub(crate) const fn new(index: StoreIndex) -> Self {
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
        write!(f, "number {} ({})", self.index.index(), short_type_name(std::any::type_name::<S>()))
    }
}
