//! Runs a program with Millstream's test driver.

mod aggregate;
mod branch;
mod grouped_table;
mod join;
mod operators;
mod processors;
mod stream;
mod suppress;
mod table;

use std::time::Duration;

use millstream::state::{BufferSize, StoreKind};
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
        backing,
        ..TestConfig::default()
    };
    match TopologyTestDriver::with_config(&topology, &config) {
        Ok(driver) => feed(program, &driver, outcome),
        Err(error) => failed(outcome, FailureKind::Build, &error),
    }
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
        match rows(driver, &name) {
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
    let (kind, rows) = driver.dump_store(name)?;
    if kind == StoreKind::Buffer {
        return Ok(waiting(driver.buffer_size(name)?));
    }
    let kind = match kind {
        StoreKind::KeyValue | StoreKind::TimestampedKeyValue => "key-value",
        StoreKind::Window => "window",
        _ => "another",
    };
    let time = |time: Timestamp| (time != Timestamp::UNKNOWN).then(|| time.as_millis());
    let rows = rows.iter().map(|row| (shown(&row.key), shown(&row.value), time(row.timestamp))).collect();
    Ok(StoreRows { kind: kind.to_owned(), rows })
}

/// What waits in a buffer: how many records and bytes, and the smallest time, as if they were a row.
fn waiting(size: BufferSize) -> StoreRows {
    let row = (size.records.to_string(), size.bytes.to_string(), size.min_time.map(|time| time.as_millis()));
    StoreRows { kind: "buffer".to_owned(), rows: vec![row] }
}
