//! The name of a processor, and the stores that it uses.

use crate::stores::{GivenStore, StoreHandle};

/// The stores that a processor uses, and its name. `()` (no store), a store handle and an array of handles convert into it, and so does
/// a text, which is the name: stores are connected by their handles alone.
///
/// # Examples
/// ```
/// use millstream_core::{Processed, Store, StreamsBuilder};
///
/// let builder = StreamsBuilder::new();
/// let seen = builder.add_store(Store::key_value::<String, i64>("seen"));
/// let processed = Processed::named("deduplicate").with_store(seen);
/// # let _ = processed;
/// ```
#[derive(Clone, Debug, Default)]
pub struct Processed {
    pub(crate) name: Option<String>,
    pub(crate) stores: Vec<GivenStore>,
}

impl Processed {
    /// No store, and a generated name.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Processed};
    /// # use millstream_types::Serde;
    /// let processed = Processed::new();
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the processor.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Processed};
    /// # use millstream_types::Serde;
    /// let processed = Processed::named("deduplicate");
    /// ```
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), stores: Vec::new() }
    }

    /// Lets the processor use this store.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Processed, Store, StreamsBuilder};
    /// # use millstream_types::Serde;
    /// let builder = StreamsBuilder::new();
    /// let seen = builder.add_store(Store::key_value::<String, i64>("seen"));
    /// let last = builder.add_store(Store::key_value::<String, String>("last"));
    /// let processed = Processed::new().with_store(seen).with_store(last);
    /// ```
    #[must_use]
    pub fn with_store<S>(mut self, store: StoreHandle<S>) -> Self {
        self.stores.push(store.given());
        self
    }
}

impl From<()> for Processed {
    fn from((): ()) -> Self {
        Self::new()
    }
}

impl From<&str> for Processed {
    fn from(name: &str) -> Self {
        Self::named(name)
    }
}

impl<S> From<StoreHandle<S>> for Processed {
    fn from(store: StoreHandle<S>) -> Self {
        Self::new().with_store(store)
    }
}

impl<S, const N: usize> From<[StoreHandle<S>; N]> for Processed {
    fn from(stores: [StoreHandle<S>; N]) -> Self {
        stores.into_iter().fold(Self::new(), Self::with_store)
    }
}
