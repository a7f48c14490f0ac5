//! A scenario's topology in the test driver.

use std::time::Duration;

use millstream::state::RawRow;
use millstream::test::{RawOutput, StoreBacking, TestConfig, TopologyTestDriver};
use millstream::{Header, Timestamp, Topology};

use crate::scenario::{Record, Scenario};

/// A topology running as the scenario's configuration says.
pub(crate) struct Run(TopologyTestDriver);

impl Run {
    pub(crate) fn start(scenario: &Scenario, topology: &Topology, backing: StoreBacking) -> Self {
        let config = TestConfig {
            application_id: scenario.config.application_id.clone(),
            initial_wall_clock: Timestamp::from_millis(scenario.config.initial_wall_ms),
            cache_bytes_max: scenario.config.cache_bytes_max.parse().unwrap(),
            backing,
            ..TestConfig::default()
        };
        Self(TopologyTestDriver::with_config(topology, &config).unwrap())
    }

    pub(crate) fn pipe(&self, record: &Record) {
        let header = |(name, value): &(String, Option<String>)| Header {
            name: name.clone(),
            value: value.clone().map(String::into_bytes),
        };
        let bytes = |text: &Option<String>| text.clone().map(String::into_bytes);
        let (key, value) = (bytes(&record.key), bytes(&record.value));
        let headers = record.headers.iter().map(header).collect();
        self.0.pipe_bytes(&record.topic, key.as_deref(), value.as_deref(), record.ts, &headers).unwrap();
    }

    pub(crate) fn advance(&self, wall_ms: u64) {
        self.0.advance_wall_clock(Duration::from_millis(wall_ms)).unwrap();
    }

    /// The records written since the last call, of all topics, in the order written.
    pub(crate) fn written(&self) -> Vec<RawOutput> {
        self.0.take_all_outputs()
    }

    /// How many records were dropped so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.0.dropped_records().values().sum()
    }

    /// All rows of a store, in its order.
    pub(crate) fn rows(&self, store: &str) -> Vec<RawRow> {
        self.0.dump_store(store).unwrap().1
    }
}
