//! Session stores of a topology under test.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

use millstream_core::{Direction, SessionStore};
use millstream_types::{Data, Window};

use crate::TestError;
use crate::engine::Engine;

/// A session store of a topology under test, in all tasks that have a part of it.
pub struct TestSessionStore<K, V> {
    engine: Rc<RefCell<Engine>>,
    name: String,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Data, V: Data> TestSessionStore<K, V> {
    pub(crate) fn new(engine: Rc<RefCell<Engine>>, name: String) -> Self {
        Self { engine, name, types: PhantomData }
    }

    /// The value of `key` in exactly this session.
    ///
    /// # Errors
    /// When the store does not exist, or has other types.
    pub fn get(&self, key: &K, window: Window) -> Result<Option<V>, TestError> {
        let mut found = None;
        self.engine.borrow_mut().visit_stores(&self.name, &mut |store| {
            if found.is_none() {
                found = store.downcast_mut::<SessionStore<K, V>>()?.get(key, window)?.cloned();
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// The sessions of `key` with their values, in the order of their ends.
    ///
    /// # Errors
    /// Those of [`get`](Self::get).
    pub fn fetch(&self, key: &K) -> Result<Vec<(Window, V)>, TestError> {
        let mut all = Vec::new();
        self.engine.borrow_mut().visit_stores(&self.name, &mut |store| {
            let rows = store.downcast_mut::<SessionStore<K, V>>()?.fetch(key, Direction::Forward)?;
            all.extend(rows.into_iter().map(|row| (row.window, row.value)));
            Ok(())
        })?;
        Ok(all)
    }

    /// All sessions, task by task in the store's order: key, session and value.
    ///
    /// # Errors
    /// Those of [`get`](Self::get).
    pub fn all(&self) -> Result<Vec<(K, Window, V)>, TestError> {
        let mut all = Vec::new();
        self.engine.borrow_mut().visit_stores(&self.name, &mut |store| {
            let rows = store.downcast_mut::<SessionStore<K, V>>()?.all()?;
            all.extend(rows.into_iter().map(|row| (row.key, row.window, row.value)));
            Ok(())
        })?;
        Ok(all)
    }
}

impl<K, V> fmt::Debug for TestSessionStore<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestSessionStore").field(&self.name).finish()
    }
}
