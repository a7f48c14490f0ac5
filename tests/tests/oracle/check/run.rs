//! A scenario's topology in the test driver.

use std::time::Duration;

use millstream::errors::{ErrorHandler, Handlers};
use millstream::state::{RawRow, StoreKind};
use millstream::test::{RawOutput, StoreBacking, TestConfig, TestError, TopologyTestDriver};
use millstream::{Header, Timestamp, Topology};

use super::decode;
use crate::scenario::{Record, Scenario};

/// A topology running as the scenario's configuration says.
pub(crate) struct Run(TopologyTestDriver);

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
        Self(TopologyTestDriver::with_config(topology, &config).unwrap())
    }

    pub(crate) fn pipe(&self, scenario: &Scenario, record: &Record) -> Result<(), TestError> {
        let header = |(name, value): &(String, Option<String>)| Header {
            name: name.clone(),
            value: value.clone().map(String::into_bytes),
        };
        let (key_type, value_type) = &scenario.topics.inputs[&record.topic];
        let (key, value) = (decode::encoded(key_type, &record.key), decode::encoded(value_type, &record.value));
        let headers = record.headers.iter().map(header).collect();
        self.0.pipe_bytes(&record.topic, key.as_deref(), value.as_deref(), record.ts, &headers)
    }

    pub(crate) fn advance(&self, wall_ms: u64) -> Result<(), TestError> {
        self.0.advance_wall_clock(Duration::from_millis(wall_ms))
    }

    /// The records written since the last call, of all topics, in the order written.
    pub(crate) fn written(&self) -> Vec<RawOutput> {
        self.0.take_all_outputs()
    }

    /// How many records were dropped so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.0.dropped_records().values().sum()
    }

    /// The names of all stores, sorted.
    pub(crate) fn stores(&self) -> Vec<String> {
        let mut names = self.0.store_names();
        names.sort();
        names
    }

    /// The kind of a store and all its rows, in its order.
    pub(crate) fn store(&self, name: &str) -> (StoreKind, Vec<RawRow>) {
        self.0.dump_store(name).unwrap()
    }
}

fn handlers(scenario: &Scenario) -> Handlers {
    let deserialization = match scenario.config.deserialization_handler.as_deref() {
        None => ErrorHandler::Fail,
        Some("LogAndContinueExceptionHandler") => ErrorHandler::Continue,
        Some(other) => panic!("{}: no handler `{other}` here", scenario.name),
    };
    Handlers { deserialization, ..Handlers::default() }
}
