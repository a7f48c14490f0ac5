//! A typed reference to a store of a topology.

use std::fmt;
use std::marker::PhantomData;

use millstream_state::StoreIndex;
use millstream_types::short_type_name;

use super::builder_id::BuilderId;

/// A reference to a store of type `S` in a topology. Processors that use the store get it, and so does the code that queries it.
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
    builder: BuilderId,
    index: StoreIndex,
    of: PhantomData<fn() -> S>,
}

impl<S> StoreHandle<S> {
    pub(crate) const fn new(builder: BuilderId, index: StoreIndex) -> Self {
        Self { builder, index, of: PhantomData }
    }

    /// A handle of no store. `add_store` returns it when it fails; the topology is then not built.
    pub(crate) const fn invalid(builder: BuilderId) -> Self {
        Self::new(builder, StoreIndex::new(u32::MAX))
    }

    /// The builder whose store it is.
    pub(crate) const fn builder(self) -> BuilderId {
        self.builder
    }

    /// The handle without its type.
    pub(crate) fn given(self) -> GivenStore {
        GivenStore { builder: self.builder, index: self.index, of: std::any::type_name::<S>() }
    }

    /// The index of the store in the topology's list of stores.
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
        self.given().fmt(f)
    }
}

/// A handle that was given to a processor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GivenStore {
    pub(crate) builder: BuilderId,
    pub(crate) index: StoreIndex,
    /// The type of the store.
    of: &'static str,
}

impl fmt::Display for GivenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "number {} ({})", self.index.index(), short_type_name(self.of))
    }
}
