//! The differences from Kafka Streams in these scenarios, each with its reason. All are in `docs/guide/differences.md`;
//! nothing else may differ.

use serde_json::{Value, json};

use super::versions;
use crate::scenario::Scenario;

/// Whether the scenario is about the order of rows of a store on disk, which is another than that of a store in memory.
pub(super) fn is_for_disk_alone(scenario: &Scenario) -> bool {
    ["store-window-rocks", "store-window-dup", "store-session-rocks"].contains(&scenario.name.as_str())
}

/// Whether global stores are on disk in Kafka Streams. Here they are always in memory.
pub(super) fn is_global_persistent() -> bool {
    true
}

/// Whether tasks whose next records have the same time go in another order. Kafka Streams' driver keeps its queues in a
/// binary heap, so of three queues with equal times the last one is read second; Millstream orders them by task id.
pub(super) fn has_other_order_of_ties(scenario: &Scenario) -> bool {
    ["merge-repartition", "names-explicit", "names-generated"].contains(&scenario.name.as_str())
}

/// Whether Kafka Streams fails at this input by a fault of its own: a left join with a grace period at a null key.
pub(super) fn fails_by_a_fault(scenario: &Scenario, input: usize) -> bool {
    scenario.name == "join-st-grace-left-nullkey" && scenario.error.as_ref().is_some_and(|error| error.input == input)
}

/// `describe()`: Kafka Streams prints the Java object that computes a sink's topic.
pub(super) fn describe(scenario: &Scenario) -> String {
    scenario.describe.replace("(extractor class: by-length)", "(extractor class: computed for each record)")
}

/// A sub-topology. The changelog of a window or session store that came from a supplier keeps the windows' size and grace in Kafka
/// Streams, though the store itself keeps rows longer; here it keeps them as long as the store.
pub(super) fn subtopology(scenario: &Scenario, expected: &Value) -> Value {
    let mut expected = expected.clone();
    match scenario.name.as_str() {
        "tumbling-memory" => {
            expected["changelog"]["oracle-w-changelog"]["config"]["retention.ms"] = json!("86420000");
        }
        "session-memory" => {
            expected["changelog"]["oracle-s-changelog"]["config"]["retention.ms"] = json!("86415000");
        }
        _ => {}
    }
    expected
}

/// The groups of co-partitioned topics. A join without a name takes the repartition of an earlier join of its stream; Kafka Streams then
/// does not compare the partitions of that topic with those of the other side.
pub(super) fn copartitioned(scenario: &Scenario) -> Vec<Vec<String>> {
    match scenario.name.as_str() {
        "names-generated" => {
            vec![["o", "oracle-KSTREAM-KEY-SELECT-0000000002-repartition", "t"].map(str::to_owned).to_vec()]
        }
        "names-generated-opt" => {
            let merged = "oracle-KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition";
            vec![["o", merged, "t"].map(str::to_owned).to_vec()]
        }
        _ => scenario.subtopologies.copartition.clone(),
    }
}

/// The rows of a dump. Kafka Streams' record cache returns windows that the store below it no longer has. And a dump is ordered
/// by key and then by window, although stores in memory, and those of sliding windows that are emitted when they close, are ordered
/// by window and then by key.
pub(super) fn rows(scenario: &Scenario, rows: &[Value]) -> Vec<Value> {
    // What a cached store of sliding or session windows has shows a difference or a gap longer.
    const SLIDING_MS: i64 = 16_000;
    const SESSIONS_MS: i64 = 11_000;
    let time = |row: &Value, name: &str| row[0][name].as_i64().unwrap();
    let start = |row: &Value| time(row, "start");
    let mut rows = rows.to_vec();
    match scenario.name.as_str() {
        "tumbling-aggregate-cache" | "hopping-aggregate-cache" | "suppress-close-hopping-cache" => {
            let retention_ms = if scenario.name == "suppress-close-hopping-cache" { 6_000 } else { 8_000 };
            let latest = rows.iter().map(start).max().unwrap();
            rows.retain(|row| start(row) > latest - retention_ms);
        }
        "sliding-aggregate-cache" => {
            let latest = rows.iter().map(start).max().unwrap();
            rows.retain(|row| start(row) > latest - SLIDING_MS);
        }
        "session-aggregate-cache" => {
            let latest = rows.iter().map(|row| time(row, "end")).max().unwrap();
            rows.retain(|row| time(row, "end") > latest - SESSIONS_MS);
        }
        "store-window-memory" | "join-ss-memory" | "emit-final-sliding" => {
            rows.sort_by_key(|row| (row[0]["key"].to_string(), start(row)));
        }
        "session-memory" | "store-session-memory" => {
            rows.sort_by_key(|row| (row[0]["key"].to_string(), row[0]["end"].as_i64(), start(row)));
        }
        _ => {}
    }
    rows
}

