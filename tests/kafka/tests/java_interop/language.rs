//! Sessions, joins of every kind, held-back windows, versioned and global tables: Kafka Streams and Millstream take turns, and
//! the results are those of one that ran all the time.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream::test::{TestConfig, TestError, TopologyTestDriver};
use millstream::{Data, Timestamp};
use millstream_kafka_tests::wall_clock;
use serde_json::{Value, json};

use crate::stage::Side::{KafkaStreams, Millstream};
use crate::stage::{Side, Stage};
use crate::topologies::topology;

const APPLICATION: &str = "whole-language";
const INPUTS: [&str; 6] = ["names", "events", "payments", "prices", "orders", "customers"];

/// The topics of results, and the formats of their values.
const OUTPUTS: [(&str, &str); 10] = [
    ("named", "string"),
    ("visits", "long"),
    ("finals", "long"),
    ("paid", "string"),
    ("pairs", "string"),
    ("price-changes", "string"),
    ("priced", "string"),
    ("customer-changes", "string"),
    ("enriched", "string"),
    ("order-counts", "long"),
];

/// Less than the gap of sessions, so that a turn goes on with the sessions of the one before.
const TURN_MS: i64 = 7_000;

/// The application on a broker, and beside it one in the test driver that is never stopped.
struct Twins {
    stage: Stage,
    driver: TopologyTestDriver,
    /// When the first turn begins: an hour ago, since brokers delete records of windows by their age.
    begin: i64,
    expected: BTreeMap<&'static str, Vec<Value>>,
}

impl Twins {
    fn new() -> Self {
        let topics: Vec<&str> = INPUTS.into_iter().chain(OUTPUTS.map(|(topic, _)| topic)).collect();
        let mut stage = Stage::set_with(1, APPLICATION, "language", &topics);
        // Without caches, and without a pause between two emissions of what found no match, both sides write each result.
        stage.settings = json!({
            "statestore.cache.max.bytes": 0, "__emit.interval.ms.kstreams.outer.join.spurious.results.fix__": 0,
        });
        stage.configure = |config| (config.cache_bytes_max, config.emit_interval) = (0, Duration::ZERO);
        let config = TestConfig { cache_bytes_max: 0, ..TestConfig::default() };
        let driver = TopologyTestDriver::with_config(&topology("language", APPLICATION), &config).unwrap();
        let begin = (wall_clock().as_millis() - 3_600_000) / 10_000 * 10_000;
        Self { stage, driver, begin, expected: BTreeMap::new() }
    }

    /// Writes records of a key, a value and a time in the turn, and waits for their results.
    fn write(&mut self, topic: &'static str, turn: i64, records: &[(&str, Option<String>, i64)]) {
        let input = self.driver.input_topic::<String, Option<String>>(&format!("{APPLICATION}-{topic}"));
        let mut produced = Vec::new();
        for (key, value, time) in records {
            let time = self.begin + turn * TURN_MS + time;
            input.pipe_at(*key, value.clone(), Timestamp::from_millis(time)).unwrap();
            produced.push(json!({ "key": key, "value": value, "timestamp": time }));
        }
        self.stage.produce(topic, &produced);
        self.await_results();
    }

    /// Waits for what the driver has written since the last time.
    fn await_results(&mut self) {
        for (topic, format) in OUTPUTS {
            let new = match format {
                "long" => self.driven::<i64>(topic),
                _ => self.driven::<String>(topic),
            };
            if new.is_empty() {
                continue;
            }
            let expected = self.expected.entry(topic).or_default();
            expected.extend(new);
            self.stage.wait_for(expected, |stage| read(stage, topic, format));
        }
    }

    /// What the driver has written to a topic since the last time.
    fn driven<V: Data + Into<Value>>(&self, topic: &str) -> Vec<Value> {
        let output = self.driver.output_topic::<String, Option<V>>(&format!("{APPLICATION}-{topic}"));
        let read: Result<_, TestError> = output.read_all_records();
        let result = |record: millstream::Record<String, Option<V>>| {
            json!([record.key, record.value.map(Into::into), record.timestamp.as_millis()])
        };
        read.unwrap().into_iter().map(result).collect()
    }

    /// A turn of one side. It changes all tables, and has events around the ones of the turns before and after it.
    fn turn(&mut self, side: Side, turn: i64) {
        let text = |text: String| Some(text);
        self.stage.start(side);
        let price = |key, time| (key, text(format!("{}", turn * 100 + time / 100)), time);
        self.write(
            "prices",
            turn,
            &[price("anna", 0), price("bert", 1_500), price("anna", 2_000), ("bert", None, 2_600)],
        );
        let customers =
            [("c1", text(format!("Chloë {turn}")), 0), ("c2", (turn % 2 == 0).then(|| "Dora".to_owned()), 1)];
        self.write("customers", turn, &customers);
        let orders = [("o1", text(format!("c{}", turn % 3)), 10), ("o2", text("c1".to_owned()), 11), ("o3", None, 12)];
        self.write("orders", turn, &orders);
        let orders = [("o3", text("c2".to_owned()), 13), (["o1", "o2"][turn as usize % 2], None, 14)];
        self.write("orders", turn, &orders);
        let payment = |key, time| (key, text(format!("p{turn}-{time}")), time);
        self.write("payments", turn, &[payment("anna", 400), payment("dora", 2_000), payment("anna", 3_900)]);
        let event = |key, number: usize, time| (key, text(format!("e{}", number + turn as usize)), time);
        let events = [
            event("anna", 0, 100),
            event("bert", 1, 1_200),
            event("anna", 2, 2_500),
            event("bert", 3, -3_000),
            event("chloë", 0, 3_600),
            event("anna", 1, 900),
        ];
        self.write("events", turn, &events);
        self.stage.close();
    }
}

/// What stands in a topic of results.
fn read(stage: &mut Stage, topic: &str, format: &str) -> Vec<Value> {
    let records = stage.read(topic, "string", format);
    records.iter().map(|record| json!([record["key"], record["value"], record["timestamp"]])).collect()
}

#[test]
fn every_kind_of_state_goes_on_in_millstream_and_back_in_kafka_streams() {
    let mut twins = Twins::new();
    let names =
        |turn: i64| [("e1", Some(format!("one {turn}")), 0), ("e3", (turn == 2).then(|| "three".to_owned()), 0)];
    for (turn, side) in (0..).zip([KafkaStreams, Millstream, KafkaStreams, Millstream]) {
        // Nobody runs: the global table is filled before the first record is processed.
        twins.write("names", turn, &names(turn));
        twins.turn(side, turn);
    }
    for (topic, format) in OUTPUTS {
        assert_eq!(read(&mut twins.stage, topic, format), twins.expected[topic], "{topic}");
    }
    let described =
        twins.stage.java.ask(&json!({ "do": "describe", "topology": "language", "application": APPLICATION }));
    assert_eq!(described[0]["text"], topology("language", APPLICATION).describe().to_string());
}
