//! A topic that a test reads.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

use millstream_core::Record;
use millstream_types::{Nullable, RecordBytes, Serde, Topic};

use crate::TestError;
use crate::engine::Engine;

/// A topic with keys `K` and values `V` that a test reads, each record once and in order. Handles of one topic share the
/// records.
///
/// Use an `Option` for keys or values that may be null, such as deleted rows of a table.
///
/// # Examples
/// ```
/// # use millstream_core::StreamsBuilder;
/// # use millstream_test::TopologyTestDriver;
/// # let builder = StreamsBuilder::new();
/// # builder.stream::<String, String>("in").to("out");
/// # let driver = TopologyTestDriver::new(&builder.build()?)?;
/// driver.input_topic::<String, String>("in").pipe("k", "v")?;
/// let output = driver.output_topic::<String, String>("out");
/// assert_eq!((output.len(), output.read_key_value()?), (1, ("k".to_owned(), "v".to_owned())));
/// assert!(output.is_empty() && output.read_value().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TestOutputTopic<K: Nullable, V: Nullable> {
    engine: Rc<RefCell<Engine>>,
    topic: Topic,
    key_serde: Serde<K::Present>,
    value_serde: Serde<V::Present>,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Nullable, V: Nullable> TestOutputTopic<K, V> {
    pub(crate) fn new(
        engine: Rc<RefCell<Engine>>,
        topic: Topic,
        key_serde: Serde<K::Present>,
        value_serde: Serde<V::Present>,
    ) -> Self {
        Self { engine, topic, key_serde, value_serde, types: PhantomData }
    }

    /// The number of unread records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.engine.borrow().outputs.lock().len(self.topic.as_str())
    }

    /// Whether there are no unread records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The next record.
    ///
    /// # Errors
    /// When there is none, the topology does not write this topic, or key or value is null or cannot be decoded.
    pub fn read_record(&self) -> Result<Record<K, V>, TestError> {
        let engine = self.engine.borrow();
        let record = engine.outputs.lock().pop(self.topic.as_str(), |_, record| self.decode(record));
        record.unwrap_or_else(|| {
            engine.check_output(&self.topic)?;
            Err(TestError::NoMoreRecords { topic: self.topic.to_string() })
        })
    }

    /// The key and value of the next record.
    ///
    /// # Errors
    /// Those of [`read_record`](Self::read_record).
    pub fn read_key_value(&self) -> Result<(K, V), TestError> {
        self.read_record().map(|record| (record.key, record.value))
    }

    /// The value of the next record.
    ///
    /// # Errors
    /// Those of [`read_record`](Self::read_record).
    pub fn read_value(&self) -> Result<V, TestError> {
        self.read_record().map(|record| record.value)
    }

    /// All unread records, which may be none.
    ///
    /// # Errors
    /// When the topology does not write this topic, or a key or value is null or cannot be decoded.
    pub fn read_all_records(&self) -> Result<Vec<Record<K, V>>, TestError> {
        self.engine.borrow().check_output(&self.topic)?;
        (0..self.len()).map(|_| self.read_record()).collect()
    }

    /// The keys and values of all unread records.
    ///
    /// # Errors
    /// Those of [`read_all_records`](Self::read_all_records).
    pub fn read_all_key_values(&self) -> Result<Vec<(K, V)>, TestError> {
        Ok(self.read_all_records()?.into_iter().map(|record| (record.key, record.value)).collect())
    }

    /// The values of all unread records.
    ///
    /// # Errors
    /// Those of [`read_all_records`](Self::read_all_records).
    pub fn read_all_values(&self) -> Result<Vec<V>, TestError> {
        Ok(self.read_all_records()?.into_iter().map(|record| record.value).collect())
    }

    fn decode(&self, record: &RecordBytes<'_>) -> Result<Record<K, V>, TestError> {
        let key = self.decode_part("key", &self.key_serde, record.key)?;
        let value = self.decode_part("value", &self.value_serde, record.value)?;
        Ok(Record { key, value, timestamp: record.timestamp, headers: record.headers.clone() })
    }

    fn decode_part<T: Nullable>(
        &self,
        part: &'static str,
        serde: &Serde<T::Present>,
        bytes: Option<&[u8]>,
    ) -> Result<T, TestError> {
        let topic = || self.topic.to_string();
        let decoded = bytes.map(|bytes| serde.decode(self.topic.as_str(), bytes)).transpose();
        let decoded = decoded.map_err(|source| TestError::Serde { part, topic: topic(), source })?;
        T::from_option(decoded).ok_or_else(|| TestError::Null { part, topic: topic() })
    }
}

impl<K: Nullable, V: Nullable> fmt::Debug for TestOutputTopic<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestOutputTopic")
            .field("topic", &self.topic)
            .field("unread", &self.len())
            .finish_non_exhaustive()
    }
}
