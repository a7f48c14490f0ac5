//! Panics in user code. A chain catches them where a record enters it, and can be used afterwards.
//!
//! On its way out a panic passes guards, which put back what was taken and note what the chain needs afterwards. They cost
//! nothing while nothing panics.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use millstream_types::{Failure, FailureKind, catch_panic};

thread_local! {
    /// What the guards have noted of the panic that is passing. [`caught`] takes it, so it is empty at any other time.
    static NOTED: RefCell<Recorded> = RefCell::default();

    /// Whether anything is.
    static IS_NOTED: Cell<bool> = const { Cell::new(false) };
}

#[derive(Default)]
struct Recorded {
    /// The innermost node.
    node: Option<Arc<str>>,
    store: StoreWrite,
}

/// Whether the panic happened during a write to a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum StoreWrite {
    #[default]
    None,
    /// It did, before a row was taken out: the store is unchanged.
    NothingInHand,
    Interrupted,
}

#[cold]
fn note(change: impl FnOnce(&mut Recorded)) {
    IS_NOTED.set(true);
    // A thread that is ending has dropped the value, and does not read it again.
    let _ = NOTED.try_with(|noted| noted.try_borrow_mut().map(|mut noted| change(&mut noted)));
}

/// A panic that was caught.
pub(crate) struct Panicked {
    node: Option<Arc<str>>,
    pub(crate) message: String,
    store: StoreWrite,
}

impl Panicked {
    /// The failure, in the node that panicked, or else in `node`.
    pub(super) fn failure(&self, node: &str) -> Failure {
        let node = self.node.clone().unwrap_or_else(|| node.into());
        Failure::new(FailureKind::Panic, &self.message).in_node(node)
    }

    /// Whether the task may continue. It may not if a store was being written, since the row is lost then.
    pub(super) fn is_contained(&self) -> bool {
        self.store != StoreWrite::Interrupted
    }
}

/// Runs a part of a chain. What it borrows stays usable after a panic: the nodes are in their places, and a task does not go
/// on with a store that was being written.
#[inline]
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_panic(run).map_err(panicked)
}

#[cold]
fn panicked(message: String) -> Panicked {
    let Recorded { node, store } = take_noted();
    Panicked { node, message, store }
}

fn take_noted() -> Recorded {
    IS_NOTED.set(false);
    NOTED.take()
}

/// Forgets a panic that the user's code has caught itself, so that the next one is not put down to its node. If it came out
/// of a write to a store, the task cannot continue, and this returns why.
#[inline]
pub(crate) fn forget_caught() -> Option<Failure> {
    if IS_NOTED.get() { lost_row() } else { None }
}

#[cold]
fn lost_row() -> Option<Failure> {
    let Recorded { node, store } = take_noted();
    let detail = "a processor has caught a panic that came out of a write to a store, and the row is lost";
    let failure = Failure::new(FailureKind::Panic, detail);
    let failure = node.into_iter().fold(failure, Failure::in_node);
    (store == StoreWrite::Interrupted).then_some(failure)
}

/// Records a panic with the name of a node, unless it is [disarmed](Self::disarm) before.
pub(super) struct PanicGuard<'a> {
    node: &'a Arc<str>,
}

impl<'a> PanicGuard<'a> {
    #[inline]
    pub(super) fn new(node: &'a Arc<str>) -> Self {
        Self { node }
    }

    /// Called when the node has returned.
    #[inline]
    pub(super) fn disarm(self) {
        #[expect(clippy::mem_forget, reason = "the guard is for panics alone, and owns nothing")]
        std::mem::forget(self);
    }
}

impl Drop for PanicGuard<'_> {
    #[cold]
    fn drop(&mut self) {
        note(|recorded| {
            recorded.node.get_or_insert_with(|| Arc::clone(self.node));
        });
    }
}

/// Runs a node other than for a record; a panic in it is recorded under its name.
pub(crate) fn in_node<T>(name: &Arc<str>, run: impl FnOnce() -> T) -> T {
    let guard = PanicGuard::new(name);
    let result = run();
    guard.disarm();
    result
}

/// Runs a write to a store. After a panic in it the task cannot continue.
#[inline]
pub(crate) fn in_store<T>(run: impl FnOnce() -> T) -> T {
    struct Guard;
    impl Drop for Guard {
        fn drop(&mut self) {
            note(|recorded| {
                if recorded.store == StoreWrite::None {
                    recorded.store = StoreWrite::Interrupted;
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

/// Runs, within a write to a store, code that is called only if there is no row. After a panic in it the store is unchanged.
#[inline]
pub(crate) fn without_a_row<T>(run: impl FnOnce() -> T) -> T {
    struct Guard;
    impl Drop for Guard {
        fn drop(&mut self) {
            note(|recorded| recorded.store = StoreWrite::NothingInHand);
        }
    }
    let guard = Guard;
    let result = run();
    #[expect(clippy::mem_forget, reason = "the guard is for panics alone, and owns nothing")]
    std::mem::forget(guard);
    result
}
