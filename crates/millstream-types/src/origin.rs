//! Where a record came from.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::{Offset, Partition, Topic, TopicPartition};

/// Where a record came from: its topic, partition and offset.
///
/// # Examples
/// ```
/// use millstream_types::{Offset, Origin, TopicPartition};
///
/// let origin = Origin::new(&TopicPartition::new("lines", 2), Offset::new(17));
/// assert_eq!(origin.to_string(), "lines-2 at offset 17");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its topic.
    pub topic: Topic,
    /// Its partition.
    pub partition: Partition,
    /// Its offset.
    pub offset: Offset,
}

impl Origin {
    /// The record at `offset` of `partition`.
    #[must_use]
    pub fn new(partition: &TopicPartition, offset: Offset) -> Self {
        Self { topic: partition.topic.clone(), partition: partition.partition, offset }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{} at offset {}", self.topic, self.partition, self.offset)
    }
}

/// The fields `topic`, `partition` and `offset`.
impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Origin", 3)?;
        fields.serialize_field("topic", self.topic.as_str())?;
        fields.serialize_field("partition", &self.partition.number())?;
        fields.serialize_field("offset", &self.offset.number())?;
        fields.end()
    }
}
