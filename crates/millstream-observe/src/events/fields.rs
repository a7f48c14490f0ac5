//! Serialisation of the values in an event: names as text, numbers as numbers, durations in milliseconds.

use std::fmt;
use std::time::Duration;

use millstream_types::{Offset, Topic, TopicPartition, time::millis_of};
use serde::ser::{SerializeSeq, Serializer};

/// Any value, as the text of its `Display`.
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

/// An offset that may not be known as its number.
#[expect(clippy::ref_option, reason = "serde calls it with a reference")]
pub(crate) fn known_offset<S: Serializer>(offset: &Option<Offset>, serializer: S) -> Result<S::Ok, S::Error> {
    match offset {
        Some(offset) => serializer.serialize_i64(offset.number()),
        None => serializer.serialize_none(),
    }
}

/// A duration that there may not be, in whole milliseconds.
#[expect(clippy::ref_option, reason = "serde calls it with a reference")]
pub(crate) fn known_millis<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => millis(duration, serializer),
        None => serializer.serialize_none(),
    }
}

/// A duration in whole milliseconds.
pub(crate) fn millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(millis_of(*duration))
}
