//! Committed offsets and the group: each side continues from those of the other.

use serde_json::{Value, json};

use crate::stage::Side::{KafkaStreams, Millstream};
use crate::stage::Stage;

/// A record that gets the time of its partition gets the one that the other side has committed.
#[test]
fn the_time_that_a_partition_has_reached_goes_from_millstream_to_kafka_streams_and_back() {
    let mut stage = Stage::set("partition-time", "partition-time", &["in", "out"]);
    let record = |value: &str, time: i64| json!({ "key": "one", "value": value, "timestamp": time });
    let mut expected = Vec::new();
    for (number, side) in (1..).zip([Millstream, KafkaStreams, Millstream, KafkaStreams]) {
        let reached = 1_000 * number;
        stage.start(side);
        if number > 1 {
            stage.produce("in", &[record("?", 1)]);
            expected.push(("?".to_owned(), reached - 1_000));
        }
        stage.produce("in", &[record("set", reached), record("late", 5)]);
        expected.extend([("set".to_owned(), reached), ("late".to_owned(), 5)]);
        stage.wait_for(&expected, |stage| {
            let read = stage.read("out", "string", "string");
            let row = |row: &Value| (row["value"].as_str().unwrap().to_owned(), row["timestamp"].as_i64().unwrap());
            read.iter().map(row).collect()
        });
        stage.close();
    }
}

/// Kafka Streams does not leave its group when it closes, so Millstream waits until its session has timed out.
#[test]
fn millstream_waits_for_the_session_of_kafka_streams_to_end() {
    let mut stage = Stage::set("not-left", "partition-time", &["in", "out"]);
    stage.start(KafkaStreams);
    stage.close_without_leaving();
    stage.start(Millstream);
    stage.produce("in", &[json!({ "key": "one", "value": "late", "timestamp": 5 })]);
    stage.wait_for(&1, |stage| stage.read("out", "string", "string").len());
    stage.close();
}
