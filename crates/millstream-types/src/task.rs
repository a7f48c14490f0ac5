//! The identity of a task: its sub-topology and its partition.

use std::fmt;

use crate::Partition;

/// The identity of a task: a sub-topology and a partition, written `subtopology_partition` as in Kafka Streams.
///
/// # Examples
/// ```
/// use millstream_types::TaskId;
/// assert_eq!(TaskId::new(0, 3).to_string(), "0_3");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    /// The number of the sub-topology, as `describe()` prints it.
    pub subtopology: u32,
    /// The partition that it reads of each of its source topics.
    pub partition: Partition,
}

impl TaskId {
    /// The task for partition `partition` of sub-topology `subtopology`.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(millstream_types::TaskId::new(0, 3).to_string(), "0_3");
    /// ```
    #[must_use]
    pub const fn new(subtopology: u32, partition: u32) -> Self {
        Self { subtopology, partition: Partition::new(partition) }
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.subtopology, self.partition)
    }
}
