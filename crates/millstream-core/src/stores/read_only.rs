//! Read-only stores: stores whose rows are the records of a topic.

use std::marker::PhantomData;

use millstream_state::{AnyStore, KeyValueStore, VersionedStore, WithHeaders};
use millstream_types::Data;

/// Marks the handle of a store that only its own processor writes: `StoreHandle<ReadOnly<KeyValueStore<K, V>>>`. All others open it
/// with [`ProcessorContext::read_only_store`](crate::ProcessorContext::read_only_store).
///
/// # Examples
/// See [`StreamsBuilder::add_read_only_store`](crate::StreamsBuilder::add_read_only_store).
pub struct ReadOnly<S>(PhantomData<fn() -> S>);

/// A kind of store that a topic can be the changelog of: one whose rows are the records of the topic, key by key. The rows of window
/// and session stores have keys that no record of a topic has.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` cannot be restored from a topic",
    label = "a topic has a value for each key, but no windows",
    note = "take a key-value store (`Store::key_value`, `Store::key_value_with_headers`) or a versioned one (`Store::versioned`)"
)]
pub trait TopicStore: AnyStore + sealed::Sealed {
    /// The type of its keys.
    type Key: Data;
    /// The type of its values.
    type Value: Data;
}

impl<K: Data, V: Data> TopicStore for KeyValueStore<K, V> {
    type Key = K;
    type Value = V;
}

impl<K: Data, V: Data> TopicStore for VersionedStore<K, V> {
    type Key = K;
    type Value = V;
}

/// Values of a topic that a store has as `R`: themselves, or [`WithHeaders`] of their records.
#[diagnostic::on_unimplemented(
    message = "values `{Self}` of a topic are not stored as `{R}`",
    note = "the store and the processor need the same type of values"
)]
pub trait StoredAs<R>: Data {}

impl<V: Data> StoredAs<V> for V {}

impl<V: Data> StoredAs<WithHeaders<V>> for V {}

mod sealed {
    use super::{Data, KeyValueStore, VersionedStore};

    pub trait Sealed {}

    impl<K: Data, V: Data> Sealed for KeyValueStore<K, V> {}

    impl<K: Data, V: Data> Sealed for VersionedStore<K, V> {}
}
