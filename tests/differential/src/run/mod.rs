//! Runs a program with Millstream's test driver.

mod aggregate;
mod branch;
mod cogroup;
mod grouped_table;
mod join;
mod join_stream;
mod operators;
mod processors;
mod stream;
mod suppress;
mod table;
mod windows;

use std::collections::BTreeSet;
use std::time::Duration;

use millstream::errors::{ErrorHandler, Handlers};
use millstream::state::{BufferSize, RawRow, StoreKind};
use millstream::test::{RawOutput, StoreBacking, TestConfig, TestError, TopologyTestDriver};
use millstream::{Header, Headers, Timestamp};

use crate::outcome::{Failure, FailureKind, Outcome, Step, StoreRows, Written, shown};
use crate::program::{Input, Program, Record};

/// The id of the application, on both sides.
pub const APPLICATION_ID: &str = "differential";

/// Runs a program with stores in memory, or over a byte engine unless they are said to be in memory.
#[must_use]
pub fn run(program: &Program, backing: StoreBacking) -> Outcome {
    let topology = match operators::topology(program) {
        Ok(topology) => topology,
        Err(error) => return failed(Outcome::default(), FailureKind::Build, &error),
    };
    let outcome = Outcome { describe: topology.describe().to_string(), ..Outcome::default() };
    let config = TestConfig {
        application_id: APPLICATION_ID.to_owned(),
        cache_bytes_max: program.settings.cache_bytes_max as usize,
        emit_interval: Duration::from_millis(program.settings.emit_interval_ms),
        handlers: handlers(program),
        backing,
        ..TestConfig::default()
    };
    match TopologyTestDriver::with_config(&topology, &config) {
        Ok(driver) => feed(program, &driver, outcome),
        Err(error) => failed(outcome, FailureKind::Build, &error),
    }
}

fn handlers(program: &Program) -> Handlers {
    let processing = if program.settings.skips_failures { ErrorHandler::Continue } else { ErrorHandler::Fail };
    Handlers { processing, ..Handlers::default() }
}

fn failed(outcome: Outcome, kind: FailureKind, error: &dyn std::error::Error) -> Outcome {
    Outcome { error: Some(Failure { kind, message: error.to_string() }), ..outcome }
}

fn feed(program: &Program, driver: &TopologyTestDriver, mut outcome: Outcome) -> Outcome {
    let mut dropped_before = 0;
    for input in &program.inputs {
        let result = match input {
            Input::Record(record) => pipe(driver, record),
            Input::Advance { advance_wall_ms } => driver.advance_wall_clock(Duration::from_millis(*advance_wall_ms)),
        };
        if let Err(error) = result {
            return failed(outcome, FailureKind::Input, &error);
        }
        let dropped = driver.dropped_records().values().sum();
        let records = driver.take_all_outputs().iter().map(written).collect();
        outcome.steps.push(Step { records, dropped: dropped - dropped_before });
        dropped_before = dropped;
    }
    for name in driver.store_names() {
        let rows = if is_versioned(program, &name) { versions(&outcome, driver, &name) } else { rows(driver, &name) };
        match rows {
            Ok(rows) => drop(outcome.stores.insert(name, rows)),
            Err(error) => return failed(outcome, FailureKind::Stores, &error),
        }
    }
    outcome
}

fn pipe(driver: &TopologyTestDriver, record: &Record) -> Result<(), TestError> {
    let headers: Headers = record.headers.iter().map(header).collect();
    let (key, value) = (record.key.as_deref(), record.value.as_deref());
    driver.pipe_bytes(&record.topic, key.map(str::as_bytes), value.map(str::as_bytes), record.ts, &headers)
}

fn header((name, value): &(String, Option<String>)) -> Header {
    Header { name: name.clone(), value: value.clone().map(String::into_bytes) }
}

fn written(record: &RawOutput) -> Written {
    let headers = record.headers.iter().map(|header| (header.name.clone(), header.value.as_deref().map(shown)));
    Written {
        topic: record.topic.to_string(),
        key: record.key.as_deref().map(shown),
        value: record.value.as_deref().map(shown),
        ts: Some(record.timestamp.as_millis()),
        headers: headers.collect(),
    }
}

fn rows(driver: &TopologyTestDriver, name: &str) -> Result<StoreRows, TestError> {
    if name.ends_with("-Buffer") {
        // The records of a stream that wait for rows; Kafka Streams has no exact time of the first.
        let row = (driver.buffer_size(name)?.records.to_string(), String::new(), None);
        return Ok(StoreRows { kind: "waiting".to_owned(), rows: vec![row] });
    }
    let (kind, rows) = driver.dump_store(name)?;
    if kind == StoreKind::Buffer {
        return Ok(waiting(driver.buffer_size(name)?));
    }
    let kind = match kind {
        StoreKind::KeyValue | StoreKind::TimestampedKeyValue => "key-value",
        StoreKind::Window => "window",
        StoreKind::Session => "session",
        _ => "another",
    };
    let time = |time: Timestamp| (time != Timestamp::UNKNOWN).then(|| time.as_millis());
    let key = |row: &RawRow| if kind == "window" { without_number(&row.key) } else { row.key.clone() };
    let rows = rows.iter().map(|row| (shown(&key(row)), shown(&row.value), time(row.timestamp))).collect();
    Ok(StoreRows { kind: kind.to_owned(), rows })
}

fn is_versioned(program: &Program, name: &str) -> bool {
    let stores = program.nodes.iter().filter_map(|node| node.operator.store());
    stores.into_iter().any(|store| store.history_ms.is_some() && store.name.as_deref() == Some(name))
}

/// The history of each key that the changelog of a versioned store has, as rows.
fn versions(outcome: &Outcome, driver: &TopologyTestDriver, name: &str) -> Result<StoreRows, TestError> {
    let changelog = format!("{APPLICATION_ID}-{name}-changelog");
    let records = outcome.steps.iter().flat_map(|step| &step.records).filter(|record| record.topic == changelog);
    let keys: BTreeSet<&String> = records.filter_map(|record| record.key.as_ref()).collect();
    let store = driver.versioned_store::<String, String>(name);
    let mut rows = Vec::new();
    for key in keys {
        for version in store.history(key, 0, i64::MAX)? {
            let end = version.valid_to.map_or_else(|| "now".to_owned(), |end| end.as_millis().to_string());
            let value = format!("{} until {end}", shown(version.value.as_bytes()));
            rows.push((key.clone(), value, Some(version.timestamp.as_millis())));
        }
    }
    Ok(StoreRows { kind: "versioned".to_owned(), rows })
}

/// The stored key of a window without its sequence number, which Kafka Streams' reads do not return. Changelogs have it.
fn without_number(key: &[u8]) -> Vec<u8> {
    let (key, _) = key.split_last_chunk::<4>().unwrap_or((key, &[0; 4]));
    key.to_vec()
}

/// What waits in a buffer: how many records and bytes, and the smallest time, as if they were a row.
fn waiting(size: BufferSize) -> StoreRows {
    let row = (size.records.to_string(), size.bytes.to_string(), size.min_time.map(|time| time.as_millis()));
    StoreRows { kind: "buffer".to_owned(), rows: vec![row] }
}
