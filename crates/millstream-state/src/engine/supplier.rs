//! Suppliers, which open the engines of tasks.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::Engine;
use crate::EngineError;

/// Opens the engines of tasks. All tasks of a process share one supplier, so that they can share memory.
///
/// # Examples
/// Engines in memory, whose rows are lost when they are closed:
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
    /// Opens an engine for each of `stores`, in their order. They are all stores of a task.
    ///
    /// `directory` is the directory of the task. It exists, and no other task opens it before the engines are dropped. Dropping
    /// the last of them closes the database and makes all writes durable.
    ///
    /// # Errors
    /// When it cannot be opened; [`kind`](EngineError::kind) says what to do. Then nothing was changed.
    fn open(&self, directory: &Path, stores: &[StoreSpace]) -> Result<TaskEngines, EngineError>;
}

/// A store for which an engine is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSpace {
    /// The name of the store, unique in its topology.
    pub name: Arc<str>,
    /// A description of its rows: the changelog, the kind, and the sizes of windows. The supplier stores it with the rows and
    /// refuses to open them with another one.
    pub contents: Arc<str>,
}

impl StoreSpace {
    /// The store `name` with rows that `contents` describes.
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

/// The open engines of a task.
pub struct TaskEngines {
    /// One for each of the stores, in their order.
    pub engines: Vec<Box<dyn Engine>>,
    /// Other stores in the directory, which were renamed or removed. They are kept.
    pub unknown: Vec<String>,
}

impl fmt::Debug for TaskEngines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskEngines").field("engines", &self.engines.len()).field("unknown", &self.unknown).finish()
    }
}

/// A supplier that several applications of a process share.
impl<S: EngineSupplier + ?Sized> EngineSupplier for Arc<S> {
    fn open(&self, directory: &Path, stores: &[StoreSpace]) -> Result<TaskEngines, EngineError> {
        (**self).open(directory, stores)
    }
}
