//! Engines that outlive the application, as the files of a disk do.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use millstream_runtime::Streams;
use millstream_state::{Engine, EngineError, EngineErrorKind, EngineSupplier, InMemoryEngine, StoreSpace, TaskEngines};
use tempfile::TempDir;

/// A state directory, and a supplier for it whose rows lie in memory. What stands in for them in a task's directory is a
/// file for each store, which holds the store's contents: without it the rows are gone.
#[derive(Clone)]
pub(crate) struct Disk {
    pub(crate) root: Arc<TempDir>,
    stores: Arc<Mutex<BTreeMap<String, InMemoryEngine>>>,
    /// What the next ones to open meet.
    failures: Arc<Mutex<Vec<EngineErrorKind>>>,
}

impl Disk {
    pub(crate) fn new() -> Self {
        Self { root: Arc::new(tempfile::tempdir().unwrap()), stores: Arc::default(), failures: Arc::default() }
    }

    /// The application's stores are kept here.
    pub(crate) fn behind(&self, streams: Streams) -> Streams {
        streams.with_engines(self.clone(), self.root.path())
    }

    /// Lets the next opening fail.
    pub(crate) fn fail_opening(&self, kind: EngineErrorKind) {
        self.failures.lock().unwrap().push(kind);
    }

    pub(crate) fn engines(&self) -> Vec<InMemoryEngine> {
        self.stores.lock().unwrap().values().cloned().collect()
    }

    pub(crate) fn rows(&self) -> usize {
        self.engines().iter().map(|engine| engine.rows().len()).sum()
    }

    fn open_store(&self, directory: &Path, store: &StoreSpace) -> Result<Box<dyn Engine>, EngineError> {
        let path = directory.join(&*store.name);
        let engine = self.stores.lock().unwrap().entry(path.display().to_string()).or_default().clone();
        match fs::read_to_string(&path) {
            Ok(contents) if contents == *store.contents => {}
            Ok(contents) => {
                let message = format!("`{}` holds a {contents}, not a {}", path.display(), store.contents);
                return Err(EngineError::new(message).of_kind(EngineErrorKind::Mismatch));
            }
            Err(_) => {
                engine.clone().clear()?;
                fs::write(&path, &*store.contents).unwrap();
            }
        }
        Ok(Box::new(engine))
    }
}

impl EngineSupplier for Disk {
    fn open(&self, directory: &Path, stores: &[StoreSpace]) -> Result<TaskEngines, EngineError> {
        if let Some(kind) = self.failures.lock().unwrap().pop() {
            return Err(EngineError::new(format!("`{}` cannot be opened", directory.display())).of_kind(kind));
        }
        let engines = stores.iter().map(|store| self.open_store(directory, store)).collect::<Result<_, _>>()?;
        let names = fs::read_dir(directory).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let unknown = names.filter(|name| stores.iter().all(|store| *store.name != **name)).collect();
        Ok(TaskEngines { engines, unknown })
    }
}
