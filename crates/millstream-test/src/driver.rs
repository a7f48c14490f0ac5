//! The test driver.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use millstream_core::Topology;
use millstream_observe::events::{Event, SkipReason};
use millstream_observe::metrics::MetricsSnapshot;
use millstream_state::{BufferSize, RawRow, StoreKind};
use millstream_types::{Data, Headers, Nullable, RecordBytes, Serde, Timestamp, Topic};

use crate::engine::Engine;
use crate::outputs::RawOutput;
use crate::{
    TestConfig, TestError, TestInputTopic, TestKeyValueStore, TestOutputTopic, TestSessionStore, TestVersionedStore,
    TestWindowStore,
};

/// Runs a topology in a test, record by record.
///
/// Its topics and stores are handles, of which there may be several. A driver belongs to one thread. See the
/// [crate's documentation](crate) for an example and the order of processing.
pub struct TopologyTestDriver {
    engine: Rc<RefCell<Engine>>,
}

impl TopologyTestDriver {
    /// A driver with the default configuration.
    ///
    /// # Errors
    /// When the topology cannot run: its partition counts do not fit, or the `init` of a processor fails.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::StreamsBuilder;
    /// use millstream_test::TopologyTestDriver;
    ///
    /// let builder = StreamsBuilder::new();
    /// builder.stream::<String, String>("in").to("out");
    /// let driver = TopologyTestDriver::new(&builder.build()?)?;
    /// driver.input_topic::<String, String>("in").pipe("k", "v")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(topology: &Topology) -> Result<Self, TestError> {
        Self::with_config(topology, &TestConfig::default())
    }

    /// A driver with this configuration.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::StreamsBuilder;
    /// use millstream_test::{TestConfig, TopologyTestDriver};
    ///
    /// # let builder = StreamsBuilder::new();
    /// # builder.stream::<String, String>("in").to("out");
    /// # let topology = builder.build()?;
    /// let config = TestConfig::default().with_partitions("in", 3);
    /// let driver = TopologyTestDriver::with_config(&topology, &config)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_config(topology: &Topology, config: &TestConfig) -> Result<Self, TestError> {
        Ok(Self { engine: Rc::new(RefCell::new(Engine::new(topology, config)?)) })
    }

    /// Restarts the application without its local state, as on another host: all tasks are closed and opened again, their stores are
    /// restored from their changelogs, or from the topics of tables that serve as changelogs, and reading continues after what is
    /// committed. Stores without a changelog are empty. The wall clock, topics and unread outputs stay as they are.
    ///
    /// # Errors
    /// When the driver has stopped at a failure, a store cannot be restored, or the `init` of a processor fails.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::StreamsBuilder;
    /// use millstream_test::TopologyTestDriver;
    ///
    /// let builder = StreamsBuilder::new();
    /// builder.stream::<String, String>("in").group_by_key().count("counts").to_stream().to("out");
    /// let driver = TopologyTestDriver::new(&builder.build()?)?;
    /// let input = driver.input_topic::<String, String>("in");
    /// input.pipe("k", "before")?;
    /// driver.restart()?;
    /// input.pipe("k", "after")?;
    /// assert_eq!(driver.output_topic::<String, i64>("out").read_all_values()?, [1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn restart(&self) -> Result<(), TestError> {
        self.engine.borrow_mut().restart()
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

    /// A topic to write to, with these serdes.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Consumed, StreamsBuilder};
    /// use millstream_test::TopologyTestDriver;
    /// use millstream_types::Serde;
    ///
    /// # let builder = StreamsBuilder::new();
    /// # let consumed = Consumed::<String, i64>::topic("in").value_serde(Serde::json());
    /// # builder.stream(consumed).map_values(|_, count: i64| count + 1).to("out");
    /// # let topology = builder.build()?;
    /// let driver = TopologyTestDriver::new(&topology)?;
    /// let input = driver.input_topic_with::<String, i64>("in", Serde::of_type(), Serde::json());
    /// input.pipe("k", 1)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

    /// A topic to read, with these serdes.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Produced, StreamsBuilder};
    /// use millstream_test::TopologyTestDriver;
    /// use millstream_types::Serde;
    ///
    /// # let builder = StreamsBuilder::new();
    /// # let produced = Produced::<String, i64>::topic("out").value_serde(Serde::json());
    /// # builder.stream::<String, i64>("in").to(produced);
    /// # let topology = builder.build()?;
    /// let driver = TopologyTestDriver::new(&topology)?;
    /// driver.input_topic::<String, i64>("in").pipe("k", 1)?;
    /// let output = driver.output_topic_with::<String, i64>("out", Serde::of_type(), Serde::json());
    /// assert_eq!(output.read_value()?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn output_topic_with<K: Nullable, V: Nullable>(
        &self,
        topic: &str,
        keys: Serde<K::Present>,
        values: Serde<V::Present>,
    ) -> TestOutputTopic<K, V> {
        TestOutputTopic::new(Rc::clone(&self.engine), Topic::from(topic), keys, values)
    }

    /// A key-value store, with or without timestamps.
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
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::{StreamsBuilder, TimeWindows};
    /// use millstream_test::TopologyTestDriver;
    ///
    /// let builder = StreamsBuilder::new();
    /// let minutes = TimeWindows::of_size_with_no_grace(Duration::from_secs(60));
    /// builder.stream::<String, String>("in").group_by_key().windowed_by(minutes).count("per-minute");
    ///
    /// let driver = TopologyTestDriver::new(&builder.build()?)?;
    /// driver.input_topic::<String, String>("in").pipe_at("k", "v", 61_000)?;
    /// assert_eq!(driver.window_store::<String, i64>("per-minute").get(&"k".to_owned(), 60_000)?, Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn window_store<K: Data, V: Data>(&self, name: &str) -> TestWindowStore<K, V> {
        TestWindowStore::new(Rc::clone(&self.engine), name.to_owned())
    }

    /// A session store by its name.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::{SessionWindows, StreamsBuilder};
    /// use millstream_test::TopologyTestDriver;
    ///
    /// let builder = StreamsBuilder::new();
    /// let visits = SessionWindows::of_inactivity_gap_with_no_grace(Duration::from_secs(60));
    /// builder.stream::<String, String>("in").group_by_key().windowed_by(visits).count("per-visit");
    ///
    /// let driver = TopologyTestDriver::new(&builder.build()?)?;
    /// let clicks = driver.input_topic::<String, String>("in");
    /// clicks.pipe_at("k", "v", 61_000)?;
    /// clicks.pipe_at("k", "v", 99_000)?;
    /// let sessions = driver.session_store::<String, i64>("per-visit").fetch(&"k".to_owned())?;
    /// assert_eq!((sessions[0].0.to_string(), sessions[0].1), ("61000/99000".to_owned(), 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn session_store<K: Data, V: Data>(&self, name: &str) -> TestSessionStore<K, V> {
        TestSessionStore::new(Rc::clone(&self.engine), name.to_owned())
    }

    /// A versioned store.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::{Materialized, StreamsBuilder};
    /// use millstream_test::TopologyTestDriver;
    ///
    /// let builder = StreamsBuilder::new();
    /// let an_hour = Materialized::named("prices").versioned(Duration::from_secs(3_600));
    /// builder.table::<String, String>("in", an_hour);
    ///
    /// let driver = TopologyTestDriver::new(&builder.build()?)?;
    /// let input = driver.input_topic::<String, String>("in");
    /// input.pipe_at("tea", "5", 1_000)?;
    /// input.pipe_at("tea", "7", 2_000)?;
    /// let prices = driver.versioned_store::<String, String>("prices");
    /// assert_eq!(prices.get_as_of(&"tea".to_owned(), 1_500)?.map(|version| version.value), Some("5".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn versioned_store<K: Data, V: Data>(&self, name: &str) -> TestVersionedStore<K, V> {
        TestVersionedStore::new(Rc::clone(&self.engine), name.to_owned())
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

    /// Advances the wall clock. Each wall-clock schedule that is due runs once, and the records that it has sent are processed.
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

    /// The time of the wall clock.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::StreamsBuilder;
    /// # use millstream_test::TopologyTestDriver;
    /// # let builder = StreamsBuilder::new();
    /// # builder.stream::<String, String>("in").to("out");
    /// # let driver = TopologyTestDriver::new(&builder.build()?)?;
    /// driver.advance_wall_clock(Duration::from_secs(1))?;
    /// assert_eq!(driver.wall_clock().as_millis(), 1_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn wall_clock(&self) -> Timestamp {
        self.engine.borrow().now()
    }

    /// The sorted names of all topics that were written so far, including internal ones.
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

    /// The number of skipped records by reason. Reasons that did not occur are missing.
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
        for node in engine.task_metrics().flat_map(|task| &task.nodes) {
            for reason in SkipReason::ALL.into_iter().filter(|reason| node.dropped.of(*reason) > 0) {
                *dropped.entry(reason).or_default() += node.dropped.of(reason);
            }
        }
        dropped
    }

    /// The metrics of the tasks.
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

    /// Calls `listener` with all later events, of every level.
    ///
    /// # Examples
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// # use millstream_core::StreamsBuilder;
    /// use millstream_test::{TestConfig, TopologyTestDriver};
    /// # use millstream_task::{ErrorHandler, Handlers};
    ///
    /// # let builder = StreamsBuilder::new();
    /// # builder.stream::<String, i64>("in").to("out");
    /// # let handlers = Handlers { deserialization: ErrorHandler::Continue, ..Handlers::default() };
    /// # let config = TestConfig { handlers, ..TestConfig::default() };
    /// # let driver = TopologyTestDriver::with_config(&builder.build()?, &config)?;
    /// let names = Arc::new(Mutex::new(Vec::new()));
    /// let received = Arc::clone(&names);
    /// driver.on_event(move |event| received.lock().unwrap().push(event.kind.name()));
    /// driver.input_topic::<String, String>("in").pipe("k", "not a number")?;
    /// assert_eq!(*names.lock().unwrap(), ["records_skipped"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.engine.borrow().events.add_listener(listener);
    }

    /// Writes a record as bytes to a source topic, and processes it. Without a partition it is chosen by the key.
    ///
    /// # Errors
    /// When the topology does not read this topic, the partition does not exist, or the topology fails.
    ///
    /// # Examples
    /// Piping the outputs of one topology into another:
    /// ```
    /// # use millstream_core::StreamsBuilder;
    /// # use millstream_test::TopologyTestDriver;
    /// # let copy = |from: &str, to: &str| {
    /// #     let builder = StreamsBuilder::new();
    /// #     builder.stream::<String, String>(from).to(to);
    /// #     builder.build()
    /// # };
    /// let first = TopologyTestDriver::new(&copy("in", "between")?)?;
    /// let second = TopologyTestDriver::new(&copy("between", "out")?)?;
    /// first.input_topic::<String, String>("in").pipe("k", "v")?;
    /// for record in first.take_all_outputs() {
    ///     second.pipe_raw(&record, None)?;
    ///     assert!(second.pipe_raw(&record, Some(1)).is_err(), "the topic has one partition");
    /// }
    /// assert_eq!(second.output_topic::<String, String>("out").read_value()?, "v");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pipe_raw(&self, record: &RawOutput, partition: Option<u32>) -> Result<(), TestError> {
        let RawOutput { topic, timestamp, key, value, headers, .. } = record;
        let (key, value, timestamp) = (key.as_deref(), value.as_deref(), *timestamp);
        let record = RecordBytes { timestamp, key, value, headers };
        self.engine.borrow_mut().pipe(topic, partition, &record)
    }

    /// Writes a record with these bytes to a source topic, and processes it.
    ///
    /// # Errors
    /// When the topology does not read this topic, or fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::StreamsBuilder;
    /// # use millstream_test::TopologyTestDriver;
    /// use millstream_types::Headers;
    ///
    /// # let builder = StreamsBuilder::new();
    /// # builder.stream::<String, String>("in").to("out");
    /// # let driver = TopologyTestDriver::new(&builder.build()?)?;
    /// driver.pipe_bytes("in", Some(b"k"), Some(b"v"), 0, &Headers::new())?;
    /// let failed = driver.pipe_bytes("in", Some(b"k"), Some(b"\xff"), 0, &Headers::new());
    /// assert!(failed.is_err(), "the value is not UTF-8");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

    /// Reads all unread records of all topics, including internal ones, in the order in which they were written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::StreamsBuilder;
    /// # use millstream_test::TopologyTestDriver;
    /// # let builder = StreamsBuilder::new();
    /// # builder.stream::<String, String>("in").to("out");
    /// # let driver = TopologyTestDriver::new(&builder.build()?)?;
    /// driver.input_topic::<String, String>("in").pipe("k", "v")?;
    /// let outputs = driver.take_all_outputs();
    /// assert_eq!((outputs.len(), outputs[0].topic.as_str()), (1, "out"));
    /// assert!(driver.take_all_outputs().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn take_all_outputs(&self) -> Vec<RawOutput> {
        self.engine.borrow().outputs.lock().take_all()
    }

    /// How much waits in the buffer of this name, in all tasks.
    ///
    /// # Errors
    /// When the store does not exist, or is no buffer.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// # use millstream_core::{BufferConfig, StreamsBuilder, Suppressed};
    /// # use millstream_test::TopologyTestDriver;
    /// # let builder = StreamsBuilder::new();
    /// let table = builder.table::<String, String>("in", "rows");
    /// let a_minute = Suppressed::until_time_limit(Duration::from_secs(60), BufferConfig::unbounded()).named("calm");
    /// table.suppress(a_minute).to_stream().to("out");
    /// let driver = TopologyTestDriver::new(&builder.build()?)?;
    /// driver.input_topic::<String, String>("in").pipe("k", "v")?;
    /// assert_eq!(driver.buffer_size("calm-store")?.records, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn buffer_size(&self, name: &str) -> Result<BufferSize, TestError> {
        let mut engine = self.engine.borrow_mut();
        let mut all = BufferSize::default();
        engine.visit_stores(name, &mut |store| {
            let kind = store.kind();
            let size = store.buffer_size()?;
            let size = size.ok_or_else(|| TestError::NoBuffer { store: name.to_owned(), kind: kind.to_string() })?;
            all.records += size.records;
            all.bytes += size.bytes;
            all.min_time = all.min_time.into_iter().chain(size.min_time).min();
            Ok(())
        })?;
        Ok(all)
    }

    /// The kind of a store, and its rows as bytes as in the changelog, task by task in the store's order.
    ///
    /// # Errors
    /// When the store does not exist.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::StreamsBuilder;
    /// # use millstream_test::TopologyTestDriver;
    /// # let builder = StreamsBuilder::new();
    /// # builder.stream::<String, String>("in").group_by_key().count("counts");
    /// # let driver = TopologyTestDriver::new(&builder.build()?)?;
    /// driver.input_topic::<String, String>("in").pipe("k", "v")?;
    /// let (_kind, rows) = driver.dump_store("counts")?;
    /// assert_eq!(rows[0].key, b"k");
    /// assert!(driver.dump_store("cuonts").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dump_store(&self, name: &str) -> Result<(StoreKind, Vec<RawRow>), TestError> {
        let mut engine = self.engine.borrow_mut();
        let (mut kind, mut rows) = (StoreKind::KeyValue, Vec::new());
        engine.visit_stores(name, &mut |store| {
            kind = store.kind();
            rows.extend(store.dump(None, usize::MAX)?);
            Ok(())
        })?;
        Ok((kind, rows))
    }
}

impl Drop for TopologyTestDriver {
    /// Closes the tasks and their processors. Written records stay readable through handles.
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
