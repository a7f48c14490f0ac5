//! The answers to a scenario's inputs: records out, records dropped, rows of stores, records of internal topics.

use std::collections::BTreeMap;

use millstream::Topology;
use millstream::test::{RawOutput, StoreBacking};
use serde_json::Value;

use super::run::Run;
use super::{decode, same, same_lines};
use crate::scenario::{Input, Scenario};

/// Feeds the scenario's inputs to `topology`, with its stores in `backing`, one by one, and holds every answer against
/// Kafka Streams'.
pub(crate) fn check(scenario: &Scenario, topology: &Topology, backing: StoreBacking) {
    let run = Run::start(scenario, topology, backing);
    let mut internal: BTreeMap<String, Vec<RawOutput>> = BTreeMap::new();
    let mut dropped_at = Vec::new();
    for (index, input) in scenario.inputs.iter().enumerate() {
        let dropped = run.dropped();
        match input {
            Input::Record(record) => run.pipe(record),
            Input::Advance { advance_wall_ms } => run.advance(*advance_wall_ms),
        }
        let (outputs, others): (Vec<_>, Vec<_>) =
            run.written().into_iter().partition(|record| scenario.topics.outputs.contains_key(record.topic.as_str()));
        others.into_iter().for_each(|record| internal.entry(record.topic.to_string()).or_default().push(record));
        check_outputs(scenario, index, &outputs);
        if run.dropped() > dropped {
            dropped_at.push((index, run.dropped() - dropped));
        }
    }
    same(scenario, "records dropped: (input, how many)", &scenario.dropped_at, &dropped_at);
    same(scenario, "records dropped in all", &scenario.dropped, &run.dropped());
    check_stores(scenario, &run);
    check_internal_topics(scenario, &internal);
}

fn check_outputs(scenario: &Scenario, index: usize, got: &[RawOutput]) {
    let mut expected = scenario.outputs[index].clone();
    let mut got: Vec<Value> = got.iter().map(|record| decode::record(&scenario.topics.outputs, record)).collect();
    if scenario.several_queues.contains(&index) {
        // Which queue comes first at equal times is the JVM driver's own: compare topic by topic.
        let topic = |record: &Value| record["topic"].to_string();
        expected.sort_by_key(topic);
        got.sort_by_key(topic);
    }
    same_lines(scenario, format_args!("outputs of input {index}"), &lines(&expected), &lines(&got));
}

fn check_stores(scenario: &Scenario, run: &Run) {
    for (name, store) in &scenario.stores {
        let expected = without_cached_leftovers(scenario, &store.rows);
        let got: Vec<Value> = run.rows(name).iter().map(|row| decode::row(&expected, row)).collect();
        same_lines(scenario, format_args!("rows of store `{name}`"), &lines(&expected), &lines(&got));
    }
}

/// The rows that the store itself still has. Kafka Streams' record cache goes on showing windows that the store below it
/// has let go: `docs/guide/differences.md`, "Expired windows in a cached store".
fn without_cached_leftovers(scenario: &Scenario, rows: &[Value]) -> Vec<Value> {
    const RETENTION_MS: i64 = 8_000;
    if scenario.name != "tumbling-aggregate-cache" {
        return rows.to_vec();
    }
    let start = |row: &Value| row[0]["start"].as_i64().unwrap();
    let latest = rows.iter().map(start).max().unwrap();
    rows.iter().filter(|row| start(row) > latest - RETENTION_MS).cloned().collect()
}

fn check_internal_topics(scenario: &Scenario, got: &BTreeMap<String, Vec<RawOutput>>) {
    let names = |topics: Vec<&String>| topics.into_iter().cloned().collect::<Vec<_>>();
    let expected = names(scenario.internal.keys().collect());
    same(scenario, "internal topics written to", &expected, &names(got.keys().collect()));
    for (topic, expected) in &scenario.internal {
        let records: Vec<Value> = got[topic].iter().take(expected.first.len()).map(decode::bytes_of).collect();
        same_lines(scenario, format_args!("first records of `{topic}`"), &lines(&expected.first), &lines(&records));
        same(scenario, format_args!("number of records of `{topic}`"), &expected.records, &got[topic].len());
    }
}

fn lines(values: &[Value]) -> Vec<String> {
    values.iter().map(Value::to_string).collect()
}
