//! The serdes a stream carries along: given once at a source, used wherever its keys or values meet bytes again.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use millstream_types::{Nullable, Serde};

use crate::stores::SerdeNames;

/// A serde for the present form of `T`, or none given yet.
///
/// A stream of any type has one, also of types that are never serialised; so `T` is bound only where it is used.
pub(crate) struct CarriedSerde<T> {
    given: Option<Arc<dyn Any + Send + Sync>>,
    of: PhantomData<fn() -> T>,
}

pub(crate) type KeySerde<K> = CarriedSerde<K>;
pub(crate) type ValueSerde<V> = CarriedSerde<V>;

impl<T> CarriedSerde<T> {
    /// None given: the type's own.
    pub(crate) const fn own() -> Self {
        Self { given: None, of: PhantomData }
    }
}

impl<T: Nullable> CarriedSerde<T> {
    pub(crate) fn given(serde: Serde<T::Present>) -> Self {
        Self { given: Some(Arc::new(serde)), of: PhantomData }
    }

    /// The serde given, or the type's own.
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
    /// `self` if one was given, else `other`.
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
    /// What the serdes are called.
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
