//! The results of a scenario's inputs: output records, dropped records, rows of stores, records of internal topics.

use std::collections::BTreeMap;

use millstream::Topology;
use millstream::state::StoreKind;
use millstream::test::{RawOutput, StoreBacking, TestError};
use serde_json::Value;

use super::run::Run;
use super::{buffers, decode, lines, listed, same, same_lines, versions};
use crate::scenario::{Input, Scenario, Store};

/// Feeds the scenario's inputs to `topology`, with its stores in `backing`, one by one, and compares every result with
/// that of Kafka Streams.
pub(crate) fn check(scenario: &Scenario, topology: &Topology, backing: StoreBacking) {
    if listed::is_for_disk_alone(scenario) && backing == StoreBacking::InMemory {
        return;
    }
    let run = Run::start(scenario, topology, backing);
    let mut results = Results::default();
    for (index, input) in scenario.inputs.iter().enumerate() {
        let dropped = run.dropped();
        let result = match input {
            Input::Record(_) if listed::fails_by_a_fault(scenario, index) => return,
            Input::Record(record) => run.pipe(scenario, record),
            Input::Advance { advance_wall_ms } => run.advance(*advance_wall_ms),
        };
        if let Err(error) = result {
            check_error(scenario, index, &error);
            // The stores of a run that failed were not read.
            return;
        }
        results.take(scenario, index, run.written());
        if run.dropped() > dropped {
            results.dropped_at.push((index, run.dropped() - dropped));
        }
    }
    assert!(scenario.error.is_none(), "{}: Kafka Streams failed, Millstream went on", scenario.name);
    let is_listed = listed::has_other_order_of_ties(scenario);
    same(scenario, "is listed with another order of ties", &results.has_other_order, &is_listed);
    let dropped_at = listed::dropped_at(scenario);
    same(scenario, "records dropped: (input, how many)", &dropped_at, &results.dropped_at);
    same(scenario, "records dropped in all", &listed::dropped(scenario), &run.dropped());
    check_stores(scenario, &run);
    check_internal_topics(scenario, &results);
}

/// The output so far.
#[derive(Default)]
struct Results {
    internal: BTreeMap<String, Vec<RawOutput>>,
    /// For each record of `internal` its input.
    inputs: BTreeMap<String, Vec<usize>>,
    dropped_at: Vec<(usize, u64)>,
    has_other_order: bool,
}

impl Results {
    /// Takes the output of one input, and checks the records of output topics.
    fn take(&mut self, scenario: &Scenario, index: usize, written: Vec<RawOutput>) {
        let is_output = |record: &RawOutput| scenario.topics.outputs.contains_key(record.topic.as_str());
        let (outputs, internal): (Vec<_>, Vec<_>) = written.into_iter().partition(is_output);
        let queued = internal.iter().filter(|record| !record.topic.as_str().ends_with("-changelog"));
        let has_ties = has_ties(queued.chain(&outputs));
        for record in internal {
            self.inputs.entry(record.topic.to_string()).or_default().push(index);
            self.internal.entry(record.topic.to_string()).or_default().push(record);
        }
        let (mut expected, mut got) = (listed::outputs(scenario, index), decoded(scenario, &outputs));
        listed::without_exceptions(scenario, &mut got);
        if scenario.several_queues.contains(&index) && has_ties && expected != got {
            // The two drivers order queues of equal times differently, so compare topic by topic.
            self.has_other_order = true;
            let topic = |record: &Value| record["topic"].to_string();
            expected.sort_by_key(topic);
            got.sort_by_key(topic);
        }
        same_lines(scenario, format_args!("outputs of input {index}"), &lines(&expected), &lines(&got));
    }
}

/// Whether records of equal time went to different topics.
fn has_ties<'a>(records: impl Iterator<Item = &'a RawOutput> + Clone) -> bool {
    let is_tie =
        |one: &RawOutput| records.clone().any(|other| other.timestamp == one.timestamp && other.topic != one.topic);
    records.clone().any(is_tie)
}

fn decoded(scenario: &Scenario, outputs: &[RawOutput]) -> Vec<Value> {
    outputs.iter().map(|record| decode::record(&scenario.topics.outputs, record)).collect()
}

