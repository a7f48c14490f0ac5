//! Engines that outlive the application, as files on a disk do.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use millstream_runtime::Streams;
use millstream_state::{
    Batch, Direction, Engine, EngineError, EngineErrorKind, EngineRow, EngineSupplier, InMemoryEngine, StoreSpace,
    TaskEngines,
};
use millstream_types::Offset;
use tempfile::TempDir;

/// A state directory, and a supplier of engines whose rows are in memory. A task's directory has a file for each store; if
/// it is deleted, the rows of the store are too.
#[derive(Clone)]
pub(crate) struct Disk {
    root: Arc<TempDir>,
    stores: Arc<Mutex<BTreeMap<PathBuf, Rows>>>,
    /// The errors of the next openings.
    failures: Arc<Mutex<Vec<EngineErrorKind>>>,
}

/// The rows of a store, and whether they are damaged.
#[derive(Clone, Default)]
struct Rows {
    engine: InMemoryEngine,
    is_damaged: Arc<AtomicBool>,
}

impl Disk {
    pub(crate) fn new() -> Self {
        Self { root: Arc::new(tempfile::tempdir().unwrap()), stores: Arc::default(), failures: Arc::default() }
    }

    /// The state directory.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// Keeps the stores of the application here.
    pub(crate) fn behind(&self, streams: Streams) -> Streams {
        streams.with_engines(self.clone(), self.root())
    }

    /// Lets the next opening of a task fail.
    pub(crate) fn fail_opening(&self, kind: EngineErrorKind) {
        self.failures.lock().unwrap().push(kind);
    }

    /// Damages all rows: reads and writes of them fail from now on.
    pub(crate) fn damage(&self) {
        self.stores.lock().unwrap().values().for_each(|rows| rows.is_damaged.store(true, Ordering::Relaxed));
    }

    pub(crate) fn engines(&self) -> Vec<InMemoryEngine> {
        self.stores.lock().unwrap().values().map(|rows| rows.engine.clone()).collect()
    }

    pub(crate) fn rows(&self) -> usize {
        self.engines().iter().map(|engine| engine.rows().len()).sum()
    }

    fn open_store(&self, directory: &Path, store: &StoreSpace) -> Result<Box<dyn Engine>, EngineError> {
        let path = directory.join(&*store.name);
        let mut rows = self.stores.lock().unwrap().entry(path.clone()).or_default().clone();
        match fs::read_to_string(&path) {
            Ok(contents) if contents == *store.contents => {}
            Ok(_) if rows.engine.rows().is_empty() => fs::write(&path, &*store.contents).unwrap(),
            Ok(contents) => {
                let message = format!("`{}` holds a {contents}, not a {}", path.display(), store.contents);
                return Err(EngineError::new(message).of_kind(EngineErrorKind::Mismatch));
            }
            Err(_) => {
                rows.is_damaged.store(false, Ordering::Relaxed);
                rows.engine.clear()?;
                fs::write(&path, &*store.contents).unwrap();
            }
        }
        Ok(Box::new(rows))
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

impl Rows {
    fn check(&self) -> Result<(), EngineError> {
        if self.is_damaged.load(Ordering::Relaxed) {
            return Err(EngineError::new("a checksum does not fit").of_kind(EngineErrorKind::Corrupt));
        }
        Ok(())
    }
}

impl Engine for Rows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.check().and_then(|()| self.engine.get(key))
    }

    fn page(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<EngineRow>, EngineError> {
        self.check().and_then(|()| self.engine.page(from, to, direction, limit))
    }

    fn write(&mut self, batch: &Batch) -> Result<(), EngineError> {
        self.check().and_then(|()| self.engine.write(batch))
    }

    fn changelog_offset(&self) -> Result<Option<Offset>, EngineError> {
        self.check().and_then(|()| self.engine.changelog_offset())
    }

    fn approximate_len(&self) -> usize {
        self.engine.approximate_len()
    }

    fn unwritten_records_max(&self) -> u64 {
        self.engine.unwritten_records_max()
    }

    fn clear(&mut self) -> Result<(), EngineError> {
        self.check().and_then(|()| self.engine.clear())
    }
}
