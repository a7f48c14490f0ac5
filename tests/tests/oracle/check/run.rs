//! A scenario's topology in the test driver.

use std::time::Duration;

use millstream::errors::{ErrorHandler, Handlers};
use millstream::state::{BufferSize, RawRow, StoreKind};
use millstream::test::{RawOutput, StoreBacking, TestConfig, TestError, TestVersionedStore, TopologyTestDriver};
use millstream::{Header, Timestamp, Topology};

use super::decode;
use crate::scenario::{Record, Scenario};

/// A topology that runs with the scenario's configuration.
pub(crate) struct Run {
    driver: TopologyTestDriver,
}

impl Run {
    pub(crate) fn start(scenario: &Scenario, topology: &Topology, backing: StoreBacking) -> Self {
        let config = TestConfig {
            application_id: scenario.config.application_id.clone(),
            initial_wall_clock: Timestamp::from_millis(scenario.config.initial_wall_ms),
            cache_bytes_max: scenario.config.cache_bytes_max.parse().unwrap(),
            handlers: handlers(scenario),
            backing,
            ..TestConfig::default()
        };
        Self { driver: TopologyTestDriver::with_config(topology, &config).unwrap() }
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

    /// The records written since the last call, of all topics, in the order written.
    pub(crate) fn written(&self) -> Vec<RawOutput> {
        self.driver.take_all_outputs()
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

fn handlers(scenario: &Scenario) -> Handlers {
    let config = &scenario.config;
    let handler = |name: &Option<String>| match name.as_deref() {
        None => ErrorHandler::Fail,
        Some("LogAndContinueExceptionHandler" | "LogAndContinueProcessingExceptionHandler") => ErrorHandler::Continue,
        Some(other) => panic!("{}: no handler `{other}` here", scenario.name),
    };
    let (deserialization, processing) = (handler(&config.deserialization_handler), handler(&config.processing_handler));
    let dead_letters = config.dead_letter_topic.as_deref().map(Into::into);
    Handlers { deserialization, processing, dead_letters, ..Handlers::default() }
}
