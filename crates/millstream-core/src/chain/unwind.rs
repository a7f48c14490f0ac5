//! Panics in user code: a chain catches them where a record enters it, and goes on with all of its nodes.
//!
//! On its way out a panic passes guards, which note what the chain needs afterwards. They cost nothing while nothing panics.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use millstream_types::{Failure, FailureKind, panic_message};

use super::shared_index::SharedIndex;

thread_local! {
    /// What the guards have noted of the panic that is passing. [`caught`] takes it, so it is empty at any other time.
    static NOTED: RefCell<Noted> = RefCell::default();
}

#[derive(Default)]
struct Noted {
    /// The innermost node.
    node: Option<Arc<str>>,
    /// The shared nodes that were running, to be put back.
    running: Vec<(SharedIndex, Box<dyn Any>)>,
    store: StoreWrite,
}

/// Whether the panic came out of a write to a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum StoreWrite {
    #[default]
    None,
    /// It did, before any row was in hand: the store is as it was.
    NothingInHand,
    Interrupted,
}

fn note(change: impl FnOnce(&mut Noted)) {
    // A thread that is ending has dropped the value, and does not read it again.
    let _ = NOTED.try_with(|noted| noted.try_borrow_mut().map(|mut noted| change(&mut noted)));
}

/// A panic that was caught.
pub(crate) struct Panicked {
    node: Option<Arc<str>>,
    message: String,
    running: Vec<(SharedIndex, Box<dyn Any>)>,
    store: StoreWrite,
}

impl Panicked {
    /// The nodes that were [`Running`], to be put back.
    pub(super) fn take_running<N: 'static>(&mut self) -> impl Iterator<Item = (SharedIndex, N)> {
        let running = std::mem::take(&mut self.running).into_iter();
        running.filter_map(|(index, node)| Some((index, *node.downcast().ok()?)))
    }

    /// The failure, in the node that panicked, or else in `node`.
    pub(super) fn failure(&self, node: &str) -> Failure {
        let node = self.node.clone().unwrap_or_else(|| node.into());
        Failure::new(FailureKind::Panic, &self.message).in_node(node)
    }

    /// Whether the task may go on: it may not when a store was being written, whose row is lost then.
    pub(super) fn is_contained(&self) -> bool {
        self.store != StoreWrite::Interrupted
    }
}

/// Runs a part of a chain. What it borrows stays usable after a panic: the nodes can be put back, and a task does not go on
/// with a store that was being written.
#[inline]
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| panicked(&*panic))
}

#[cold]
fn panicked(panic: &(dyn Any + Send)) -> Panicked {
    let Noted { node, running, store } = NOTED.take();
    Panicked { node, message: panic_message(panic), running, store }
}

/// Notes a panic that passes under the name of a node, unless it is [disarmed](Self::disarm) before.
pub(super) struct PanicGuard<'a> {
    node: &'a Arc<str>,
}

impl<'a> PanicGuard<'a> {
    #[inline]
    pub(super) fn new(node: &'a Arc<str>) -> Self {
        Self { node }
    }

    /// The node has returned.
    #[inline]
    pub(super) fn disarm(self) {
        #[expect(clippy::mem_forget, reason = "the guard is for panics alone, and owns nothing")]
        std::mem::forget(self);
    }
}

impl Drop for PanicGuard<'_> {
    #[cold]
    fn drop(&mut self) {
        note(|noted| {
            noted.node.get_or_insert_with(|| Arc::clone(self.node));
        });
    }
}

/// Runs a node other than for a record; a panic in it is noted under its name.
pub(crate) fn in_node<T>(name: &Arc<str>, run: impl FnOnce() -> T) -> T {
    let guard = PanicGuard::new(name);
    let result = run();
    guard.disarm();
    result
}

/// Runs a write to a store; after a panic in it the task cannot go on.
#[inline]
pub(crate) fn in_store<T>(run: impl FnOnce() -> T) -> T {
    struct Guard;
    impl Drop for Guard {
        fn drop(&mut self) {
            note(|noted| {
                if noted.store == StoreWrite::None {
                    noted.store = StoreWrite::Interrupted;
                }
            });
        }
    }
    let guard = Guard;
    let result = run();
    #[expect(clippy::mem_forget, reason = "the guard is for panics alone, and owns nothing")]
    std::mem::forget(guard);
    result
}

/// Runs, within a write to a store, what is called only where there is no row: after a panic in it the store is as it was.
#[inline]
pub(crate) fn without_a_row<T>(run: impl FnOnce() -> T) -> T {
    struct Guard;
    impl Drop for Guard {
        fn drop(&mut self) {
            note(|noted| noted.store = StoreWrite::NothingInHand);
        }
    }
    let guard = Guard;
    let result = run();
    #[expect(clippy::mem_forget, reason = "the guard is for panics alone, and owns nothing")]
    std::mem::forget(guard);
    result
}

/// A shared node that is running, out of its place.
pub(super) struct Running<N: 'static> {
    index: SharedIndex,
    node: Option<N>,
}

impl<N> Running<N> {
    pub(super) fn new(index: SharedIndex, node: N) -> Self {
        Self { index, node: Some(node) }
    }

    pub(super) fn node(&mut self) -> Option<&mut N> {
        self.node.as_mut()
    }

    /// The node, when it has run.
    pub(super) fn into_node(mut self) -> Option<N> {
        self.node.take()
    }
}

impl<N> Drop for Running<N> {
    fn drop(&mut self) {
        if let Some(node) = self.node.take() {
            note(|noted| noted.running.push((self.index, Box::new(node))));
        }
    }
}
