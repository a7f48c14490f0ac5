//! Versioned stores of a topology under test.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

use millstream_core::{VersionedRecord, VersionedStore};
use millstream_types::{Data, Timestamp};

use crate::TestError;
use crate::engine::Engine;

/// A versioned store of a topology under test, in all tasks that have a part of it.
pub struct TestVersionedStore<K, V> {
    engine: Rc<RefCell<Engine>>,
    name: String,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Data, V: Data> TestVersionedStore<K, V> {
    pub(crate) fn new(engine: Rc<RefCell<Engine>>, name: String) -> Self {
        Self { engine, name, types: PhantomData }
    }

    /// The latest version of `key`; `None` if it was deleted.
    ///
    /// # Errors
    /// When the store does not exist, or has other types.
    pub fn get(&self, key: &K) -> Result<Option<VersionedRecord<V>>, TestError> {
        self.first(|store| Ok(store.get(key)?.map(VersionedRecord::cloned)))
    }

    /// The version of `key` that was valid at `time`.
    ///
    /// # Errors
    /// Those of [`get`](Self::get).
    pub fn get_as_of(&self, key: &K, time: impl Into<Timestamp>) -> Result<Option<VersionedRecord<V>>, TestError> {
        let time = time.into();
        self.first(|store| Ok(store.get_as_of(key, time)?.map(VersionedRecord::cloned)))
    }

    /// The versions of `key` that were valid at some time between `from` and `to`, both inclusive, the oldest first.
    ///
    /// # Errors
    /// Those of [`get`](Self::get).
    pub fn history(
        &self,
        key: &K,
        from: impl Into<Timestamp>,
        to: impl Into<Timestamp>,
    ) -> Result<Vec<VersionedRecord<V>>, TestError> {
        let (from, to) = (from.into(), to.into());
        let mut all = Vec::new();
        self.engine.borrow_mut().visit_stores(&self.name, &mut |store| {
            all.extend(store.downcast_mut::<VersionedStore<K, V>>()?.history(key, from, to)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// The first result that a task has.
    fn first<T>(
        &self,
        read: impl Fn(&mut VersionedStore<K, V>) -> Result<Option<T>, TestError>,
    ) -> Result<Option<T>, TestError> {
        let mut found = None;
        self.engine.borrow_mut().visit_stores(&self.name, &mut |store| {
            if found.is_none() {
                found = read(store.downcast_mut()?)?;
            }
            Ok(())
        })?;
        Ok(found)
    }
}

impl<K, V> fmt::Debug for TestVersionedStore<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestVersionedStore").field(&self.name).finish()
    }
}
