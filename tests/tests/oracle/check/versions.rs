//! Versioned stores: their rows, and the writes that they refuse.

use millstream::state::VersionedRecord;
use serde_json::{Value, json};

use super::run::Run;
use super::{lines, same_lines};
use crate::scenario::{Input, Record, Scenario};

/// How much longer than its store a changelog keeps all records: a day.
const ADDITIONAL_MS: i64 = 86_400_000;

/// Checks the latest version and the history of each key.
pub(super) fn check(scenario: &Scenario, name: &str, expected: &[Value], run: &Run) {
    let store = run.versioned(name);
    let rows = expected.iter().map(|row| {
        let key = row[0].as_str().unwrap().to_owned();
        let latest =
            store.get(&key).unwrap().map(|latest| json!({ "value": latest.value, "ts": latest.timestamp.as_millis() }));
        let history: Vec<Value> = store.history(&key, 0, i64::MAX).unwrap().iter().map(version).collect();
        json!([key, { "latest": latest, "history": history }])
    });
    let got: Vec<Value> = rows.collect();
    same_lines(scenario, format_args!("rows of store `{name}`"), &lines(expected), &lines(&got));
}

fn version(version: &VersionedRecord<String>) -> Value {
    let valid_to = version.valid_to.map(|end| end.as_millis());
    json!({ "value": version.value, "ts": version.timestamp.as_millis(), "valid_to": valid_to })
}

/// How many of the writes that Kafka Streams logs to this topic the versioned store has refused. Here they are not logged.
pub(super) fn refused(scenario: &Scenario, topic: &str) -> usize {
    let mut config = scenario.subtopologies.by_id.values().map(|part| &part["changelog"][topic]["config"]);
    let lag = config.find_map(|config| config["min.compaction.lag.ms"].as_str());
    let Some(lag) = lag else { return 0 };
    let retention_ms = lag.parse::<i64>().unwrap() - ADDITIONAL_MS;
    let written_by = source_of(scenario, topic);
    let mut stream_time = -1;
    let writes = scenario.inputs.iter().filter_map(|input| match input {
        Input::Record(record) if record.topic == written_by && is_write(record) => Some(record.ts),
        Input::Record(_) | Input::Advance { .. } => None,
    });
    let refused = writes.filter(|&time| {
        let is_refused = time < stream_time - retention_ms;
        stream_time = stream_time.max(time);
        is_refused
    });
    refused.count()
}

/// The input topic whose records are written to the store with this changelog.
fn source_of<'a>(scenario: &'a Scenario, changelog: &str) -> &'a str {
    let topics: Vec<&str> = scenario.topics.inputs.keys().map(String::as_str).collect();
    let of_store = match changelog {
        "oracle-xs-changelog" => "x",
        "oracle-ys-changelog" => "y",
        "oracle-os-changelog" => "o",
        "oracle-ps-changelog" => "p",
        "oracle-vt2-changelog" => "in2",
        "oracle-v-changelog" => "cmd",
        _ if topics.contains(&"t") => "t",
        _ => "in",
    };
    topics.into_iter().find(|topic| *topic == of_store).unwrap()
}

/// Whether a record is a write: one with a key and, if it is a command, one that writes.
fn is_write(record: &Record) -> bool {
    let is_reading =
        |command: &str| record.topic == "cmd" && (command.starts_with("get") || command.starts_with("asof"));
    !record.key.is_null() && !record.value.as_str().is_some_and(is_reading)
}
