//! The engine supplier: it opens a database for each task.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use millstream_state::{Engine, EngineError, EngineSupplier, StoreSpace, TaskEngines};
use rocksdb::Options;

use crate::RocksDbConfig;
use crate::database::{Database, DatabaseOptions};
use crate::engine::RocksDbEngine;
use crate::memory::{Memory, MemoryUse};
use crate::tuning::{Scope, database_options, family_options};

/// The name of a task's database in the task's directory.
const DATABASE: &str = "rocksdb";

type Tuning = dyn Fn(Scope<'_>, &mut Options) + Send + Sync;

/// Keeps the stores of all tasks of a process in RocksDB: a database for each task, a column family for each store, and one
/// memory limit for all of them.
///
/// # Examples
/// ```
/// use millstream_rocksdb::{RocksDb, RocksDbConfig};
/// use millstream_state::{Batch, EngineSupplier, StoreSpace};
///
/// # let directory = tempfile::tempdir()?;
/// # let task_directory = directory.path();
/// let rocks = RocksDb::new(RocksDbConfig::default());
/// let stores = [StoreSpace::new("counts", "app-counts-changelog")];
/// let mut task = rocks.open(task_directory, &stores)?;
/// let mut batch = Batch::new();
/// batch.put(b"hello", b"1");
/// task.engines[0].write(&batch)?;
/// drop(task); // closes the database
///
/// let task = rocks.open(task_directory, &stores)?;
/// assert_eq!(task.engines[0].get(b"hello")?, Some(b"1".to_vec()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RocksDb {
    config: RocksDbConfig,
    memory: Arc<Memory>,
    tuning: Option<Box<Tuning>>,
}

impl RocksDb {
    /// A supplier with these settings. Use one per process, since its memory limit applies to the databases that it opens.
    ///
    /// # Examples
    /// ```
    /// use millstream_rocksdb::{RocksDb, RocksDbConfig};
    ///
    /// let rocks = RocksDb::new(RocksDbConfig { memory_bytes_max: 64 << 20, ..RocksDbConfig::default() });
    /// assert_eq!(rocks.memory_use().memtable_bytes, 0);
    /// ```
    #[must_use]
    pub fn new(config: RocksDbConfig) -> Self {
        Self { config, memory: Arc::new(Memory::new(config.memory_bytes())), tuning: None }
    }

    /// Changes RocksDB's options after Millstream has set them, before a database is opened.
    ///
    /// `tuning` is called once for the database and once for each store. A store with another table factory no longer uses the
    /// shared block cache.
    ///
    /// # Examples
    /// ```
    /// use millstream_rocksdb::{RocksDb, RocksDbConfig, Scope};
    ///
    /// let rocks = RocksDb::new(RocksDbConfig::default()).with_tuning(|scope, options| match scope {
    ///     Scope::Store("sessions") => options.set_target_file_size_base(8 << 20),
    ///     _ => {}
    /// });
    /// ```
    #[must_use]
    pub fn with_tuning(self, tuning: impl Fn(Scope<'_>, &mut Options) + Send + Sync + 'static) -> Self {
        Self { tuning: Some(Box::new(tuning)), ..self }
    }

    /// The memory that all open databases use at the moment.
    ///
    /// # Examples
    /// ```
    /// use millstream_rocksdb::{RocksDb, RocksDbConfig};
    ///
    /// let rocks = RocksDb::new(RocksDbConfig::default());
    /// assert!(rocks.memory_use().memtable_bytes <= rocks.memory_use().bytes);
    /// ```
    #[must_use]
    pub fn memory_use(&self) -> MemoryUse {
        self.memory.usage()
    }

    fn tune(&self, scope: Scope<'_>, mut options: Options) -> Options {
        if let Some(tuning) = &self.tuning {
            tuning(scope, &mut options);
        }
        options
    }
}

impl EngineSupplier for RocksDb {
    fn open(&self, directory: &Path, stores: &[StoreSpace]) -> Result<TaskEngines, EngineError> {
        let options = DatabaseOptions {
            database: self.tune(Scope::Database, database_options(&self.memory)),
            family: &|store| self.tune(Scope::Store(store), family_options(&self.memory)),
        };
        let (database, unknown) = Database::open(&directory.join(DATABASE), &options, stores)?;
        let database = self.memory.share(database);
        let open = |store: &StoreSpace| {
            let (database, name) = (database.clone(), Arc::clone(&store.name));
            let engine = RocksDbEngine::open(database, name, self.config.unflushed_records_max)?;
            Ok(Box::new(engine) as Box<dyn Engine>)
        };
        let engines = stores.iter().map(open).collect::<Result<_, EngineError>>()?;
        Ok(TaskEngines { engines, unknown })
    }
}

impl fmt::Debug for RocksDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let memory = self.memory.usage();
        f.debug_struct("RocksDb").field("config", &self.config).field("memory", &memory).finish_non_exhaustive()
    }
}
