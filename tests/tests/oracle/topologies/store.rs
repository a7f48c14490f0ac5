//! Processors that run the command of each record on a store.

use std::time::Duration;

use millstream::state::{
    AnyStore, Direction, DuplicateWindowStore, KeyRange, KeyValueStore, Row, SessionRange, SessionRow, SessionStore,
    StoreError, WindowRow, WindowStore,
};
use millstream::{
    BoxError, Processor, ProcessorContext, Record, Store, StoreAccess, StoreHandle, StreamsBuilder, Timestamp,
    Topology, TopologyBuilder, TopologyError, Window,
};

use super::{Text, TextStream, nz};

pub(crate) fn store_kv_rocks() -> Result<Topology, TopologyError> {
    commands(Store::key_value("kv"), run_on_key_value)
}

pub(crate) fn store_kv_rocks_cache() -> Result<Topology, TopologyError> {
    commands(Store::key_value("kv").with_caching(), run_on_key_value)
}

pub(crate) fn store_kv_memory() -> Result<Topology, TopologyError> {
    commands(Store::key_value("kv").in_memory(), run_on_key_value)
}

pub(crate) fn store_kv_lru() -> Result<Topology, TopologyError> {
    commands(Store::lru_map("kv", 3), run_on_key_value)
}

/// A topology that runs the command of each record on a store, and writes the results.
pub(super) fn commands<S: AnyStore>(store: Store<S>, run: Run<S>) -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let store = builder.add_store(store);
    let commands: TextStream = builder.stream("cmd");
    commands.process(move || Commands { store, run }, store).to("out");
    builder.build()
}

/// Runs a command on a store, for a key and a timestamp.
pub(super) type Run<S> = fn(StoreAccess<'_, S>, &String, Timestamp, &str) -> Result<String, StoreError>;

struct Commands<S> {
    store: StoreHandle<S>,
    run: Run<S>,
}

impl<S: AnyStore> Processor<Text, Text, String, String> for Commands<S> {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, String>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        let (key, command) = (record.key.clone().unwrap_or_default(), record.value.clone().unwrap_or_default());
        let result = (self.run)(context.store(self.store)?, &key, record.timestamp, &command)?;
        context.forward(record.with_key(key).with_value(result));
        Ok(())
    }
}

fn run_on_key_value(
    mut store: StoreAccess<'_, KeyValueStore<String, String>>,
    key: &String,
    _: Timestamp,
    command: &str,
) -> Result<String, StoreError> {
    let (name, argument) = command.split_once(' ').unwrap_or((command, ""));
    let argument = argument.to_owned();
    let rows = match name {
        "put" => return store.put(key, argument).map(|()| "ok".to_owned()),
        "pia" => {
            let before = store.get(key)?.cloned();
            store.put_if_absent(key, argument)?;
            return Ok(nz(&before).to_owned());
        }
        "del" => {
            let before = store.get(key)?.cloned();
            store.delete(key)?;
            return Ok(nz(&before).to_owned());
        }
        "putnull" => return store.delete(key).map(|()| "ok".to_owned()),
        "get" => return Ok(nz(&store.get(key)?.cloned()).to_owned()),
        "range" => store.range(Some(key), Some(&argument), Direction::Forward)?,
        "rrange" => store.range(Some(key), Some(&argument), Direction::Backward)?,
        "from" => store.range(Some(key), None, Direction::Forward)?,
        "upto" => store.range(None, Some(key), Direction::Forward)?,
        "all" => store.all()?,
        "rall" => store.range(None, None, Direction::Backward)?,
        "prefix" => store.prefix(key.as_bytes())?,
        _ => panic!("no command of these scenarios: {command}"),
    };
    Ok(list(rows.iter().map(|Row { key, value, .. }| format!("{key}={value}"))))
}

fn list(rows: impl Iterator<Item = String>) -> String {
    let rows: Vec<String> = rows.collect();
    if rows.is_empty() { "none".to_owned() } else { rows.join(";") }
}

