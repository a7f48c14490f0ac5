//! Where reading a partition starts: at the committed offset, or where the reset policy says.

use std::collections::HashMap;

use millstream_core::{ResetPolicy, Topology};
use millstream_log::{CommittedOffset, GroupConsumer, LogError, StartAt};
use millstream_observe::events::{EventKind, Failure, FailureKind};
use millstream_task::Tasks;
use millstream_types::time::millis_of;
use millstream_types::{Offset, Timestamp, Topic, TopicPartition};

use super::commit::Commits;

/// The reset policy of each topic, and the requests for committed offsets that are in flight.
pub(super) struct Offsets {
    resets: HashMap<Topic, ResetPolicy>,
    default_reset: ResetPolicy,
    /// The number of pending requests for each partition: if a partition was revoked and assigned again meanwhile, only the
    /// last response counts.
    pending: HashMap<TopicPartition, usize>,
}

impl Offsets {
    pub(super) fn new(topology: &Topology, application_id: &str, default_reset: ResetPolicy) -> Self {
        Self { resets: resets_of(topology, application_id), default_reset, pending: HashMap::new() }
    }

    /// Takes over the reset policies of topics that a topology reads now.
    pub(super) fn set_topology(&mut self, topology: &Topology, application_id: &str) {
        self.resets = resets_of(topology, application_id);
    }

    /// Where reading a partition of the topic starts at this time of the wall clock, if no offset is committed.
    fn reset(&self, topic: &Topic, now: Timestamp) -> StartAt {
        match self.resets.get(topic).copied().unwrap_or(self.default_reset) {
            ResetPolicy::Earliest => StartAt::Earliest,
            ResetPolicy::Latest => StartAt::Latest,
            ResetPolicy::ByDuration(duration) => {
                let time_ms = now.as_millis().saturating_sub(millis_of(duration));
                StartAt::Time(Timestamp::from_millis(time_ms.max(0)))
            }
        }
    }

    /// Counts a response as received. Returns whether it is the last one that was pending.
    fn complete(&mut self, partition: &TopicPartition) -> bool {
        let Some(pending) = self.pending.get_mut(partition) else { return false };
        *pending -= 1;
        let is_last = *pending == 0;
        if is_last {
            self.pending.remove(partition);
        }
        is_last
    }

    /// Requests the committed offsets of these partitions.
    pub(super) fn request(&mut self, partitions: &[TopicPartition], consumer: &mut dyn GroupConsumer) {
        for partition in partitions {
            *self.pending.entry(partition.clone()).or_default() += 1;
        }
        consumer.fetch_committed(partitions);
    }

    /// Handles the group's response: tasks resume where an earlier owner stopped. Returns where reading starts.
    pub(super) fn begin(
        &mut self,
        committed: Vec<(TopicPartition, Option<CommittedOffset>)>,
        tasks: &mut Tasks,
        commits: &mut Commits,
        now: Timestamp,
    ) -> Vec<(TopicPartition, StartAt)> {
        let mut starts = Vec::with_capacity(committed.len());
        for (partition, committed) in committed {
            if !self.complete(&partition) {
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
                None => {
                    task.resume_without_commit(&partition);
                    self.reset(&partition.topic, now)
                }
            };
            starts.push((partition, start));
        }
        starts
    }

    /// How to handle an error that stopped reading a partition: if its records were deleted, reading resumes where the reset
    /// policy says; a retriable error needs no action; any other one is final.
    pub(super) fn fetch_failed(&self, partition: &TopicPartition, error: &LogError, now: Timestamp) -> FetchFailure {
        if let LogError::OffsetOutOfRange { offset, start, end, .. } = error {
            let resume_at = self.reset(&partition.topic, now);
            let to_offset = match resume_at {
                StartAt::Latest => Some(*end),
                StartAt::Time(_) => None,
                StartAt::Earliest | StartAt::Offset(_) => Some(*start),
            };
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

/// The reset policies that sources have set for their topics.
fn resets_of(topology: &Topology, application_id: &str) -> HashMap<Topic, ResetPolicy> {
    let sources = topology.subtopologies().iter().flat_map(|subtopology| &subtopology.sources);
    let resets = sources.filter_map(|source| {
        // All records of an internal topic were written for this application.
        let reset = if source.topic.internal { Some(ResetPolicy::Earliest) } else { source.reset };
        Some((source.topic.resolve(application_id), reset?))
    });
    resets.collect()
}

/// How to handle an error that stopped reading a partition.
pub(super) enum FetchFailure {
    /// The records were deleted; reading resumes here.
    OutOfRange { resume_at: StartAt, event: EventKind },
    /// A batch cannot be decoded: the deserialization handler decides.
    Undecodable { first: Offset, last: Option<Offset> },
    /// The log retries by itself.
    Retriable,
    /// The thread fails.
    Final(Failure),
}
