//! Global stores: one copy in the process, which all tasks read.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use millstream_state::{AnyStore, StoreIndex};
use millstream_types::short_type_name;

use super::builder_id::BuilderId;
use super::opened::Stores;

/// The global stores of an application. One task writes them; all others, and queries, read them.
///
/// A clone refers to the same stores. Each access locks them for its duration, which is that of a look-up or of a few records
/// that are written.
#[derive(Clone, Debug, Default)]
pub struct GlobalStores(Arc<Mutex<Stores>>);

impl GlobalStores {
    pub(crate) fn new(stores: Stores) -> Self {
        Self(Arc::new(Mutex::new(stores)))
    }

    /// The stores, until the guard is dropped. No user code that may use global stores itself may be called meanwhile.
    pub fn lock(&self) -> MutexGuard<'_, Stores> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a store as its concrete type.
    pub(crate) fn read<S: AnyStore, R>(&self, index: StoreIndex, read: impl FnOnce(&mut S) -> R) -> Option<R> {
        self.lock().typed::<S>(index).map(read)
    }
}

/// A reference to a global store of type `S` in a topology. Any processor can read the store with it.
///
/// # Examples
/// ```
/// use millstream_core::{GlobalStoreHandle, KeyValueStore, StreamsBuilder};
///
/// let builder = StreamsBuilder::new();
/// let rates = builder.global_table::<String, i64>("rates", "rates");
/// let handle: GlobalStoreHandle<KeyValueStore<String, i64>> = rates.store();
/// assert_eq!(handle.index().index(), 0);
/// ```
pub struct GlobalStoreHandle<S> {
    builder: BuilderId,
    index: StoreIndex,
    of: PhantomData<fn() -> S>,
}

impl<S> GlobalStoreHandle<S> {
    pub(crate) const fn new(builder: BuilderId, index: StoreIndex) -> Self {
        Self { builder, index, of: PhantomData }
    }

    /// The builder whose store it is.
    pub(crate) const fn builder(self) -> BuilderId {
        self.builder
    }

    /// The index of the store in the topology's list of stores.
    #[must_use]
    pub const fn index(self) -> StoreIndex {
        self.index
    }
}

impl<S> Clone for GlobalStoreHandle<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for GlobalStoreHandle<S> {}

impl<S> fmt::Debug for GlobalStoreHandle<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "global store number {} ({})", self.index.index(), short_type_name(std::any::type_name::<S>()))
    }
}
