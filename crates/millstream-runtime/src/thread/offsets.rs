//! Where partitions begin to be read: at the committed offset, or as the reset policy says.

use std::collections::HashMap;

use millstream_core::{ResetPolicy, Topology};
use millstream_log::{CommittedOffset, LogError, StartAt};
use millstream_types::{Now, Topic, TopicPartition};

use super::stream_thread::StreamThread;
use millstream_observe::events::{EventKind, Failure, FailureKind};

/// Per topic where to begin without a committed offset, and the questions for committed offsets under way.
pub(super) struct Offsets {
    resets: HashMap<Topic, ResetPolicy>,
    default_reset: ResetPolicy,
    /// How often each partition was asked for and not answered: when a partition goes and comes back meanwhile, only the
    /// last answer counts.
    asked: HashMap<TopicPartition, usize>,
}

impl Offsets {
    pub(super) fn new(topology: &Topology, application_id: &str, default_reset: ResetPolicy) -> Self {
        let sources = topology.subtopologies().iter().flat_map(|subtopology| &subtopology.sources);
        let resets = sources.filter_map(|source| {
            // Whatever is in a topic of the application's own was written for it.
            let reset = if source.topic.internal { Some(ResetPolicy::Earliest) } else { source.reset };
            Some((source.topic.resolve(application_id), reset?))
        });
        Self { resets: resets.collect(), default_reset, asked: HashMap::new() }
    }

    fn reset(&self, topic: &Topic) -> StartAt {
        match self.resets.get(topic).copied().unwrap_or(self.default_reset) {
            ResetPolicy::Earliest => StartAt::Earliest,
            ResetPolicy::Latest => StartAt::Latest,
        }
    }

    fn ask(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            *self.asked.entry(partition.clone()).or_default() += 1;
        }
    }

    /// Notes an answer; whether it is the last one asked for.
    fn is_answered(&mut self, partition: &TopicPartition) -> bool {
        let Some(asked) = self.asked.get_mut(partition) else { return false };
        *asked -= 1;
        let is_last = *asked == 0;
        if is_last {
            self.asked.remove(partition);
        }
        is_last
    }
}

impl StreamThread {
    /// Asks where to begin; reading begins with the answer.
    pub(super) fn ask_for_committed(&mut self, partitions: &[TopicPartition]) {
        self.offsets.ask(partitions);
        self.consumer.fetch_committed(partitions);
    }

    pub(super) fn begin_reading(&mut self, committed: Vec<(TopicPartition, Option<CommittedOffset>)>) {
        let mut starts = Vec::with_capacity(committed.len());
        for (partition, committed) in committed {
            if !self.offsets.is_answered(&partition) {
                continue;
            }
            let Some(task) = self.tasks.reader_of(&partition).and_then(|id| self.tasks.get_mut(id)) else { continue };
            let start = match committed {
                Some(committed) => {
                    task.resume_from(&partition, &committed);
                    let start = StartAt::Offset(committed.offset);
                    self.commits.remember(partition.clone(), committed);
                    start
                }
                None => self.offsets.reset(&partition.topic),
            };
            starts.push((partition, start));
        }
        self.consumer.assign(&starts);
    }

    /// A partition cannot be read from where it stands. Without its records, deleted since, reading goes on where the
    /// reset policy says; a passing fault mends itself; anything else ends the thread.
    pub(super) fn fetch_failed(
        &mut self,
        partition: TopicPartition,
        error: &LogError,
        now: Now,
    ) -> Result<(), Failure> {
        if self.tasks.reader_of(&partition).is_none() {
            return Ok(());
        }
        if let LogError::OffsetOutOfRange { offset, start, end, .. } = error {
            let resume_at = self.offsets.reset(&partition.topic);
            let to_offset = if resume_at == StartAt::Latest { *end } else { *start };
            self.events.emit(EventKind::OffsetOutOfRange {
                partition: partition.clone(),
                from_offset: *offset,
                to_offset,
            });
            self.consumer.assign(&[(partition, resume_at)]);
        } else if error.is_retriable() {
            self.outage.goes_on(&error.to_string(), now.monotonic, &self.events);
        } else {
            return Err(Failure::new(FailureKind::Log, format!("{partition} cannot be read: {error}")));
        }
        Ok(())
    }
}
