//! A word count that Millstream and Kafka Streams run in turns as one application: each continues from the offsets, the
//! changelog and the repartition topic of the other. All names are generated.

use std::collections::BTreeMap;

use millstream_kafka_tests::{counted, lines};
use serde_json::{Value, json};

use crate::stage::Side::{KafkaStreams, Millstream};
use crate::stage::{Side, Stage, values};

const STORE: &str = "KSTREAM-AGGREGATE-STATE-STORE-0000000003";

fn records(lines: &[String]) -> Vec<Value> {
    lines.iter().map(|line| json!({ "value": line, "timestamp": 1_700_000_000_000_i64 })).collect()
}

fn word_counts(lines: &[String]) -> BTreeMap<String, Value> {
    counted(lines).into_iter().map(|(word, count)| (json!(word).to_string(), json!(count))).collect()
}

/// Counts words in turns. Each side is closed in the middle of its part, so that uncounted words are in the repartition topic
/// when the other side starts.
fn count_words_in_turns(application: &'static str, sides: &[Side], settings: Value) {
    let mut stage = Stage::set(application, "word-count", &["lines", "counts"]);
    stage.settings = settings;
    let mut lines = lines(9_000);
    let part = lines.len() / sides.len();
    for (number, side) in sides.iter().enumerate() {
        let part = &lines[number * part..(number + 1) * part];
        let (early, late) = part.split_at(part.len() / 2);
        stage.produce("lines", &records(early));
        stage.start(*side);
        stage.produce("lines", &records(late));
        stage.close();
    }
    let left: Vec<Value> = (0..100).map(|number| json!({ "key": format!("word{number}"), "value": "" })).collect();
    stage.produce(&format!("{STORE}-repartition"), &left);
    lines.extend((0..100).map(|number| format!("word{number}")));
    let expected = word_counts(&lines);
    stage.start(sides[0]);
    stage.wait_for(&expected, |stage| values(&stage.rows::<i64>(STORE)));
    stage.close();
    assert_eq!(values(&stage.latest("counts", "string", "long")), expected);
    assert_eq!(values(&stage.latest(&format!("{STORE}-changelog"), "string", "long")), expected);
}

#[test]
fn words_counted_by_millstream_are_counted_on_by_kafka_streams_and_back() {
    count_words_in_turns("words-ours-first", &[Millstream, KafkaStreams, Millstream, KafkaStreams], json!({}));
}

/// The broker turns the group of the one protocol into one of the other and keeps its offsets.
#[test]
fn words_counted_under_the_streams_protocol_are_counted_on_by_millstream_and_back() {
    count_words_in_turns("words-java-first", &[KafkaStreams, Millstream], json!({ "group.protocol": "streams" }));
}

/// Millstream reads committed records. It waits until the broker has aborted the open transaction, and continues from the
/// offsets and the changelog of the last committed one.
#[test]
fn words_of_a_killed_exactly_once_application_are_counted_on_exactly_by_millstream() {
    let mut stage = Stage::set("words-killed", "word-count", &["lines", "counts"]);
    stage.settings = json!({
        "processing.guarantee": "exactly_once_v2", "commit.interval.ms": 4_000, "producer.transaction.timeout.ms": 6_000,
    });
    let lines = lines(6_000);
    let (committed, open) = lines.split_at(lines.len() / 2);
    stage.produce("lines", &records(committed));
    stage.start(KafkaStreams);
    stage.wait_for(&word_counts(committed), |stage| values(&stage.latest("counts", "string", "long")));
    stage.produce("lines", &records(open));
    stage.kill_java();
    stage.start(Millstream);
    stage.wait_for(&word_counts(&lines), |stage| values(&stage.rows::<i64>(STORE)));
    stage.close();
    assert_eq!(values(&stage.latest("counts", "string", "long")), word_counts(&lines));
}
