//! Suppliers of engines: they open all those of a task at once, in the task's own directory.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::Engine;
use crate::EngineError;

/// Opens the engines of tasks. One supplier serves all tasks of a process, so that they can share memory.
///
/// # Examples
/// Engines in memory, which forget everything when they are closed:
/// ```
/// use std::path::Path;
/// use millstream_state::{Engine, EngineError, EngineSupplier, InMemoryEngine, StoreSpace, TaskEngines};
///
/// struct Forgetful;
///
/// impl EngineSupplier for Forgetful {
///     fn open(&self, _directory: &Path, stores: &[StoreSpace]) -> Result<TaskEngines, EngineError> {
///         let engines = stores.iter().map(|_| Box::new(InMemoryEngine::new()) as Box<dyn Engine>).collect();
///         Ok(TaskEngines { engines, unknown: Vec::new() })
///     }
/// }
///
/// let stores = [StoreSpace::new("counts", "app-counts-changelog")];
/// assert_eq!(Forgetful.open(Path::new("0_1"), &stores)?.engines.len(), 1);
/// # Ok::<(), EngineError>(())
/// ```
pub trait EngineSupplier: Send + Sync {
    /// Opens an engine for each of `stores`, which are all stores of one task, in their order.
    ///
    /// `directory` is the task's own: it exists, and no other task opens it before the engines are dropped. Dropping the
    /// last of them closes the database behind them and makes everything durable that was written.
    ///
    /// # Errors
    /// When it cannot be opened; [`kind`](EngineError::kind) says what to do. Nothing was changed then.
    fn open(&self, directory: &Path, stores: &[StoreSpace]) -> Result<TaskEngines, EngineError>;
}

/// A store to open an engine for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSpace {
    /// The store's name, unique in its topology.
    pub name: Arc<str>,
    /// What its rows are, in words: its changelog, its kind, how its windows are cut. The supplier keeps it with the rows
    /// and refuses to open them as something else.
    pub contents: Arc<str>,
}

impl StoreSpace {
    /// The store `name`, with rows as `contents` describes them.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::StoreSpace;
    ///
    /// assert_eq!(&*StoreSpace::new("counts", "app-counts-changelog, key-value").name, "counts");
    /// ```
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, contents: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), contents: contents.into() }
    }
}

/// A task's engines, open.
pub struct TaskEngines {
    /// One for each of the stores, in their order.
    pub engines: Vec<Box<dyn Engine>>,
    /// Stores that the directory holds besides: renamed or removed since. They are kept.
    pub unknown: Vec<String>,
}

impl fmt::Debug for TaskEngines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskEngines").field("engines", &self.engines.len()).field("unknown", &self.unknown).finish()
    }
}

/// A supplier that several applications of a process share, and with it its memory.
impl<S: EngineSupplier + ?Sized> EngineSupplier for Arc<S> {
    fn open(&self, directory: &Path, stores: &[StoreSpace]) -> Result<TaskEngines, EngineError> {
        (**self).open(directory, stores)
    }
}
