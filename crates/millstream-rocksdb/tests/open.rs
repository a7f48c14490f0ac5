//! Opening and closing: what is kept, what is busy, what has changed, what is damaged.

// The outcomes of damage are worth a look.
#![allow(clippy::unwrap_used, clippy::disallowed_macros)]

use std::fs;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use millstream_rocksdb::rocksdb::{ColumnFamilyDescriptor, DB, Options};
use millstream_rocksdb::{RocksDb, RocksDbConfig, Scope};
use millstream_state::{
    Batch, Direction, Engine, EngineError, EngineErrorKind, EngineSupplier, StoreSpace, TaskEngines,
};
use millstream_types::Offset;

/// Rows of the stores that are damaged: several blocks of several files.
const ROWS: u32 = 3_000;
/// Bytes turned over, each in a copy of the database.
const FLIPS_PER_FILE: usize = 25;

#[test]
fn a_clean_close_leaves_everything_in_files() {
    let directory = tempfile::tempdir().unwrap();
    let mut task = open(directory.path(), &["a", "b"]).unwrap();
    put(&mut *task.engines[0], b"key", b"1", 7);
    put(&mut *task.engines[1], b"key", b"2", 9);
    drop(task);
    let task = open(directory.path(), &["b", "a"]).unwrap();
    let found = |engine: &dyn Engine| (engine.get(b"key").unwrap(), engine.changelog_offset().unwrap());
    assert_eq!(found(&*task.engines[0]), (Some(b"2".to_vec()), Some(Offset::new(9))), "in the order of the call");
    assert_eq!(found(&*task.engines[1]), (Some(b"1".to_vec()), Some(Offset::new(7))));
    assert_eq!(task.unknown, [""; 0]);
}

/// State on disk was readable by everyone where the umask allowed it, as it does by default.
#[cfg(unix)]
#[test]
fn a_database_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("rocksdb");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let modes = || fs::read_dir(&database).unwrap().map(|file| mode(&file.unwrap().path())).collect::<Vec<_>>();
    let mut task = open(directory.path(), &["a"]).unwrap();
    assert_eq!(mode(&database), 0o700);
    assert!(modes().iter().all(|mode| *mode == 0o600), "{:?}", modes());
    put(&mut *task.engines[0], b"key", b"1", 7);
    drop(task);
    assert!(modes().iter().all(|mode| *mode == 0o600), "the files of the close, too: {:?}", modes());
    fs::set_permissions(&database, fs::Permissions::from_mode(0o755)).unwrap();
    drop(open(directory.path(), &["a"]).unwrap());
    assert_eq!(mode(&database), 0o700, "what an earlier version has left is closed to others");
}

#[test]
fn a_database_that_is_open_is_busy() {
    let directory = tempfile::tempdir().unwrap();
    let task = open(directory.path(), &["a"]).unwrap();
    let error = open(directory.path(), &["a"]).unwrap_err();
    assert_eq!(error.kind(), EngineErrorKind::Busy);
    expect(&error, &["is open elsewhere", "wait until the other application has closed it", &path_in(&directory)]);
    drop(task);
    open(directory.path(), &["a"]).unwrap();
}

#[test]
fn stores_that_are_no_more_are_named_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let mut task = open(directory.path(), &["old", "kept"]).unwrap();
    put(&mut *task.engines[0], b"key", b"1", 7);
    drop(task);
    let task = open(directory.path(), &["new", "kept"]).unwrap();
    assert_eq!(task.unknown, ["old"]);
    assert_eq!(task.engines[0].changelog_offset().unwrap(), None, "a new name is a new store");
    drop(task);
    let task = open(directory.path(), &["old"]).unwrap();
    assert_eq!(task.engines[0].get(b"key").unwrap(), Some(b"1".to_vec()));
    assert_eq!(task.unknown, ["kept", "new"]);
}

#[test]
fn a_store_with_other_contents_is_refused_before_anything_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let rocks = RocksDb::new(RocksDbConfig::default());
    let mut task = rocks.open(directory.path(), &[StoreSpace::new("visits", "windows of 60000 ms")]).unwrap();
    put(&mut *task.engines[0], b"key", b"1", 7);
    drop(task);
    let error = rocks.open(directory.path(), &[StoreSpace::new("visits", "windows of 90000 ms")]).unwrap_err();
    assert_eq!(error.kind(), EngineErrorKind::Mismatch);
    let parts = ["store `visits` was written as `windows of 60000 ms`", "opened as `windows of 90000 ms`", "delete"];
    expect(&error, &parts);
    drop(rocks.open(directory.path(), &[StoreSpace::new("visits", "windows of 60000 ms")]).unwrap());
}