/// Removes the headers of dead letters that name Java's exception and its text, which have other texts here.
pub(super) fn without_exceptions(scenario: &Scenario, outputs: &mut [Value]) {
    let names = ["__streams.errors.exception", "__streams.errors.message", "__streams.errors.stacktrace"];
    let is_of_exception = |header: &Value| header[0].as_str().is_some_and(|name| names.contains(&name));
    for record in
        outputs.iter_mut().filter(|record| record["topic"].as_str() == scenario.config.dead_letter_topic.as_deref())
    {
        record["headers"].as_array_mut().unwrap().retain(|header| !is_of_exception(header));
    }
}

/// The output of one input. Sessions that a cached store merges although the store below no longer shows them are deleted.
pub(super) fn outputs(scenario: &Scenario, input: usize) -> Vec<Value> {
    let mut outputs = scenario.outputs[input].clone();
    without_exceptions(scenario, &mut outputs);
    for (_, key, start, end) in deleted_sessions(scenario).iter().filter(|deleted| deleted.0 == input) {
        let key = json!({ "key": key, "start": start, "end": end });
        outputs.insert(0, json!({ "topic": "out", "key": key, "value": null, "ts": end }));
    }
    outputs
}

/// The sessions that Kafka Streams merges without deleting them: at which input, the key, the start and the end.
fn deleted_sessions(scenario: &Scenario) -> &'static [(usize, &'static str, i64, i64)] {
    match scenario.name.as_str() {
        "session-aggregate-cache" => &[(106, "c", 60_754, 66_049)],
        _ => &[],
    }
}

/// How many records Kafka Streams does not write to a changelog although they should be there.
pub(super) fn unlogged(scenario: &Scenario) -> usize {
    deleted_sessions(scenario).len()
}

/// Where records are dropped. A window store refuses a write when the segment of its window is over, in memory as on
/// disk; Kafka Streams' store in memory refuses it when the window itself is. Reads decide by the window in both.
pub(super) fn dropped_at(scenario: &Scenario) -> Vec<(usize, u64)> {
    let dropped = scenario.dropped_at.iter().map(|&(input, count)| (input, count - in_open_segments(scenario, input)));
    dropped.filter(|(_, count)| *count > 0).collect()
}

/// The total number of dropped records.
pub(super) fn dropped(scenario: &Scenario) -> u64 {
    let accepted = scenario.dropped_at.iter().map(|(input, _)| in_open_segments(scenario, *input));
    scenario.dropped - accepted.sum::<u64>()
}

/// How many writes of this input are to windows that are over and in a segment that is not.
fn in_open_segments(scenario: &Scenario, input: usize) -> u64 {
    let inputs: &[usize] = match scenario.name.as_str() {
        "store-window-memory" => &[21, 58, 68, 70, 120, 195],
        "store-session-memory" => &[25, 26, 78, 85, 179],
        "join-ss-memory" => &[14, 23, 30, 48, 65, 66, 90, 101, 155, 186, 198],
        _ => &[],
    };
    u64::from(inputs.contains(&input))
}

/// How many writes a store refused that Kafka Streams nevertheless logs to `topic`. Here a refused write is not in
/// the changelog. The removal of a session is not counted as dropped when it is refused.
pub(super) fn refused_writes(scenario: &Scenario, topic: &str) -> usize {
    match scenario.name.as_str() {
        "store-window-rocks" | "store-window-memory" | "store-window-dup" => dropped_at(scenario).len(),
        "store-session-rocks" | "store-session-memory" => dropped_at(scenario).len() + 1,
        "join-ss-inner-asym" => usize::from(topic.contains("-other-join-")),
        "join-ss-inner-before-only" => usize::from(topic.contains("-JOINOTHER-")),
        "join-ss-left-asym" | "join-ss-outer" => usize::from(topic.contains("-OUTEROTHER-")),
        _ => versions::refused(scenario, topic),
    }
}
