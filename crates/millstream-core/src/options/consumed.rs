//! How a source reads its topics.

use std::sync::Arc;
use std::time::Duration;

use millstream_types::{Nullable, Serde, Timestamp};

use super::serdes::{CarriedSerdes, KeySerde, ValueSerde};
use crate::record::Record;

/// Topics to read, and how. A plain topic name converts into it.
///
/// # Examples
/// ```
/// use millstream_core::{Consumed, ResetPolicy, StreamsBuilder, TimestampExtractor};
///
/// let builder = StreamsBuilder::new();
/// let clicks = Consumed::<String, String>::topics(["clicks-eu", "clicks-us"])
///     .named("clicks")
///     .reset(ResetPolicy::Latest)
///     .timestamps(TimestampExtractor::SkipInvalid);
/// builder.stream(clicks).to("all-clicks");
/// ```
pub struct Consumed<K, V> {
    pub(crate) topics: Topics,
    pub(crate) name: Option<String>,
    pub(crate) serdes: CarriedSerdes<K, V>,
    pub(crate) extractor: TimestampExtractor<K, V>,
    pub(crate) reset: Option<ResetPolicy>,
}

/// The topics that a source reads.
#[derive(Clone, Debug)]
pub(crate) enum Topics {
    Named(Vec<String>),
    /// Those whose names match a regular expression.
    Matching(String),
}

impl Topics {
    /// The names; none for a pattern.
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Self::Named(names) => names,
            Self::Matching(_) => &[],
        }
    }
}

impl<K, V> Consumed<K, V> {
    /// Reads one topic.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Consumed};
    /// # use millstream_types::Serde;
    /// let lines = Consumed::<String, String>::topic("lines");
    /// ```
    #[must_use]
    pub fn topic(topic: impl Into<String>) -> Self {
        Self::topics([topic])
    }

    /// Reads several topics as one stream. A task reads the record with the smallest timestamp first, among those that it has
    /// fetched.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Consumed};
    /// # use millstream_types::Serde;
    /// let clicks = Consumed::<String, String>::topics(["clicks-eu", "clicks-us"]);
    /// ```
    #[must_use]
    pub fn topics<T: Into<String>>(topics: impl IntoIterator<Item = T>) -> Self {
        Self::of(Topics::Named(topics.into_iter().map(Into::into).collect()))
    }

    /// Reads all topics whose whole names match this regular expression, as one stream, also those that appear later
    /// (`builder.stream(Pattern)` in Kafka Streams). An application looks for them as often as its `topic_interval` says.
    ///
    /// Topics that the application creates itself, and those in which Kafka keeps its own state, are left out. The syntax is that of
    /// the crate [`regex-lite`](https://docs.rs/regex-lite), without look-around. Building the topology fails if the expression is
    /// invalid, or matches a topic that another source names; starting the application does if two patterns match one topic.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::{Consumed, StreamsBuilder};
    ///
    /// let builder = StreamsBuilder::new();
    /// builder.stream(Consumed::<String, String>::pattern("clicks-.*")).to("all-clicks");
    /// assert!(builder.build()?.describe().to_string().contains("(topics: clicks-.*)"));
    ///
    /// let builder = StreamsBuilder::new();
    /// builder.stream(Consumed::<String, String>::pattern("orders-(eu")).to("all-orders");
    /// assert!(builder.build().unwrap_err().to_string().contains("`orders-(eu` is not a valid pattern"));
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    #[must_use]
    pub fn pattern(pattern: impl Into<String>) -> Self {
        Self::of(Topics::Matching(pattern.into()))
    }

    fn of(topics: Topics) -> Self {
        Self {
            topics,
            name: None,
            serdes: CarriedSerdes::own(),
            extractor: TimestampExtractor::FailOnInvalid,
            reset: None,
        }
    }

    /// Names the source.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Consumed};
    /// # use millstream_types::Serde;
    /// let lines = Consumed::<String, String>::topic("lines").named("read-lines");
    /// ```
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Sets where the time of a record comes from. By default it comes from the log, and a negative time stops the task.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Consumed, TimestampExtractor};
    /// # use millstream_types::Serde;
    /// let lines = Consumed::<String, String>::topic("lines").timestamps(TimestampExtractor::WallClock);
    /// ```
    #[must_use]
    pub fn timestamps(self, extractor: TimestampExtractor<K, V>) -> Self {
        Self { extractor, ..self }
    }

    /// Sets where to begin in a partition without a committed offset, or whose committed offset is not in the log any more. The default
    /// is the application's setting.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Consumed, ResetPolicy};
    /// # use millstream_types::Serde;
    /// let lines = Consumed::<String, String>::topic("lines").reset(ResetPolicy::Latest);
    /// ```
    #[must_use]
    pub fn reset(self, policy: ResetPolicy) -> Self {
        Self { reset: Some(policy), ..self }
    }
}