/// A changed store that was refused before it got anything does not keep the old one from being opened.
#[test]
fn a_store_without_rows_is_whatever_it_is_opened_as() {
    let directory = tempfile::tempdir().unwrap();
    let rocks = RocksDb::new(RocksDbConfig::default());
    for contents in ["values i64", "values String", "values i64"] {
        drop(rocks.open(directory.path(), &[StoreSpace::new("visits", contents)]).unwrap());
    }
    let mut task = rocks.open(directory.path(), &[StoreSpace::new("visits", "values f64")]).unwrap();
    put(&mut *task.engines[0], b"key", b"1", 7);
    drop(task);
    let error = rocks.open(directory.path(), &[StoreSpace::new("visits", "values i64")]).unwrap_err();
    expect(&error, &["store `visits` was written as `values f64`"]);
}

#[test]
fn another_format_is_named() {
    let directory = tempfile::tempdir().unwrap();
    write_head(directory.path(), b"\x00\x02rows");
    let error = open(directory.path(), &["a"]).unwrap_err();
    assert_eq!(error.kind(), EngineErrorKind::Mismatch);
    expect(
        &error,
        &["store `a` has format 2", "reads format 1", "run the version that wrote it", &path_in(&directory)],
    );
    for head in [&b"\x00"[..], b"\x00\x01\xff"] {
        write_head(directory.path(), head);
        assert_eq!(open(directory.path(), &["a"]).unwrap_err().kind(), EngineErrorKind::Corrupt);
    }
}

#[test]
fn rows_without_a_head_and_odd_offsets_are_damage() {
    let directory = tempfile::tempdir().unwrap();
    write_raw(directory.path(), b"\x01key", b"1");
    let error = open(directory.path(), &["a"]).unwrap_err();
    assert_eq!(error.kind(), EngineErrorKind::Corrupt);
    expect(&error, &["store `a` has rows and no head", "is damaged"]);
    let directory = tempfile::tempdir().unwrap();
    write_head(directory.path(), b"\x00\x01rows");
    write_raw(directory.path(), b"\x00\x01", b"seven b");
    assert_eq!(open(directory.path(), &["a"]).unwrap_err().kind(), EngineErrorKind::Corrupt);
}

#[test]
fn what_is_in_the_way_is_named() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("rocksdb"), "a file").unwrap();
    let error = open(directory.path(), &["a"]).unwrap_err();
    assert_eq!(error.kind(), EngineErrorKind::Failed);
    expect(&error, &["opening the RocksDB database", &path_in(&directory)]);
}

#[test]
fn experts_see_every_scope() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let scopes = std::sync::Arc::clone(&seen);
    let rocks = RocksDb::new(RocksDbConfig::default()).with_tuning(move |scope, options| {
        scopes.lock().unwrap().push(format!("{scope:?}"));
        if scope == Scope::Store("a") {
            options.set_target_file_size_base(1_234_567);
        }
    });
    let directory = tempfile::tempdir().unwrap();
    drop(rocks.open(directory.path(), &[StoreSpace::new("a", "rows")]).unwrap());
    assert_eq!(*seen.lock().unwrap(), ["Database", "Store(\"a\")", "Store(\"default\")"]);
    let notes = fs::read_dir(directory.path().join("rocksdb")).unwrap().flatten();
    let options = notes.map(|file| file.path()).find(|path| path.to_string_lossy().contains("OPTIONS-")).unwrap();
    assert!(
        fs::read_to_string(options).unwrap().contains("target_file_size_base=1234567\n"),
        "the expert's setting is in force"
    );
}

/// Each byte turned over, file cut or file removed: an error that says so, or the rows as they were at the offset found.
#[test]
fn damage_is_an_error_or_an_older_state_and_never_wrong_data() {
    let directory = tempfile::tempdir().unwrap();
    let original = directory.path().join("original");
    fs::create_dir(&original).unwrap();
    write_generations(&original);
    let mut outcomes = Outcomes::default();
    for file in files_of(&original.join("rocksdb")) {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = fs::read(&file).unwrap();
        for flip in 0..FLIPS_PER_FILE {
            let mut damaged = bytes.clone();
            let at = (flip * 7919 + 13 * flip * flip) % bytes.len().max(1);
            if let Some(byte) = damaged.get_mut(at) {
                *byte ^= 1 << (flip % 8);
            }
            outcomes.note(&name, &format!("bit of byte {at}"), look_at_copy(&original, &name, Some(&damaged)));
        }
        outcomes.note(&name, "cut", look_at_copy(&original, &name, Some(&bytes[..bytes.len() / 2])));
        outcomes.note(&name, "removed", look_at_copy(&original, &name, None));
    }
    println!("{outcomes:?}");
    assert!(outcomes.errors > 20, "damage is found: {outcomes:?}");
    assert!(outcomes.errors_of_tables > 10, "in tables, too: {outcomes:?}");
}

