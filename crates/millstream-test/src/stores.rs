//! Stores of a topology under test.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

use millstream_core::{Direction, KeyRange, KeyValueStore, ValueAndTimestamp, WindowStore};
use millstream_types::{Data, Timestamp};

use crate::TestError;
use crate::engine::Engine;

/// A key-value store of a topology under test, in all tasks that have a part of it.
pub struct TestKeyValueStore<K, V> {
    engine: Rc<RefCell<Engine>>,
    name: String,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Data, V: Data> TestKeyValueStore<K, V> {
    pub(crate) fn new(engine: Rc<RefCell<Engine>>, name: String) -> Self {
        Self { engine, name, types: PhantomData }
    }

    /// The value of `key`.
    ///
    /// # Errors
    /// When the store does not exist, or has other types.
    pub fn get(&self, key: &K) -> Result<Option<V>, TestError> {
        Ok(self.get_with_timestamp(key)?.map(|held| held.value))
    }

    /// The value of `key` with the time of its last update.
    ///
    /// # Errors
    /// Those of [`get`](Self::get).
    pub fn get_with_timestamp(&self, key: &K) -> Result<Option<ValueAndTimestamp<V>>, TestError> {
        let mut found = None;
        self.engine.borrow_mut().visit_stores(&self.name, &mut |store| {
            if found.is_none() {
                found = store.downcast_mut::<KeyValueStore<K, V>>()?.get(key)?.cloned();
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// All rows, task by task, in the order of key bytes.
    ///
    /// # Errors
    /// Those of [`get`](Self::get).
    pub fn all(&self) -> Result<Vec<(K, V)>, TestError> {
        Ok(self.all_with_timestamps()?.into_iter().map(|(key, held)| (key, held.value)).collect())
    }

    /// All rows as [`all`](Self::all), with the times of their last updates.
    ///
    /// # Errors
    /// Those of [`get`](Self::get).
    pub fn all_with_timestamps(&self) -> Result<Vec<(K, ValueAndTimestamp<V>)>, TestError> {
        let mut all = Vec::new();
        self.engine.borrow_mut().visit_stores(&self.name, &mut |store| {
            let rows = store.downcast_mut::<KeyValueStore<K, V>>()?.rows(&KeyRange::all(), Direction::Forward)?;
            all.extend(rows.into_iter().map(|row| (row.key, ValueAndTimestamp::new(row.value, row.timestamp))));
            Ok(())
        })?;
        Ok(all)
    }
}

/// A window store of a topology under test, in all tasks that have a part of it.
pub struct TestWindowStore<K, V> {
    engine: Rc<RefCell<Engine>>,
    name: String,
    types: PhantomData<fn() -> (K, V)>,
}

/// A row of a window store: key, window start, and value with the time of its last update.
type WindowEntry<K, V> = (K, Timestamp, ValueAndTimestamp<V>);

impl<K: Data, V: Data> TestWindowStore<K, V> {
    pub(crate) fn new(engine: Rc<RefCell<Engine>>, name: String) -> Self {
        Self { engine, name, types: PhantomData }
    }

    /// The value of `key` in the window that starts at `start`.
    ///
    /// # Errors
    /// When the store does not exist, or has other types.
    pub fn get(&self, key: &K, start: impl Into<Timestamp>) -> Result<Option<V>, TestError> {
        let start = start.into();
        let mut found = None;
        self.engine.borrow_mut().visit_stores(&self.name, &mut |store| {
            if found.is_none() {
                found = store.downcast_mut::<WindowStore<K, V>>()?.get(key, start)?.map(|held| held.value.clone());
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// The starts and values of the windows of `key` that start between `from` and `to`, both inclusive.
    ///
    /// # Errors
    /// Those of [`get`](Self::get).
    pub fn fetch(
        &self,
        key: &K,
        from: impl Into<Timestamp>,
        to: impl Into<Timestamp>,
    ) -> Result<Vec<(Timestamp, V)>, TestError> {
        let (from, to) = (from.into(), to.into());
        let mut all = Vec::new();
        self.engine.borrow_mut().visit_stores(&self.name, &mut |store| {
            let rows = store.downcast_mut::<WindowStore<K, V>>()?.fetch(key, from, to)?;
            all.extend(rows.into_iter().map(|row| (row.start, row.value)));
            Ok(())
        })?;
        Ok(all)
    }

    /// All windows, task by task in the store's order: key, window start, and value with the time of its last update.
    ///
    /// # Errors
    /// Those of [`get`](Self::get).
    pub fn all(&self) -> Result<Vec<WindowEntry<K, V>>, TestError> {
        let mut all = Vec::new();
        self.engine.borrow_mut().visit_stores(&self.name, &mut |store| {
            let rows = store.downcast_mut::<WindowStore<K, V>>()?.all()?;
            all.extend(
                rows.into_iter().map(|row| (row.key, row.start, ValueAndTimestamp::new(row.value, row.timestamp))),
            );
            Ok(())
        })?;
        Ok(all)
    }
}

impl<K, V> fmt::Debug for TestKeyValueStore<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestKeyValueStore").field(&self.name).finish()
    }
}

impl<K, V> fmt::Debug for TestWindowStore<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestWindowStore").field(&self.name).finish()
    }
}
