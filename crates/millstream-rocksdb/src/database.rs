//! A task's database: a column family per store, opened and checked.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use millstream_state::{EngineError, StoreSpace};
use rocksdb::{ColumnFamily, ColumnFamilyDescriptor, DB, FlushOptions, IteratorMode, Options, WriteOptions};

use crate::failure::{damaged, failure, mismatch, not_private};
use crate::head::{self, Head};
use crate::keys;
use crate::private::{PrivateFiles, make_directory};

/// The column family that every database has. It stays empty.
const DEFAULT_FAMILY: &str = rocksdb::DEFAULT_COLUMN_FAMILY_NAME;

/// How long a flush blocks its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Until it has begun; the file is written in the background.
    No,
    /// Until the file is written.
    UntilWritten,
}

/// An open database. Dropping it flushes its memtables and closes it.
pub(crate) struct Database {
    db: DB,
    path: PathBuf,
    stores: Vec<String>,
    /// Dropped after the database, which writes its last files when it is closed.
    _files: PrivateFiles,
}

/// The options of a database and of the column family of a store.
pub(crate) struct DatabaseOptions<'a> {
    pub(crate) database: Options,
    pub(crate) family: &'a dyn Fn(&str) -> Options,
}

impl Database {
    /// Opens or creates the database at `path`, with a column family for each store. Also returns the names of other stores in it.
    pub(crate) fn open(
        path: &Path,
        options: &DatabaseOptions<'_>,
        stores: &[StoreSpace],
    ) -> Result<(Self, Vec<String>), EngineError> {
        make_directory(path).map_err(|error| not_private(path, error))?;
        let present = families_at(path, &options.database)?;
        let wanted: BTreeSet<&str> = stores.iter().map(|store| &*store.name).collect();
        let all = wanted.iter().copied().chain(present.iter().map(String::as_str)).chain([DEFAULT_FAMILY]);
        let all: BTreeSet<&str> = all.collect();
        let descriptors = all.into_iter().map(|name| ColumnFamilyDescriptor::new(name, (options.family)(name)));
        let opened = DB::open_cf_descriptors(&options.database, path, descriptors);
        let db = opened.map_err(|error| failure(path, "opening the RocksDB database", &error))?;
        let names = stores.iter().map(|store| store.name.to_string()).collect();
        let database = Self { db, path: path.to_path_buf(), stores: names, _files: PrivateFiles::of(path) };
        stores.iter().try_for_each(|store| database.claim(store))?;
        let is_unknown = |name: &String| name != DEFAULT_FAMILY && !wanted.contains(name.as_str());
        Ok((database, present.into_iter().filter(is_unknown).collect()))
    }

    pub(crate) fn db(&self) -> &DB {
        &self.db
    }

    pub(crate) fn family(&self, store: &str) -> &ColumnFamily {
        self.db.cf_handle(store).expect("a database is opened with the families of all its stores")
    }

    /// Writes a store's memtable to a file.
    pub(crate) fn flush(&self, store: &str, wait: Wait) -> Result<(), EngineError> {
        let mut options = FlushOptions::default();
        options.set_wait(wait == Wait::UntilWritten);
        let flushed = self.db.flush_cf_opt(self.family(store), &options);
        flushed.map_err(|error| self.failure("writing a file", &error))
    }

    /// Whether a memtable of the store is being flushed.
    pub(crate) fn is_flushing(&self, store: &str) -> bool {
        self.number(store, "rocksdb.num-immutable-mem-table") > 0
    }

    /// The bytes of the largest memtable that is being written to, and its store.
    pub(crate) fn largest_memtable(&self) -> Option<(u64, String)> {
        let bytes = |store: &String| self.number(store, "rocksdb.cur-size-active-mem-table");
        self.stores.iter().map(|store| (bytes(store), store.clone())).max()
    }

    /// The approximate number of rows of a store.
    pub(crate) fn approximate_rows(&self, store: &str) -> u64 {
        // The head and the offset are not rows.
        self.number(store, "rocksdb.estimate-num-keys").saturating_sub(2)
    }

    fn number(&self, store: &str, property: &str) -> u64 {
        self.db.property_int_value_cf(self.family(store), property).ok().flatten().unwrap_or(0)
    }

    pub(crate) fn failure(&self, doing: &str, error: &rocksdb::Error) -> EngineError {
        failure(&self.path, doing, error)
    }

    pub(crate) fn damaged(&self, what: &str) -> EngineError {
        damaged(&self.path, what)
    }

    /// Assigns a new column family to the store, or checks that an existing one belongs to it.
    fn claim(&self, store: &StoreSpace) -> Result<(), EngineError> {
        let name = &store.name;
        let family = self.family(name);
        let head = self.db.get_pinned_cf(family, keys::HEAD);
        let head = head.map_err(|error| self.failure("reading a store's head", &error))?;
        let Some(head) = head else {
            return self.begin(store);
        };
        let what = match head::decode(&head) {
            Head::Contents(contents) if *contents == *store.contents => return Ok(()),
            // It was opened with other contents before and has no rows, for example because its changelog has other types.
            Head::Contents(_) if !self.has_rows(family) => return self.write_head(store),
            Head::Contents(contents) => format!(
                "store `{name}` was written as `{contents}` and is now opened as `{}`; give it back its old definition, \
                 or another name",
                store.contents
            ),
            Head::OtherVersion(version) => format!(
                "store `{name}` has format {version}, and this version of Millstream reads format {}; run the version \
                 that wrote it",
                head::FORMAT_VERSION
            ),
            Head::Unreadable => return Err(self.damaged(&format!("the head of store `{name}` cannot be read"))),
        };
        Err(mismatch(&self.path, &what))
    }

    /// Writes the head of a new family. It reaches the files before any row of the family, since flushes keep the order.
    fn begin(&self, store: &StoreSpace) -> Result<(), EngineError> {
        let family = self.family(&store.name);
        if self.db.iterator_cf(family, IteratorMode::Start).next().is_some() {
            return Err(self.damaged(&format!("store `{}` has rows and no head", store.name)));
        }
        self.write_head(store)
    }

    fn has_rows(&self, family: &ColumnFamily) -> bool {
        let rows = IteratorMode::From(keys::ROWS_FROM, rocksdb::Direction::Forward);
        self.db.iterator_cf(family, rows).next().is_some()
    }

    fn write_head(&self, store: &StoreSpace) -> Result<(), EngineError> {
        let head = head::encode(&store.contents);
        let written = self.db.put_cf_opt(self.family(&store.name), keys::HEAD, head, &without_wal());
        written.map_err(|error| self.failure("writing a store's head", &error))
    }
}

/// There is no write-ahead log: what is lost in a crash is restored from the changelog.
pub(crate) fn without_wal() -> WriteOptions {
    let mut options = WriteOptions::default();
    options.disable_wal(true);
    options
}

/// The column families of the database at `path`; none if there is no database yet.
fn families_at(path: &Path, options: &Options) -> Result<Vec<String>, EngineError> {
    if path.join("CURRENT").exists() {
        return DB::list_cf(options, path).map_err(|error| failure(path, "reading the list of stores", &error));
    }
    // RocksDB would create a new database and delete these files.
    let mut files = fs::read_dir(path).into_iter().flatten().flatten();
    if files.any(|file| file.path().extension().is_some_and(|extension| extension == "sst")) {
        return Err(damaged(path, "its file `CURRENT` is missing, though there are others"));
    }
    Ok(Vec::new())
}
