//! Where partitions begin to be read: at the committed offset, or as the reset policy says.

use std::collections::HashMap;

use millstream_core::{ResetPolicy, Topology};
use millstream_log::{CommittedOffset, GroupConsumer, LogError, StartAt};
use millstream_observe::events::{EventKind, Failure, FailureKind};
use millstream_task::Tasks;
use millstream_types::{Offset, Topic, TopicPartition};

use super::commit::Commits;

/// Per topic where to begin without a committed offset, and the requests for committed offsets in flight.
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

    /// Asks where to begin to read these partitions.
    pub(super) fn request(&mut self, partitions: &[TopicPartition], consumer: &mut dyn GroupConsumer) {
        self.ask(partitions);
        consumer.fetch_committed(partitions);
    }

    /// Takes the group's response: tasks resume where an earlier owner stopped. Returns where to begin to read.
    pub(super) fn begin(
        &mut self,
        committed: Vec<(TopicPartition, Option<CommittedOffset>)>,
        tasks: &mut Tasks,
        commits: &mut Commits,
    ) -> Vec<(TopicPartition, StartAt)> {
        let mut starts = Vec::with_capacity(committed.len());
        for (partition, committed) in committed {
            if !self.is_answered(&partition) {
                continue;
            }
            let Some(task) = tasks.reader_of(&partition).and_then(|id| tasks.get_mut(id)) else { continue };
            let start = match committed {
                Some(committed) => {
                    task.resume_from(&partition, &committed);
                    let start = StartAt::Offset(committed.offset);
                    commits.remember(partition.clone(), committed);
                    start
                }
                None => self.reset(&partition.topic),
            };
            starts.push((partition, start));
        }
        starts
    }

    /// What to do about a partition that cannot be read from where it stands: without its records, deleted since, reading
    /// goes on where the reset policy says; a retriable error ends by itself; any other one is final.
    pub(super) fn fetch_failed(&self, partition: &TopicPartition, error: &LogError) -> FetchFailure {
        if let LogError::OffsetOutOfRange { offset, start, end, .. } = error {
            let resume_at = self.reset(&partition.topic);
            let to_offset = if resume_at == StartAt::Latest { *end } else { *start };
            let event = EventKind::OffsetOutOfRange { partition: partition.clone(), from_offset: *offset, to_offset };
            FetchFailure::OutOfRange { resume_at, event }
        } else if let LogError::Undecodable { first, last, .. } = error {
            FetchFailure::Undecodable { first: *first, last: *last }
        } else if error.is_retriable() {
            FetchFailure::Retriable
        } else {
            let failure = Failure::new(FailureKind::Log, format!("{partition} cannot be read: {error}"));
            FetchFailure::Final(failure.caused_by(error.clone()))
        }
    }
}

/// What becomes of a partition that cannot be read from where it stands.
pub(super) enum FetchFailure {
    /// Its records are gone; reading goes on here.
    OutOfRange { resume_at: StartAt, event: EventKind },
    /// A batch cannot be read: the deserialization handler decides.
    Undecodable { first: Offset, last: Option<Offset> },
    /// It ends by itself.
    Retriable,
    /// The thread ends.
    Final(Failure),
}