impl<K: Nullable, V: Nullable> Consumed<K, V> {
    /// Reads keys with this serde instead of the type's own. The operators after it use the same serde.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Consumed};
    /// # use millstream_types::Serde;
    /// let lines = Consumed::<String, String>::topic("lines").key_serde(Serde::of_type());
    /// ```
    #[must_use]
    pub fn key_serde(mut self, serde: Serde<K::Present>) -> Self {
        self.serdes.key = KeySerde::given(serde);
        self
    }

    /// Reads values with this serde instead of the type's own. The operators after it use the same serde.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Consumed};
    /// # use millstream_types::Serde;
    /// let lines = Consumed::<String, String>::topic("lines").value_serde(Serde::of_type());
    /// ```
    #[must_use]
    pub fn value_serde(mut self, serde: Serde<V::Present>) -> Self {
        self.serdes.value = ValueSerde::given(serde);
        self
    }
}

impl<K, V> From<&str> for Consumed<K, V> {
    fn from(topic: &str) -> Self {
        Self::topic(topic)
    }
}

impl<K, V> From<String> for Consumed<K, V> {
    fn from(topic: String) -> Self {
        Self::topic(topic)
    }
}

/// Where to begin in a partition that the application has not committed an offset for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResetPolicy {
    /// At the first record of the partition.
    #[default]
    Earliest,
    /// At the end of the partition: only records that are written later are read.
    Latest,
    /// At the first record whose time is not longer ago than this by the wall clock, in the order of the log; at the end if there is
    /// none. Kafka Streams' `AutoOffsetReset.byDuration` (KIP-1106).
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::{Consumed, ResetPolicy};
    ///
    /// let last_day = ResetPolicy::ByDuration(Duration::from_secs(24 * 60 * 60));
    /// let clicks = Consumed::<String, String>::topic("clicks").reset(last_day);
    /// ```
    ByDuration(Duration),
}

/// Where a record's time comes from.
#[non_exhaustive]
pub enum TimestampExtractor<K, V> {
    /// From the log; a record with a negative time stops the task. Kafka Streams' default.
    FailOnInvalid,
    /// From the log; a record with a negative time is skipped and counted.
    SkipInvalid,
    /// From the log; a record with a negative time gets the highest time seen in its partition.
    PartitionTimeOnInvalid,
    /// The wall clock when the record is processed.
    WallClock,
    /// From a function of the record, whose `timestamp` is the log's, and the highest time seen in its partition
    /// ([`Timestamp::UNKNOWN`] at first). A record with a negative result is skipped.
    Custom(ExtractTimestamp<K, V>),
}

/// A function of a record and its partition's time.
pub type ExtractTimestamp<K, V> = Arc<dyn Fn(&Record<K, V>, Timestamp) -> Timestamp + Send + Sync>;

impl<K, V> TimestampExtractor<K, V> {
    /// The time that `extract` returns for a record. It also gets the highest time seen in the record's partition.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Consumed, TimestampExtractor};
    /// # use millstream_types::Serde;
    /// # use millstream_types::Timestamp;
    /// let sent_at = TimestampExtractor::custom(|record, _partition_time| Timestamp::from_millis(record.value));
    /// let readings = Consumed::<String, i64>::topic("readings").timestamps(sent_at);
    /// ```
    pub fn custom(extract: impl Fn(&Record<K, V>, Timestamp) -> Timestamp + Send + Sync + 'static) -> Self {
        Self::Custom(Arc::new(extract))
    }

    /// The time of a record whose `timestamp` is the log's, which is negative if the record is to be skipped; `None` if the log's is
    /// invalid and the record may not be skipped.
    #[inline]
    pub(crate) fn time_of(
        &self,
        record: &Record<K, V>,
        partition_time: Timestamp,
        wall_clock: impl FnOnce() -> Timestamp,
    ) -> Option<Timestamp> {
        match self {
            Self::FailOnInvalid if !record.timestamp.is_valid() => None,
            Self::FailOnInvalid | Self::SkipInvalid => Some(record.timestamp),
            Self::PartitionTimeOnInvalid if record.timestamp.is_valid() => Some(record.timestamp),
            Self::PartitionTimeOnInvalid => Some(partition_time),
            Self::WallClock => Some(wall_clock()),
            Self::Custom(extract) => Some(extract(record, partition_time)),
        }
    }
}

impl<K, V> Clone for TimestampExtractor<K, V> {
    fn clone(&self) -> Self {
        match self {
            Self::FailOnInvalid => Self::FailOnInvalid,
            Self::SkipInvalid => Self::SkipInvalid,
            Self::PartitionTimeOnInvalid => Self::PartitionTimeOnInvalid,
            Self::WallClock => Self::WallClock,
            Self::Custom(extract) => Self::Custom(Arc::clone(extract)),
        }
    }
}
