//! The driver as tests see it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use millstream_core::Topology;
use millstream_observe::events::{Event, SkipReason};
use millstream_observe::metrics::MetricsSnapshot;
use millstream_state::{RawRow, StoreKind};
use millstream_types::{Data, Headers, Nullable, RecordBytes, Serde, Timestamp, Topic};

use crate::engine::Engine;
use crate::outputs::RawOutput;
use crate::{TestConfig, TestError, TestInputTopic, TestKeyValueStore, TestOutputTopic, TestWindowStore};

/// Runs a topology in a test, record by record.
///
/// The topics and stores it hands out are handles: keep as many as you like. A driver belongs to one thread. See the
/// [crate's documentation](crate) for an example and the order in which things happen.
pub struct TopologyTestDriver {
    engine: Rc<RefCell<Engine>>,
}

impl TopologyTestDriver {
    /// A driver with the default settings.
    ///
    /// # Errors
    /// When the topology cannot be run: its topics do not fit together, or a processor's `init` fails.
    pub fn new(topology: &Topology) -> Result<Self, TestError> {
        Self::with_config(topology, &TestConfig::default())
    }

    /// A driver with settings of your own.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_config(topology: &Topology, config: &TestConfig) -> Result<Self, TestError> {
        Ok(Self { engine: Rc::new(RefCell::new(Engine::new(topology, config)?)) })
    }

    /// A topic to write to, with the serdes of its types.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::StreamsBuilder;
    /// use millstream_test::TopologyTestDriver;
    ///
    /// # let builder = StreamsBuilder::new();
    /// # builder.table::<String, i64>("in", "table").to_stream().to("out");
    /// # let topology = builder.build()?;
    /// let driver = TopologyTestDriver::new(&topology)?;
    /// driver.input_topic::<String, i64>("in").pipe("k", 1)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn input_topic<K: Nullable, V: Nullable>(&self, topic: &str) -> TestInputTopic<K, V> {
        self.input_topic_with(topic, Serde::of_type(), Serde::of_type())
    }

    /// A topic to write to, with serdes of your own.
    #[must_use]
    pub fn input_topic_with<K: Nullable, V: Nullable>(
        &self,
        topic: &str,
        keys: Serde<K::Present>,
        values: Serde<V::Present>,
    ) -> TestInputTopic<K, V> {
        TestInputTopic::new(Rc::clone(&self.engine), Topic::from(topic), keys, values)
    }

    /// A topic to read, with the serdes of its types.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::StreamsBuilder;
    /// use millstream_test::TopologyTestDriver;
    ///
    /// # let builder = StreamsBuilder::new();
    /// # builder.table::<String, i64>("in", "table").to_stream().to("out");
    /// # let topology = builder.build()?;
    /// let driver = TopologyTestDriver::new(&topology)?;
    /// driver.input_topic::<String, i64>("in").pipe("k", 1)?;
    /// assert_eq!(driver.output_topic::<String, i64>("out").read_key_value()?, ("k".to_owned(), 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn output_topic<K: Nullable, V: Nullable>(&self, topic: &str) -> TestOutputTopic<K, V> {
        self.output_topic_with(topic, Serde::of_type(), Serde::of_type())
    }

    /// A topic to read, with serdes of your own.
    #[must_use]
    pub fn output_topic_with<K: Nullable, V: Nullable>(
        &self,
        topic: &str,
        keys: Serde<K::Present>,
        values: Serde<V::Present>,
    ) -> TestOutputTopic<K, V> {
        TestOutputTopic::new(Rc::clone(&self.engine), Topic::from(topic), keys, values)
    }

    /// A key-value store, plain or timestamped.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::StreamsBuilder;
    /// use millstream_test::TopologyTestDriver;
    ///
    /// # let builder = StreamsBuilder::new();
    /// # builder.table::<String, i64>("in", "table").to_stream().to("out");
    /// # let topology = builder.build()?;
    /// let driver = TopologyTestDriver::new(&topology)?;
    /// driver.input_topic::<String, i64>("in").pipe("k", 1)?;
    /// let row = driver.key_value_store::<String, i64>("table").get(&"k".to_owned())?;
    /// assert_eq!(row, Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn key_value_store<K: Data, V: Data>(&self, name: &str) -> TestKeyValueStore<K, V> {
        TestKeyValueStore::new(Rc::clone(&self.engine), name.to_owned())
    }

    /// A window store.
    #[must_use]
    pub fn window_store<K: Data, V: Data>(&self, name: &str) -> TestWindowStore<K, V> {
        TestWindowStore::new(Rc::clone(&self.engine), name.to_owned())
    }

    /// The names of all stores, sorted.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::StreamsBuilder;
    /// use millstream_test::TopologyTestDriver;
    ///
    /// # let builder = StreamsBuilder::new();
    /// # builder.table::<String, i64>("in", "table").to_stream().to("out");
    /// # let topology = builder.build()?;
    /// let driver = TopologyTestDriver::new(&topology)?;
    /// assert_eq!(driver.store_names(), ["table"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn store_names(&self) -> Vec<String> {
        self.engine.borrow().store_names()
    }

    /// Moves the wall clock on. Every wall-clock schedule that is due runs once; what it sent is processed.
    ///
    /// # Errors
    /// When the topology fails.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::StreamsBuilder;
    /// use millstream_test::TopologyTestDriver;
    ///
    /// # let builder = StreamsBuilder::new();
    /// # builder.table::<String, i64>("in", "table").to_stream().to("out");
    /// # let topology = builder.build()?;
    /// let driver = TopologyTestDriver::new(&topology)?;
    /// let before = driver.wall_clock();
    /// driver.advance_wall_clock(std::time::Duration::from_secs(5))?;
    /// assert_eq!(driver.wall_clock().as_millis() - before.as_millis(), 5_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn advance_wall_clock(&self, step: Duration) -> Result<(), TestError> {
        self.engine.borrow_mut().advance_wall_clock(step)
    }

    /// Where the wall clock stands.
    #[must_use]
    pub fn wall_clock(&self) -> Timestamp {
        self.engine.borrow().now()
    }

    /// The names of all topics that were written so far, sorted, internal ones included.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::StreamsBuilder;
    /// use millstream_test::TopologyTestDriver;
    ///
    /// # let builder = StreamsBuilder::new();
    /// # builder.table::<String, i64>("in", "table").to_stream().to("out");
    /// # let topology = builder.build()?;
    /// let driver = TopologyTestDriver::new(&topology)?;
    /// driver.input_topic::<String, i64>("in").pipe("k", 1)?;
    /// assert!(driver.produced_topic_names().contains(&"out".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn produced_topic_names(&self) -> Vec<String> {
        self.engine.borrow().outputs.lock().topic_names()
    }

    /// How many records were left out so far, by reason; reasons that did not occur are missing.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::StreamsBuilder;
    /// use millstream_test::TopologyTestDriver;
    ///
    /// # let builder = StreamsBuilder::new();
    /// # builder.table::<String, i64>("in", "table").to_stream().to("out");
    /// # let topology = builder.build()?;
    /// let driver = TopologyTestDriver::new(&topology)?;
    /// assert!(driver.dropped_records().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn dropped_records(&self) -> BTreeMap<SkipReason, u64> {
        let engine = self.engine.borrow();
        let mut dropped = BTreeMap::new();
        for node in engine.tasks().flat_map(|task| &task.metrics().nodes) {
            for reason in SkipReason::ALL.into_iter().filter(|reason| node.dropped.of(*reason) > 0) {
                *dropped.entry(reason).or_default() += node.dropped.of(reason);
            }
        }
        dropped
    }

    /// Everything the tasks have counted.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::StreamsBuilder;
    /// use millstream_test::TopologyTestDriver;
    ///
    /// # let builder = StreamsBuilder::new();
    /// # builder.table::<String, i64>("in", "table").to_stream().to("out");
    /// # let topology = builder.build()?;
    /// let driver = TopologyTestDriver::new(&topology)?;
    /// driver.input_topic::<String, i64>("in").pipe("k", 1)?;
    /// assert!(driver.metrics().records_in() > 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn metrics(&self) -> MetricsSnapshot {
        let mut engine = self.engine.borrow_mut();
        engine.publish_metrics();
        engine.metrics.snapshot()
    }

    /// Calls `listener` with every event from now on, of every level.
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.engine.borrow().events.add_listener(listener);
    }

    /// Writes a record as bytes to a topic that the topology reads and processes it; without a partition the key chooses.
    ///
    /// # Errors
    /// When the topology does not read this topic or it has no such partition, or the topology fails.
    pub fn pipe_raw(&self, record: &RawOutput, partition: Option<u32>) -> Result<(), TestError> {
        let RawOutput { topic, timestamp, key, value, headers, .. } = record;
        let (key, value, timestamp) = (key.as_deref(), value.as_deref(), *timestamp);
        let record = RecordBytes { timestamp, key, value, headers };
        self.engine.borrow_mut().pipe(topic, partition, &record)
    }

    /// Writes key and value as bytes at this time to a topic that the topology reads, and processes the record.
    ///
    /// # Errors
    /// As [`pipe_raw`](Self::pipe_raw).
    pub fn pipe_bytes(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        timestamp: impl Into<Timestamp>,
        headers: &Headers,
    ) -> Result<(), TestError> {
        let record = RecordBytes { timestamp: timestamp.into(), key, value, headers };
        self.engine.borrow_mut().pipe(&Topic::from(topic), None, &record)
    }

    /// All records that were written and not read yet, of all topics, internal ones included, in the order written. They
    /// count as read then.
    #[must_use]
    pub fn take_all_outputs(&self) -> Vec<RawOutput> {
        self.engine.borrow().outputs.lock().take_all()
    }

    /// The kind of a store and its rows as bytes in the changelog's layout, task by task, in the store's order.
    ///
    /// # Errors
    /// When there is no such store.
    pub fn dump_store(&self, name: &str) -> Result<(StoreKind, Vec<RawRow>), TestError> {
        let mut engine = self.engine.borrow_mut();
        let (mut kind, mut rows) = (StoreKind::KeyValue, Vec::new());
        for store in engine.stores(name)? {
            kind = store.kind();
            rows.extend(store.dump(None, usize::MAX)?);
        }
        Ok((kind, rows))
    }
}

impl Drop for TopologyTestDriver {
    /// Closes the tasks: processors are closed. Handles keep what was written readable.
    fn drop(&mut self) {
        if let Ok(mut engine) = self.engine.try_borrow_mut() {
            engine.close();
        }
    }
}

impl fmt::Debug for TopologyTestDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TopologyTestDriver").finish_non_exhaustive()
    }
}