pub(crate) fn store_window_rocks() -> Result<Topology, TopologyError> {
    commands(Store::window("w", WINDOW, RETENTION), run_on_window)
}

pub(crate) fn store_window_memory() -> Result<Topology, TopologyError> {
    commands(Store::window("w", WINDOW, RETENTION).in_memory(), run_on_window)
}

pub(crate) fn store_window_dup() -> Result<Topology, TopologyError> {
    commands(Store::duplicate_window("w", WINDOW, RETENTION), run_on_duplicates)
}

const WINDOW: Duration = Duration::from_secs(5);
const RETENTION: Duration = Duration::from_secs(20);

/// Runs a command in the window of 500 ms of the timestamp. Commands without a method of the store use `all`, in its order.
fn run_on_window(
    mut store: StoreAccess<'_, WindowStore<String, String>>,
    key: &String,
    timestamp: Timestamp,
    command: &str,
) -> Result<String, StoreError> {
    let start = window_start(timestamp);
    match command.split_once(' ').unwrap_or((command, "")) {
        ("put", value) => return store.put(key, start, value.to_owned()).map(|()| "ok".to_owned()),
        ("putnull", _) => return store.delete(key, start).map(|()| "ok".to_owned()),
        ("one", _) => return Ok(nz(&store.get(key, start)?.cloned()).to_owned()),
        _ => {}
    }
    let rows = match fetched(command) {
        Some((from, to)) => store.fetch(key, from, to)?,
        None => store.all()?,
    };
    Ok(window_rows(command, rows))
}

/// Runs a command as [`run_on_window`] does, in a store that keeps duplicates.
fn run_on_duplicates(
    mut store: StoreAccess<'_, DuplicateWindowStore<String, String>>,
    key: &String,
    timestamp: Timestamp,
    command: &str,
) -> Result<String, StoreError> {
    if let Some(value) = command.strip_prefix("put ") {
        return store.put(key, window_start(timestamp), value.to_owned()).map(|()| "ok".to_owned());
    }
    let rows = match fetched(command) {
        Some((from, to)) => store.fetch(key, from, to)?,
        None => store.all()?,
    };
    Ok(window_rows(command, rows))
}

fn window_start(timestamp: Timestamp) -> Timestamp {
    Timestamp::from_millis(timestamp.as_millis() - timestamp.as_millis().rem_euclid(500))
}

/// The times between which the command fetches the windows of one key.
fn fetched(command: &str) -> Option<(Timestamp, Timestamp)> {
    let words: Vec<&str> = command.split(' ').collect();
    let time = |at: usize| Timestamp::from_millis(words[at].parse().unwrap());
    ["get", "bget"].contains(&words[0]).then(|| (time(1), time(2)))
}

/// The rows that a command asks for, as text, of those that it has read.
fn window_rows(command: &str, rows: Vec<WindowRow<String, String>>) -> String {
    let words: Vec<&str> = command.split(' ').collect();
    let time = |at: usize| Timestamp::from_millis(words[at].parse().unwrap());
    let name = words[0].trim_start_matches('b');
    let is_in =
        |key: &String| (words[1] == "*" || key.as_str() >= words[1]) && (words[2] == "*" || key.as_str() <= words[2]);
    let mut rows = match name {
        "get" | "all" => rows,
        "keys" => between(rows, time(3), time(4)).into_iter().filter(|row| is_in(&row.key)).collect(),
        "fall" => between(rows, time(1), time(2)),
        _ => panic!("no command of these scenarios: {command}"),
    };
    if words[0].starts_with('b') {
        rows.reverse();
    }
    list(rows.iter().map(|row| {
        let start = row.start.as_millis();
        if name == "get" {
            format!("{start}={}", row.value)
        } else {
            format!("{}@{start}-{}={}", row.key, start + 5_000, row.value)
        }
    }))
}

