//! The serdes of a stream: set at a source, and inherited by the operators after it.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use millstream_types::{Nullable, Serde};

use crate::stores::SerdeNames;

/// The serde that was set for `T` (for its form that is not null), if one was.
///
/// Every stream has one, also a stream of a type that is never serialised. So `T` is bound only in the methods that need it.
pub(crate) struct CarriedSerde<T> {
    given: Option<Arc<dyn Any + Send + Sync>>,
    of: PhantomData<fn() -> T>,
}

pub(crate) type KeySerde<K> = CarriedSerde<K>;
pub(crate) type ValueSerde<V> = CarriedSerde<V>;

impl<T> CarriedSerde<T> {
    /// No serde was set: the type's own is used.
    pub(crate) const fn own() -> Self {
        Self { given: None, of: PhantomData }
    }
}

impl<T: Nullable> CarriedSerde<T> {
    pub(crate) fn given(serde: Serde<T::Present>) -> Self {
        Self { given: Some(Arc::new(serde)), of: PhantomData }
    }

    /// The serde that was set, or the type's own.
    pub(crate) fn get(&self) -> Serde<T::Present> {
        let given = self.given.as_ref().and_then(|serde| serde.downcast_ref::<Serde<T::Present>>());
        given.cloned().unwrap_or_else(Serde::of_type)
    }
}

impl<T> CarriedSerde<Option<T>> {
    /// The serde of a `T`, for a `T` that may be null.
    pub(crate) fn same_of(present: &CarriedSerde<T>) -> Self {
        Self { given: present.given.clone(), of: PhantomData }
    }
}

impl<T> CarriedSerde<T> {
    /// `self` if a serde was set, otherwise `other`.
    pub(crate) fn or(self, other: &Self) -> Self {
        if self.given.is_some() { self } else { other.clone() }
    }
}

impl<T> Clone for CarriedSerde<T> {
    fn clone(&self) -> Self {
        Self { given: self.given.clone(), of: PhantomData }
    }
}

/// The serdes of a stream's keys and values.
pub(crate) struct CarriedSerdes<K, V> {
    pub(crate) key: KeySerde<K>,
    pub(crate) value: ValueSerde<V>,
}

impl<K: Nullable, V: Nullable> CarriedSerdes<K, V> {
    /// The names of the serdes.
    pub(crate) fn names(&self) -> SerdeNames {
        SerdeNames::new(&self.key.get(), &self.value.get())
    }
}

impl<K, V> CarriedSerdes<K, V> {
    pub(crate) const fn own() -> Self {
        Self { key: KeySerde::own(), value: ValueSerde::own() }
    }
}

impl<K, V> Clone for CarriedSerdes<K, V> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), value: self.value.clone() }
    }
}
