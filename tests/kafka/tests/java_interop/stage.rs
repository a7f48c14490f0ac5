//! A broker, Kafka's Java clients, and applications of either side that take turns.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use millstream::events::{EventSettings, State};
use millstream::state::{Direction, KeyRange, WindowRange};
use millstream::{Data, Streams, StreamsConfig, StreamsHandle};
use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::java::JavaClients;
use millstream_kafka_tests::{PARTITIONS, PATIENCE, TestClient};
use serde_json::{Value, json};

use crate::topologies::topology;

/// The side that runs the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Millstream,
    KafkaStreams,
}

/// Rows by their keys: value and time.
pub(crate) type Rows = BTreeMap<String, (Value, i64)>;

/// The set-up of one application, on a broker that all tests share. The names of its topics begin with its id.
pub(crate) struct Stage {
    pub(crate) application: &'static str,
    pub(crate) topology: &'static str,
    pub(crate) java: JavaClients,
    pub(crate) client: TestClient,
    /// Settings of Kafka Streams in addition to those of the Java program.
    pub(crate) settings: Value,
    /// Changes the settings of Millstream.
    pub(crate) configure: fn(&mut StreamsConfig),
    running: Option<StreamsHandle>,
    broker: Arc<Broker>,
}

impl Stage {
    /// Creates topics. Their names are given without the application's id.
    pub(crate) fn set(application: &'static str, topology: &'static str, topics: &[&str]) -> Self {
        Self::set_with(PARTITIONS, application, topology, topics)
    }

    /// Creates topics with this number of partitions.
    pub(crate) fn set_with(
        partitions: u32,
        application: &'static str,
        topology: &'static str,
        topics: &[&str],
    ) -> Self {
        let broker = Broker::shared();
        let client = TestClient::on(broker.bootstrap());
        topics.iter().for_each(|topic| client.create_with(&format!("{application}-{topic}"), partitions));
        let java = JavaClients::start(broker.bootstrap());
        Self { application, topology, java, client, settings: json!({}), configure: |_| {}, running: None, broker }
    }

    /// Starts the application and waits until it runs, its stores restored.
    pub(crate) fn start(&mut self, side: Side) {
        if side == Side::KafkaStreams {
            self.java.ask(&json!({
                "do": "start", "topology": self.topology, "application": self.application, "settings": self.settings,
            }));
            return;
        }
        let mut config = StreamsConfig {
            events: EventSettings { lines: false, ..EventSettings::default() },
            ..StreamsConfig::new(self.application)
        };
        (self.configure)(&mut config);
        let topology = topology(self.topology, self.application);
        let streams = Streams::new(topology, config).with_log(self.client.log.clone()).start().unwrap();
        assert_eq!(streams.wait_until(State::Running, PATIENCE), State::Running, "{:?}", streams.failure());
        self.running = Some(streams);
    }

    /// Closes it cleanly.
    pub(crate) fn close(&mut self) {
        match self.running.take() {
            Some(streams) => streams.close_blocking(PATIENCE).unwrap(),
            None => drop(self.java.ask(&json!({ "do": "close", "leave": true }))),
        }
    }

    /// Closes Kafka Streams in its default way: it remains a member of its group until its session times out.
    pub(crate) fn close_without_leaving(&mut self) {
        self.java.ask(&json!({ "do": "close", "leave": false }));
    }

    /// Kills the Java process, and Kafka Streams with it, and starts another one.
    pub(crate) fn kill_java(&mut self) {
        self.java = JavaClients::start(self.broker.bootstrap());
    }

    pub(crate) fn produce(&mut self, topic: &str, records: &[Value]) {
        let topic = self.topic(topic);
        self.java.produce(&topic, records);
    }

    /// All of a topic, read by Kafka's deserializers.
    pub(crate) fn read(&mut self, topic: &str, keys: &str, values: &str) -> Vec<Value> {
        let topic = self.topic(topic);
        self.java.read(&topic, keys, values)
    }

    fn topic(&self, name: &str) -> String {
        format!("{}-{name}", self.application)
    }

    /// The latest record of each key of a topic.
    pub(crate) fn latest(&mut self, topic: &str, keys: &str, values: &str) -> Rows {
        latest(&self.read(topic, keys, values))
    }

    /// The rows of a key-value store, queried on the side that runs.
    pub(crate) fn rows<V: Data + Into<Value>>(&mut self, store: &str) -> Rows {
        let Some(streams) = &self.running else { return self.java_rows(store, "key-value") };
        let queries = streams.key_value_store::<String, V>(store);
        let rows = queries.page(KeyRange::all(), None, Direction::Forward, usize::MAX).wait(PATIENCE).unwrap().value;
        rows.into_iter()
            .map(|row| (json!(row.key).to_string(), (row.value.into(), row.timestamp.as_millis())))
            .collect()
    }

    /// The rows of a store of counts in windows.
    pub(crate) fn windows(&mut self, store: &str) -> Rows {
        let Some(streams) = &self.running else { return self.java_rows(store, "window") };
        let queries = streams.window_store::<String, i64>(store);
        let rows = queries.page(WindowRange::all(), None, Direction::Forward, usize::MAX).wait(PATIENCE).unwrap().value;
        let row = |row: millstream::state::WindowRow<String, i64>| {
            (window_key(&row.key, row.start.as_millis()), (row.value.into(), row.timestamp.as_millis()))
        };
        rows.into_iter().map(row).collect()
    }

    fn java_rows(&mut self, store: &str, kind: &str) -> Rows {
        latest(&self.java.ask(&json!({ "do": "rows", "store": store, "kind": kind })))
    }

    /// Queries until the result is the expected one. It is not queried again after that: a query of Kafka Streams can miss rows that
    /// move from its cache to its store meanwhile, at each commit.
    pub(crate) fn wait_for<T: PartialEq + std::fmt::Debug>(&mut self, expected: &T, ask: impl Fn(&mut Self) -> T) {
        let deadline = Instant::now() + PATIENCE;
        let mut found = ask(self);
        while found != *expected && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
            found = ask(self);
        }
        assert_eq!(found, *expected);
    }
}

/// The size of the windows of the aggregates.
pub(crate) const WINDOW_MS: i64 = 10_000;

/// The key of a window's row.
pub(crate) fn window_key(key: &str, start: i64) -> String {
    json!({ "key": key, "start": start, "end": start + WINDOW_MS }).to_string()
}

/// Rows without their times.
pub(crate) fn values(rows: &Rows) -> BTreeMap<String, Value> {
    rows.iter().map(|(key, (value, _))| (key.clone(), value.clone())).collect()
}

/// The last value and time of each key; null values delete.
pub(crate) fn latest(records: &[Value]) -> Rows {
    let mut rows = Rows::new();
    for record in records {
        let key = record["key"].to_string();
        if record["value"].is_null() {
            rows.remove(&key);
        } else {
            rows.insert(key, (record["value"].clone(), record["timestamp"].as_i64().unwrap()));
        }
    }
    rows
}
