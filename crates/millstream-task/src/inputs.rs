//! The input partitions of a task: the next record, and waits for older ones.

use std::time::Duration;

use millstream_log::Chunk;
use millstream_types::{MonotonicTime, Timestamp, TopicPartition};

use crate::input_queue::{InputQueue, Presence};

/// What a task can do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Process the head of this input.
    Take {
        /// The number of the input.
        input: usize,
        /// Whether a wait for another input has ended without a record.
        enforced: bool,
    },
    /// Nothing: no input has a record, or one has to be waited for.
    Wait,
}

/// The input partitions, in the order of the chain's topics.
///
/// The next record is the head with the smallest timestamp, of the first such input. Records of one partition are never
/// reordered. If an input is empty, the others may wait for it by `max_idle`, since its next record may be older.
#[derive(Debug)]
pub(super) struct Inputs {
    queues: Vec<InputQueue>,
    max_idle: Option<Duration>,
    buffered_records_max: usize,
}

impl Inputs {
    /// The inputs of these partitions.
    pub(super) fn new(
        partitions: impl IntoIterator<Item = (TopicPartition, Presence)>,
        max_idle: Option<Duration>,
        buffered_records_max: usize,
    ) -> Self {
        let queues = partitions.into_iter().map(|(partition, presence)| InputQueue::new(partition, presence)).collect();
        Self { queues, max_idle, buffered_records_max }
    }

    /// Adds an input after the others.
    pub(super) fn add(&mut self, queue: InputQueue) {
        self.queues.push(queue);
    }

    pub(super) fn len(&self) -> usize {
        self.queues.len()
    }

    pub(super) fn queue(&self, input: usize) -> &InputQueue {
        &self.queues[input]
    }

    pub(super) fn queue_mut(&mut self, input: usize) -> &mut InputQueue {
        &mut self.queues[input]
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, InputQueue> {
        self.queues.iter()
    }

    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, InputQueue> {
        self.queues.iter_mut()
    }

    /// The number of the input that reads `partition`.
    pub(super) fn index_of(&self, partition: &TopicPartition) -> Option<usize> {
        self.queues.iter().position(|queue| queue.partition() == partition)
    }

    /// Whether this input has room for more records: not while it has more than the limit.
    pub(super) fn has_room(&self, input: usize) -> bool {
        self.queues[input].len() <= self.buffered_records_max
    }

    /// Adds records of an input partition. Records of other partitions are dropped.
    pub(super) fn push(&mut self, chunk: Chunk) {
        if let Some(input) = self.index_of(&chunk.partition) {
            self.queues[input].push(chunk);
        }
    }

    /// Chooses the next head. Heads must have been filled: an input without one counts as empty.
    #[inline]
    pub(super) fn choose(&mut self, now: MonotonicTime) -> Choice {
        let mut oldest: Option<(Timestamp, usize)> = None;
        let mut has_empty = false;
        for (input, queue) in self.queues.iter().enumerate() {
            match queue.head() {
                Some(head) if oldest.is_none_or(|(timestamp, _)| head.timestamp < timestamp) => {
                    oldest = Some((head.timestamp, input));
                }
                Some(_) => {}
                None => has_empty |= queue.exists(),
            }
        }
        let must_wait = has_empty && self.waits_for_empty(now);
        match oldest {
            Some((_, input)) if !must_wait => Choice::Take { input, enforced: has_empty && self.max_idle.is_some() },
            _ => Choice::Wait,
        }
    }

    /// Whether to wait for an empty input: its lag is unknown or not zero, or its idle time is not over.
    fn waits_for_empty(&mut self, now: MonotonicTime) -> bool {
        let Some(max_idle) = self.max_idle else { return false };
        let mut waits = false;
        for queue in self.queues.iter_mut().filter(|queue| queue.exists()) {
            if queue.head().is_some() || queue.unfetched().is_none_or(|records| records > 0) {
                waits |= queue.head().is_none();
                queue.stop_idling();
            } else {
                waits |= now < queue.idle_since(now) + max_idle;
            }
        }
        waits
    }

    /// When the present wait for an idle input ends. `None` if it is over: what it has not processed since waits for something
    /// else, such as other tasks.
    pub(super) fn wait_ends(&self, now: MonotonicTime) -> Option<MonotonicTime> {
        let max_idle = self.max_idle?;
        if self.queues.iter().all(InputQueue::is_empty) {
            return None;
        }
        let ends = self.queues.iter().filter_map(|queue| queue.idling().map(|since| since + max_idle)).max();
        ends.filter(|ends| *ends > now)
    }
}

#[cfg(test)]
mod tests;
