//! A topic that a test writes to.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use millstream_core::Record;
use millstream_types::time::millis_of;
use millstream_types::{Nullable, RecordBytes, Serde, Timestamp, Topic};

use crate::engine::Engine;
use crate::{Piped, TestError};

/// A topic with keys `K` and values `V` that a test writes to. Clones write to the same topic, each with its own time.
///
/// Use an `Option` for keys or values that may be null: `input_topic::<Option<String>, String>("in").pipe(None, "v")`.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_core::StreamsBuilder;
/// use millstream_test::TopologyTestDriver;
///
/// let builder = StreamsBuilder::new();
/// builder.stream::<String, Option<i64>>("in").to("out");
/// let driver = TopologyTestDriver::new(&builder.build()?)?;
///
/// let input = driver.input_topic::<String, Option<i64>>("in").starting_at(1_000, Duration::from_millis(10));
/// input.pipe("k", 5)?;
/// input.pipe("k", None)?;
/// input.pipe_at("k", 6, 500)?;
/// let output = driver.output_topic::<String, Option<i64>>("out");
/// let times: Vec<i64> = output.read_all_records()?.iter().map(|record| record.timestamp.as_millis()).collect();
/// assert_eq!(times, [1_000, 1_010, 500]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TestInputTopic<K: Nullable, V: Nullable> {
    engine: Rc<RefCell<Engine>>,
    topic: Topic,
    key_serde: Serde<K::Present>,
    value_serde: Serde<V::Present>,
    /// The time of the next record; `None` for the driver's wall clock.
    next: Cell<Option<Timestamp>>,
    advance_ms: i64,
    /// Reused buffers for key and value.
    buffers: RefCell<(Vec<u8>, Vec<u8>)>,
}

impl<K: Nullable, V: Nullable> TestInputTopic<K, V> {
    pub(crate) fn new(
        engine: Rc<RefCell<Engine>>,
        topic: Topic,
        key_serde: Serde<K::Present>,
        value_serde: Serde<V::Present>,
    ) -> Self {
        Self {
            engine,
            topic,
            key_serde,
            value_serde,
            next: Cell::new(None),
            advance_ms: 0,
            buffers: RefCell::default(),
        }
    }

    /// Sets the times of records, instead of the driver's wall clock: `start` for the first one, and `step` later for each
    /// further one.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::StreamsBuilder;
    /// # use millstream_test::TopologyTestDriver;
    /// # let builder = StreamsBuilder::new();
    /// # builder.stream::<String, String>("in").to("out");
    /// # let driver = TopologyTestDriver::new(&builder.build()?)?;
    /// let input = driver.input_topic::<String, String>("in").starting_at(1_000, Duration::from_secs(1));
    /// input.pipe("k", "a")?;
    /// input.pipe("k", "b")?;
    /// let times = driver.output_topic::<String, String>("out").read_all_records()?.into_iter();
    /// assert_eq!(times.map(|record| record.timestamp.as_millis()).collect::<Vec<_>>(), [1_000, 2_000]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn starting_at(self, start: impl Into<Timestamp>, step: Duration) -> Self {
        self.next.set(Some(start.into()));
        Self { advance_ms: millis_of(step), ..self }
    }

    /// Advances the time of the next record. Without [`starting_at`](Self::starting_at) it begins at the driver's wall clock.
    pub fn advance_time(&self, step: Duration) {
        self.next.set(Some(self.time() + step));
    }

    fn time(&self) -> Timestamp {
        self.next.get().unwrap_or_else(|| self.engine.borrow().now())
    }

    /// Pipes a record with the present time of the topic, and processes it.
    ///
    /// # Errors
    /// When the topology does not read this topic, key or value cannot be encoded, or the topology fails.
    pub fn pipe(&self, key: impl Piped<K>, value: impl Piped<V>) -> Result<(), TestError> {
        let timestamp = self.time();
        if self.next.get().is_some() {
            self.next.set(Some(timestamp.saturating_add(self.advance_ms)));
        }
        self.pipe_record(Record::new(key.piped(), value.piped(), timestamp))
    }

    /// Pipes a record with this time, and processes it.
    ///
    /// # Errors
    /// Those of [`pipe`](Self::pipe).
    pub fn pipe_at(
        &self,
        key: impl Piped<K>,
        value: impl Piped<V>,
        timestamp: impl Into<Timestamp>,
    ) -> Result<(), TestError> {
        self.pipe_record(Record::new(key.piped(), value.piped(), timestamp.into()))
    }

    /// Pipes a record with its time and headers, and processes it.
    ///
    /// # Errors
    /// Those of [`pipe`](Self::pipe).
    pub fn pipe_record(&self, record: Record<K, V>) -> Result<(), TestError> {
        self.write(None, &record)
    }

    /// Pipes a record to this partition, and processes it.
    ///
    /// # Errors
    /// Those of [`pipe`](Self::pipe), and when the partition does not exist.
    pub fn pipe_to(&self, partition: u32, record: Record<K, V>) -> Result<(), TestError> {
        self.write(Some(partition), &record)
    }

    fn write(&self, partition: Option<u32>, record: &Record<K, V>) -> Result<(), TestError> {
        let (key_bytes, value_bytes) = &mut *self.buffers.borrow_mut();
        let key = self.encode("key", &self.key_serde, record.key.present(), key_bytes)?;
        let value = self.encode("value", &self.value_serde, record.value.present(), value_bytes)?;
        let (timestamp, headers) = (record.timestamp, &record.headers);
        let record = RecordBytes { timestamp, key, value, headers };
        self.engine.borrow_mut().pipe(&self.topic, partition, &record)
    }

    fn encode<'a, T: 'static>(
        &self,
        part: &'static str,
        serde: &Serde<T>,
        value: Option<&T>,
        buffer: &'a mut Vec<u8>,
    ) -> Result<Option<&'a [u8]>, TestError> {
        buffer.clear();
        let Some(value) = value else { return Ok(None) };
        match serde.encode(self.topic.as_str(), value, buffer) {
            Ok(()) => Ok(Some(buffer)),
            Err(source) => Err(TestError::Serde { part, topic: self.topic.to_string(), source }),
        }
    }
}

impl<K: Nullable, V: Nullable> fmt::Debug for TestInputTopic<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestInputTopic").field("topic", &self.topic).finish_non_exhaustive()
    }
}
