//! What was appended to a partition, and what is in its log.

use super::*;

/// What was appended to a partition.
pub(super) struct OpenPartition {
    pub(super) partition: TopicPartition,
    pub(super) handle: PartitionHandle,
    pub(super) values: Vec<String>,
    pub(super) failed: usize,
}

impl OpenPartition {
    pub(super) fn end(&self, script: &Script) -> i64 {
        script.partitions.get(&self.key()).map_or(0, |partition| partition.end() - partition.start)
    }

    pub(super) fn written(&self, script: &Script) -> Vec<String> {
        let (topic, number) = self.key();
        let is_there = script.partitions.contains_key(&(topic.clone(), number));
        let written = if is_there { script.written(&topic, number) } else { Vec::new() };
        written.into_iter().map(|record| String::from_utf8(record.value.unwrap()).unwrap()).collect()
    }

    fn key(&self) -> (String, i32) {
        (self.partition.topic.as_str().to_owned(), self.partition.partition.number() as i32)
    }
}