/// Checks that Kafka Streams failed at the same input, for the same reason.
fn check_error(scenario: &Scenario, index: usize, error: &TestError) {
    let Some(expected) = &scenario.error else { panic!("{}, input {index}: {error}", scenario.name) };
    same(scenario, "input at which it fails", &expected.input, &index);
    let reason = match expected.cause.rsplit('.').next() {
        Some("SerializationException") => "cannot be read",
        Some("StreamsException") => "buffer exceeded its bound",
        _ => panic!("{}: `{}` has no counterpart here", scenario.name, expected.cause),
    };
    let text = error.to_string();
    assert!(text.contains(reason), "{}: {text}", scenario.name);
}

fn check_stores(scenario: &Scenario, run: &Run) {
    same(scenario, "stores", &scenario.stores.keys().cloned().collect::<Vec<_>>(), &run.stores());
    for (name, store) in &scenario.stores {
        if let Some(waiting) = &store.waiting {
            buffers::check(scenario, name, waiting, run.buffer(name));
            continue;
        }
        if store.kind == "versioned" {
            versions::check(scenario, name, &store.rows, run);
            continue;
        }
        let (kind, rows) = run.store(name);
        let expected = listed::rows(scenario, &store.rows);
        // Without rows it is not known whether the store keeps times.
        let is_unknown = store.rows.is_empty() && kind == StoreKind::TimestampedKeyValue;
        let expected_kind = if is_unknown { kind } else { expected_kind(store) };
        same(scenario, format_args!("kind of store `{name}`"), &expected_kind, &kind);
        let is_numbered = rows.iter().any(|row| kind == StoreKind::Window && !row.key.ends_with(&[0; 4]));
        assert!(!is_numbered || keeps_duplicates(scenario, name), "{}: {name} has sequence numbers", scenario.name);
        let is_unmatched = expected.first().is_some_and(|row| row[0].get("side").is_some());
        let got: Vec<Value> = if is_unmatched {
            rows.iter().flat_map(decode::unmatched_rows).collect()
        } else {
            rows.iter().map(|row| decode::row(kind, &expected, row)).collect()
        };
        same_lines(scenario, format_args!("rows of store `{name}`"), &lines(&expected), &lines(&got));
    }
}

/// Whether a window store keeps several values per key and window: then its changelog is not compacted.
fn keeps_duplicates(scenario: &Scenario, store: &str) -> bool {
    let changelog = format!("{}-{store}-changelog", scenario.config.application_id);
    let parts = scenario.subtopologies.by_id.values();
    parts.map(|part| &part["changelog"][&changelog]["config"]).any(|config| config["cleanup.policy"] == "delete")
}

/// The kind of a store. Its rows show whether a key-value store keeps times.
fn expected_kind(store: &Store) -> StoreKind {
    let is_timestamped = store.rows.first().is_some_and(|row| !row[1]["ts"].is_null());
    match store.kind.as_str() {
        "key-value" if is_timestamped => StoreKind::TimestampedKeyValue,
        "key-value" => StoreKind::KeyValue,
        "window" => StoreKind::Window,
        "session" => StoreKind::Session,
        other => panic!("there is no kind of store `{other}`"),
    }
}

fn check_internal_topics(scenario: &Scenario, results: &Results) {
    let got = &results.internal;
    let names = |topics: Vec<&String>| topics.into_iter().cloned().collect::<Vec<_>>();
    let expected = names(scenario.internal.keys().collect());
    same(scenario, "internal topics written to", &expected, &names(got.keys().collect()));
    for (topic, expected) in &scenario.internal {
        let mut records: Vec<Value> = got[topic].iter().map(decode::bytes_of).collect();
        // The time of some changelogs is that of the writing, for which the data files have null.
        if expected.first.iter().any(|record| record["ts"].is_null()) {
            records.iter_mut().for_each(|record| record["ts"] = Value::Null);
        }
        if buffers::has_changelog(scenario, topic) {
            buffers::sort_commits(&expected.first, &mut records, &results.inputs[topic]);
        }
        records.truncate(expected.first.len());
        same_lines(scenario, format_args!("first records of `{topic}`"), &lines(&expected.first), &lines(&records));
        let expected = expected.records + listed::unlogged(scenario) - listed::refused_writes(scenario, topic);
        same(scenario, format_args!("number of records of `{topic}`"), &expected, &got[topic].len());
    }
}
