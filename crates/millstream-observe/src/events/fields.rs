//! How the values in an event are written: names as text, numbers as numbers, durations in milliseconds.

use std::fmt;
use std::time::Duration;

use millstream_types::{Offset, Partition, Topic, TopicPartition, time::millis_of};
use serde::ser::{SerializeStruct, Serializer};
use serde::{Serialize, ser::SerializeSeq};

/// Where a record came from.
///
/// # Examples
/// ```
/// use millstream_observe::events::RecordPlace;
/// use millstream_types::{Offset, TopicPartition};
///
/// let place = RecordPlace::new(&TopicPartition::new("lines", 2), Offset::new(17));
/// assert_eq!(place.to_string(), "lines-2 at offset 17");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordPlace {
    /// Its topic.
    pub topic: Topic,
    /// Its partition.
    pub partition: Partition,
    /// Its place there.
    pub offset: Offset,
}

impl RecordPlace {
    /// The place `offset` of `partition`.
    #[must_use]
    pub fn new(partition: &TopicPartition, offset: Offset) -> Self {
        Self { topic: partition.topic.clone(), partition: partition.partition, offset }
    }
}

impl fmt::Display for RecordPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{} at offset {}", self.topic, self.partition, self.offset)
    }
}

impl Serialize for RecordPlace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("RecordPlace", 3)?;
        fields.serialize_field("topic", self.topic.as_str())?;
        fields.serialize_field("partition", &self.partition.number())?;
        fields.serialize_field("offset", &self.offset.number())?;
        fields.end()
    }
}

/// Anything with a text form, as that text.
pub(crate) fn text<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Partitions as a list of `topic-partition`.
pub(crate) fn partition_list<S: Serializer>(partitions: &[TopicPartition], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(partitions.len()))?;
    for partition in partitions {
        list.serialize_element(&format_args!("{partition}"))?;
    }
    list.end()
}

/// Topics as a list of their names.
pub(crate) fn topic_list<S: Serializer>(topics: &[Topic], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(topics.iter().map(Topic::as_str))
}

/// An offset as its number.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
pub(crate) fn offset<S: Serializer>(offset: &Offset, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(offset.number())
}

/// A duration in whole milliseconds.
pub(crate) fn millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(millis_of(*duration))
}
