//! Topics, partitions and offsets.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// The name of a topic. It is cheap to clone.
///
/// # Examples
/// ```
/// use millstream_types::Topic;
/// let topic = Topic::from("lines");
/// assert_eq!(topic.as_str(), "lines");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Arc<str>);

impl Topic {
    /// The name as text.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(millstream_types::Topic::from("orders").as_str(), "orders");
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Topic {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for Topic {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl From<&Topic> for Topic {
    fn from(topic: &Topic) -> Self {
        topic.clone()
    }
}

impl Borrow<str> for Topic {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Topic {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// The number of a partition in its topic, from 0.
///
/// # Examples
/// ```
/// use millstream_types::Partition;
/// assert_eq!(Partition::new(3).number(), 3);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(u32);

impl Partition {
    /// The partition with this number.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(millstream_types::Partition::new(3).number(), 3);
    /// ```
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The number as an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The position of a record in its partition, from 0. A committed offset is the position of the next record to read.
///
/// # Examples
/// ```
/// use millstream_types::Offset;
/// assert_eq!(Offset::new(7).next(), Offset::new(8));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(i64);

impl Offset {
    /// The first offset of a partition.
    pub const ZERO: Self = Self(0);

    /// The offset with this number.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(millstream_types::Offset::new(7).number(), 7);
    /// ```
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The offset after this one. Saturates at the largest.
    ///
    /// # Examples
    /// ```
    /// use millstream_types::Offset;
    ///
    /// assert_eq!(Offset::new(7).next(), Offset::new(8));
    /// ```
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A partition of a topic, written `topic-partition` as in Kafka.
///
/// # Examples
/// ```
/// use millstream_types::TopicPartition;
/// assert_eq!(TopicPartition::new("lines", 2).to_string(), "lines-2");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: Partition,
}

impl TopicPartition {
    /// Partition `partition` of `topic`.
    ///
    /// # Examples
    /// ```
    /// let partition = millstream_types::TopicPartition::new("orders", 3);
    /// assert_eq!(partition.to_string(), "orders-3");
    /// ```
    #[must_use]
    pub fn new(topic: impl Into<Topic>, partition: u32) -> Self {
        Self { topic: topic.into(), partition: Partition::new(partition) }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use super::*;

    #[test]
    fn a_topic_is_found_in_a_map_by_its_name_as_text() {
        let topics = HashMap::from([(Topic::from("lines"), 1)]);
        assert_eq!(topics.get("lines"), Some(&1));
        assert_eq!(topics.get("words"), None);
    }

    #[test]
    fn partitions_stand_in_order_of_topic_then_number() {
        let partitions: BTreeSet<_> = [("b", 0), ("a", 10), ("a", 2)].map(|(t, p)| TopicPartition::new(t, p)).into();
        let names: Vec<String> = partitions.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["a-2", "a-10", "b-0"]);
    }

    #[test]
    fn the_offset_after_the_largest_is_the_largest() {
        assert_eq!(Offset::new(i64::MAX).next(), Offset::new(i64::MAX), "a damaged response may have it");
    }
}
