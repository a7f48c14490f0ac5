//! A scenario's topology in the test driver.

use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use millstream::errors::{Decision, ErrorContext, ErrorHandler, Handlers};
use millstream::state::{BufferSize, RawRow, StoreKind};
use millstream::test::{RawOutput, StoreBacking, TestConfig, TestError, TestVersionedStore, TopologyTestDriver};
use millstream::{Header, Headers, Partition, Timestamp, Topology};

use super::decode;
use crate::scenario::{Record, Scenario};

/// A topology that runs with the scenario's configuration.
pub(crate) struct Run {
    driver: TopologyTestDriver,
    dead_letters: DeadLetters,
}

/// Records that handlers have sent to a dead-letter topic since they were last taken.
type DeadLetters = Arc<Mutex<Vec<RawOutput>>>;

impl Run {
    pub(crate) fn start(scenario: &Scenario, topology: &Topology, backing: StoreBacking) -> Self {
        let dead_letters = DeadLetters::default();
        let config = TestConfig {
            application_id: scenario.config.application_id.clone(),
            initial_wall_clock: Timestamp::from_millis(scenario.config.initial_wall_ms),
            cache_bytes_max: scenario.config.cache_bytes_max.parse().unwrap(),
            handlers: handlers(scenario, &dead_letters),
            backing,
            ..TestConfig::default()
        };
        Self { driver: TopologyTestDriver::with_config(topology, &config).unwrap(), dead_letters }
    }

    pub(crate) fn pipe(&self, scenario: &Scenario, record: &Record) -> Result<(), TestError> {
        let header = |(name, value): &(String, Option<String>)| Header {
            name: name.clone(),
            value: value.clone().map(String::into_bytes),
        };
        let (key_type, value_type) = &scenario.topics.inputs[&record.topic];
        let (key, value) = (decode::encoded(key_type, &record.key), decode::encoded(value_type, &record.value));
        let headers = record.headers.iter().map(header).collect();
        self.driver.pipe_bytes(&record.topic, key.as_deref(), value.as_deref(), record.ts, &headers)
    }

    pub(crate) fn advance(&self, wall_ms: u64) -> Result<(), TestError> {
        self.driver.advance_wall_clock(Duration::from_millis(wall_ms))
    }

    /// The records written since the last call, of all topics, in the order written; those of handlers come last.
    pub(crate) fn written(&self) -> Vec<RawOutput> {
        let mut written = self.driver.take_all_outputs();
        written.append(&mut mem::take(&mut *self.dead_letters.lock().unwrap()));
        written
    }

    /// How many records were dropped so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.driver.dropped_records().values().sum()
    }

    /// The names of all stores, sorted.
    pub(crate) fn stores(&self) -> Vec<String> {
        let mut names = self.driver.store_names();
        names.sort();
        names
    }

    /// The versioned store of this name.
    pub(crate) fn versioned(&self, name: &str) -> TestVersionedStore<String, String> {
        self.driver.versioned_store(name)
    }

    /// How much waits in a buffer.
    pub(crate) fn buffer(&self, name: &str) -> BufferSize {
        self.driver.buffer_size(name).unwrap()
    }

    /// The kind of a store and all its rows, in its order.
    pub(crate) fn store(&self, name: &str) -> (StoreKind, Vec<RawRow>) {
        self.driver.dump_store(name).unwrap()
    }
}

fn handlers(scenario: &Scenario, dead_letters: &DeadLetters) -> Handlers {
    let config = &scenario.config;
    let handler = |name: &Option<String>| match (name.as_deref(), &config.dead_letter_topic) {
        (None, _) => ErrorHandler::Fail,
        (Some("LogAndContinueExceptionHandler" | "LogAndContinueProcessingExceptionHandler"), None) => {
            ErrorHandler::Continue
        }
        (Some("LogAndContinueExceptionHandler" | "LogAndContinueProcessingExceptionHandler"), Some(topic)) => {
            let (topic, dead_letters) = (topic.clone(), Arc::clone(dead_letters));
            ErrorHandler::custom(move |context| {
                dead_letters.lock().unwrap().push(dead_letter(&topic, context));
                Decision::Continue
            })
        }
        (Some(other), _) => panic!("{}: no handler `{other}` here", scenario.name),
    };
    let (deserialization, processing) = (handler(&config.deserialization_handler), handler(&config.processing_handler));
    Handlers { deserialization, processing, ..Handlers::default() }
}

/// What Kafka Streams' handlers write to a dead-letter topic, but for the names and texts of Java's exceptions.
fn dead_letter(topic: &str, context: &ErrorContext<'_>) -> RawOutput {
    let (record, origin) = (context.record.unwrap(), context.failure.origin.as_ref().unwrap());
    let mut headers: Headers = record.headers.iter().cloned().collect();
    headers.add("__streams.errors.topic", origin.topic.as_str());
    headers.add("__streams.errors.partition", origin.partition.to_string());
    headers.add("__streams.errors.offset", origin.offset.to_string());
    RawOutput {
        topic: topic.into(),
        partition: Partition::new(0),
        timestamp: record.timestamp,
        key: record.key.map(<[u8]>::to_vec),
        value: record.value.map(<[u8]>::to_vec),
        headers,
    }
}
