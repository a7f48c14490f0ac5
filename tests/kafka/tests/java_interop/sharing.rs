//! Topics and topologies that both sides share: partitions, contents of records, transactions, names.

use millstream::{Data, partition_for};
use millstream_kafka_tests::PARTITIONS;
use serde_json::{Value, json};

use crate::stage::Side::Millstream;
use crate::stage::Stage;
use crate::topologies::topology;

fn bytes<T: Data>(value: T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes).unwrap();
    bytes
}

/// Keys as a Java producer is given them, and what bytes they are to Millstream.
fn keys() -> Vec<(&'static str, Value, Vec<u8>)> {
    let mut keys = Vec::new();
    for text in ["a", "kafka", "grün", "groß und größer", "🚲", "👩‍🌾 and 𝄞", "\u{0}", ""] {
        keys.push(("string", json!(text), bytes(text.to_owned())));
    }
    for number in [0, 1, -1, 42, i32::MAX, i32::MIN] {
        keys.push(("integer", json!(number), bytes(number)));
        keys.push(("long", json!(number), bytes(i64::from(number))));
        keys.push(("double", json!(f64::from(number) / 3.0), bytes(f64::from(number) / 3.0)));
        keys.push(("float", json!(f64::from(number) / 4.0), bytes((f64::from(number) / 4.0) as f32)));
    }
    for number in [i64::MAX, i64::MIN] {
        keys.push(("long", json!(number), bytes(number)));
    }
    keys.push(("short", json!(-300), bytes(-300_i16)));
    keys.push(("boolean", json!(true), bytes(true)));
    keys.push(("boolean", json!(false), bytes(false)));
    for len in 0..8 {
        let key: Vec<u8> = (0..len).map(|number| 0xff - number).collect();
        keys.push(("bytes", json!(hex(&key)), key));
    }
    let uuid = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
    keys.push(("uuid", json!(uuid), bytes(uuid.to_owned())));
    keys
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn keys_of_a_java_producer_are_in_the_partitions_where_millstream_expects_and_writes_them() {
    let mut stage = Stage::set("partitions", "copy", &["in", "out"]);
    let keys = keys();
    let records: Vec<Value> = keys.iter().map(|(format, key, _)| json!({ "keys": format, "key": key })).collect();
    let landed = stage.java.produce("partitions-in", &records);
    for ((format, key, bytes), landed) in keys.iter().zip(&landed) {
        assert_eq!(landed["key"], hex(bytes), "{format} {key}");
        assert_eq!(landed["partition"], partition_for(bytes, PARTITIONS).number(), "{format} {key}");
    }
    let keyless = stage.java.produce("partitions-in", &vec![json!({ "value": "without a key" }); 20]);
    assert!(keyless.iter().all(|record| record["key"].is_null()));
    stage.start(Millstream);
    let all = keys.len() + keyless.len();
    stage.wait_for(&all, |stage| stage.read("out", "bytes", "string").len());
    stage.close();
    let place = |record: &Value| (record["key"].to_string(), record["partition"].as_u64());
    let mut copied: Vec<_> = stage.read("out", "bytes", "string").iter().map(place).collect();
    copied.retain(|(key, _)| key != "null");
    let mut landed: Vec<_> = landed.iter().map(place).collect();
    copied.sort();
    landed.sort();
    assert_eq!(copied, landed);
}

/// The records of Millstream as Java reads them, without their offsets.
fn contents(stage: &mut Stage, topic: &str, isolation: &str) -> Vec<String> {
    let topic = format!("{}-{topic}", stage.application);
    let request = json!({ "do": "read", "topic": topic, "keys": "string", "values": "string", "isolation": isolation });
    let mut read = stage.java.ask(&request);
    let content = |record: &mut Value| {
        record.as_object_mut().unwrap().remove("offset");
        record.to_string()
    };
    let mut contents: Vec<String> = read.iter_mut().map(content).collect();
    contents.sort();
    contents
}

#[test]
fn a_java_consumer_reads_the_same_in_either_isolation_headers_times_and_nulls_included() {
    let mut stage = Stage::set("contents", "copy", &["in", "out"]);
    let records = [
        json!({ "key": "headers", "value": "v", "timestamp": 1_700_000_000_000_i64,
                "headers": { "trace": "a1", "größe": "🚲", "empty": "", "null": null } }),
        json!({ "key": "a row deleted", "timestamp": 7 }),
        json!({ "key": "empty", "value": "", "timestamp": 1 }),
        json!({ "key": "", "value": "empty key", "timestamp": 9_000_000_000_000_i64 }),
    ];
    stage.produce("in", &records);
    stage.start(Millstream);
    let expected = contents(&mut stage, "in", "read_committed");
    assert_eq!(expected.len(), records.len());
    stage.wait_for(&expected, |stage| contents(stage, "out", "read_committed"));
    assert_eq!(contents(&mut stage, "out", "read_uncommitted"), expected);
    stage.close();
}

/// Unlike Kafka Streams, which reads them unless it processes exactly once.
#[test]
fn millstream_reads_what_was_committed_and_not_what_was_aborted() {
    let mut stage = Stage::set("transactions", "copy", &["in", "out"]);
    for (ending, value) in [("commit", "first"), ("abort", "never"), ("commit", "last"), ("abort", "never")] {
        let records = ["anna", "bert", "chloë"].map(|key| json!({ "key": key, "value": value, "timestamp": 5 }));
        let request = json!({ "do": "produce", "topic": "transactions-in", "records": records, "transaction": ending });
        stage.java.ask(&request);
    }
    stage.start(Millstream);
    let expected = contents(&mut stage, "in", "read_committed");
    assert_eq!(expected.len(), 6);
    stage.wait_for(&expected, |stage| contents(stage, "out", "read_uncommitted"));
    stage.close();
    assert_eq!(contents(&mut stage, "out", "read_uncommitted"), expected);
}

#[test]
fn both_sides_describe_a_topology_in_the_same_words() {
    let mut stage = Stage::set("described", "copy", &[]);
    for name in ["word-count", "aggregates", "join", "partition-time"] {
        let request = json!({ "do": "describe", "topology": name, "application": "described" });
        let java = stage.java.ask(&request).remove(0);
        assert_eq!(topology(name, "described").describe().to_string(), java["text"].as_str().unwrap(), "{name}");
    }
}