fn between(rows: Vec<WindowRow<String, String>>, from: Timestamp, to: Timestamp) -> Vec<WindowRow<String, String>> {
    rows.into_iter().filter(|row| (from..=to).contains(&row.start)).collect()
}

pub(crate) fn store_session_rocks() -> Result<Topology, TopologyError> {
    commands(Store::session("s", RETENTION), run_on_session)
}

pub(crate) fn store_session_memory() -> Result<Topology, TopologyError> {
    commands(Store::session("s", RETENTION).in_memory(), run_on_session)
}

/// Runs a command on the sessions of a key; a new one begins at the timestamp.
fn run_on_session(
    mut store: StoreAccess<'_, SessionStore<String, String>>,
    key: &String,
    timestamp: Timestamp,
    command: &str,
) -> Result<String, StoreError> {
    let words: Vec<&str> = command.split(' ').collect();
    let time = |at: usize| Timestamp::from_millis(words[at].parse().unwrap());
    let session = |start: usize| Window { start: time(start), end: time(start + 1) };
    let direction = if words[0].starts_with('b') { Direction::Backward } else { Direction::Forward };
    let rows = match words[0].trim_start_matches('b') {
        "put" => {
            let window = Window { start: timestamp, end: timestamp.saturating_add(time(1).as_millis()) };
            return store.put(key, window, words[2].to_owned()).map(|()| "ok".to_owned());
        }
        "rem" => return store.remove(key, session(1)).map(|()| "ok".to_owned()),
        "one" => return Ok(nz(&store.get(key, session(1))?.cloned()).to_owned()),
        "find" => store.find(key, time(1), time(2), direction)?,
        "keys" => {
            let bound = |at: usize| (words[at] != "*").then(|| words[at].as_bytes().to_vec());
            let keys = KeyRange::between(bound(1), bound(2));
            let range = SessionRange { keys, ..SessionRange::overlapping(time(3), time(4)) };
            store.page(&range, None, direction, usize::MAX)?
        }
        "get" => store.fetch(key, direction)?,
        _ => panic!("no command of these scenarios: {command}"),
    };
    Ok(list(rows.iter().map(|SessionRow { key, window, value, .. }| {
        format!("{key}@{}-{}={value}", window.start.as_millis(), window.end.as_millis())
    })))
}

pub(crate) fn papi_shared_store() -> Result<Topology, TopologyError> {
    let mut builder = TopologyBuilder::new();
    let store = builder.add_store(Store::key_value("st"));
    builder.add_source::<Text, Text>("sa", "a");
    builder.add_source::<Text, Text>("sb", "b");
    builder.add_processor("W", move || WriteShared { store }, store, ["sa"]);
    builder.add_processor("R", move || ReadShared { store }, store, ["sb"]);
    builder.add_sink::<Text, String>("out", "out", ["W", "R"]);
    builder.build()
}

/// Puts each record into the store.
struct WriteShared {
    store: StoreHandle<KeyValueStore<String, String>>,
}

impl Processor<Text, Text, Text, String> for WriteShared {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, String>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        let key = record.key.clone().unwrap_or_default();
        match record.value.clone() {
            Some(value) => context.store(self.store)?.put(&key, value)?,
            None => context.store(self.store)?.delete(&key)?,
        }
        context.forward(record.map_value(|value| format!("w:{}", nz(&value))));
        Ok(())
    }
}

/// Appends the row that the other processor has put.
struct ReadShared {
    store: StoreHandle<KeyValueStore<String, String>>,
}

impl Processor<Text, Text, Text, String> for ReadShared {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, String>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        let key = record.key.clone().unwrap_or_default();
        let stored = context.store(self.store)?.get(&key)?.cloned();
        context.forward(record.map_value(|value| format!("{}?{}", nz(&value), nz(&stored))));
        Ok(())
    }
}