#[derive(Debug, Default)]
struct Outcomes {
    errors: usize,
    errors_of_tables: usize,
    intact: usize,
}

impl Outcomes {
    fn note(&mut self, file: &str, damage: &str, outcome: Result<(), EngineError>) {
        match outcome {
            Ok(()) => self.intact += 1,
            Err(error) => {
                let is_clear = matches!(error.kind(), EngineErrorKind::Corrupt | EngineErrorKind::Mismatch);
                assert!(is_clear, "{file}, {damage}: {:?}: {error}", error.kind());
                expect(&error, &["is damaged", "rocksdb"]);
                self.errors += 1;
                self.errors_of_tables += usize::from(file.contains(".sst"));
            }
        }
    }
}

/// Three generations of a store's rows, each in files of its own, and a second store.
fn write_generations(directory: &Path) {
    for generation in 1..=3 {
        let mut task = open(directory, &["a", "b"]).unwrap();
        for (engine, value) in task.engines.iter_mut().zip([generation, 10 * generation]) {
            let mut batch = Batch::new();
            (0..ROWS).for_each(|row| batch.put(&row.to_be_bytes(), &value_of(row, value)));
            batch.set_changelog_offset(Offset::new(generation));
            engine.write(&batch).unwrap();
        }
    }
}

/// Not easily compressed, and never the same for two generations.
fn value_of(row: u32, value: i64) -> [u8; 16] {
    let mixed = u64::from(row).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ value.unsigned_abs();
    (u128::from(mixed) << 64 | u128::from(mixed.rotate_left(23))).to_be_bytes()
}

/// Opens a copy whose file `name` has other bytes, or is missing, and reads everything.
fn look_at_copy(original: &Path, name: &str, bytes: Option<&[u8]>) -> Result<(), EngineError> {
    let copy = tempfile::tempdir().unwrap();
    let database = copy.path().join("rocksdb");
    fs::create_dir(&database).unwrap();
    for file in files_of(&original.join("rocksdb")) {
        fs::copy(&file, database.join(file.file_name().unwrap())).unwrap();
    }
    match bytes {
        Some(bytes) => fs::write(database.join(name), bytes).unwrap(),
        None => fs::remove_file(database.join(name)).unwrap(),
    }
    let task = open(copy.path(), &["a", "b"])?;
    for (engine, factor) in task.engines.iter().zip([1, 10]) {
        let generation = engine.changelog_offset()?.map_or(0, Offset::number);
        let rows = engine.page(Bound::Unbounded, Bound::Unbounded, Direction::Forward, usize::MAX)?;
        let value = |row: u32| value_of(row, generation * factor).to_vec();
        let expected = (0..ROWS).filter(|_| generation > 0).map(|row| (row.to_be_bytes().to_vec(), value(row)));
        assert!(rows.into_iter().eq(expected), "{name}: rows that are not those of generation {generation}");
        let some = engine.get(&77_u32.to_be_bytes())?;
        assert_eq!(some, (generation > 0).then(|| value(77)), "{name}");
    }
    Ok(())
}

fn files_of(database: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(database).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.file_name().is_some_and(|name| name != "LOCK"));
    files.sort();
    files
}

fn open(directory: &Path, stores: &[&str]) -> Result<TaskEngines, EngineError> {
    let spaces: Vec<StoreSpace> = stores.iter().map(|name| StoreSpace::new(*name, "rows")).collect();
    RocksDb::new(RocksDbConfig::default()).open(directory, &spaces)
}

fn put(engine: &mut dyn Engine, key: &[u8], value: &[u8], offset: i64) {
    let mut batch = Batch::new();
    batch.put(key, value);
    batch.set_changelog_offset(Offset::new(offset));
    engine.write(&batch).unwrap();
}

/// Writes into the family of store `a` past the adapter.
fn write_raw(directory: &Path, key: &[u8], value: &[u8]) {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    let families = ["default", "a"].map(|name| ColumnFamilyDescriptor::new(name, Options::default()));
    let db = DB::open_cf_descriptors(&options, directory.join("rocksdb"), families).unwrap();
    db.put_cf(db.cf_handle("a").unwrap(), key, value).unwrap();
}

fn write_head(directory: &Path, head: &[u8]) {
    write_raw(directory, b"\x00\x00", head);
}

fn path_in(directory: &tempfile::TempDir) -> String {
    directory.path().join("rocksdb").display().to_string()
}

fn expect(error: &EngineError, parts: &[&str]) {
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "`{message}` does not say `{part}`");
    }
}
