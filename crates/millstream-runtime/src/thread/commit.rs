//! When a thread commits, and what it has committed. The [`Committer`] runs a commit.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_changelog::TurnLimit;
use millstream_log::{CommittedOffset, GroupConsumer, LogError};
use millstream_observe::Clock;
use millstream_task::{CommitBarrier, CommitOutcome, CommitProgress, CommitScope, Committer, TaskError, Tasks};
use millstream_types::{MonotonicTime, Now, Offset, TaskId, Topic, TopicPartition};

use crate::config::ProcessingGuarantee;

/// Offsets of partitions that are not subscribed (those that follow a lead topic) expire even in a live group if they are
/// not committed for long, on a broker after seven days by default. So unchanged offsets are committed again.
const REFRESH_AFTER: Duration = Duration::from_secs(12 * 60 * 60);

/// How long a turn flushes caches. One row may take longer.
const TURN: Duration = Duration::from_millis(10);

/// The backoff after a failed commit.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// The commits of a thread, one at a time.
pub(super) struct Commits {
    committer: Committer,
    interval: Duration,
    /// When the last commit ended, or the next interval began.
    last: MonotonicTime,
    is_requested: bool,
    /// The end of the backoff after a failure.
    retry_at: MonotonicTime,
    /// Whether the last commit has failed because the group could not be reached.
    has_failed: bool,
    /// The number of commits to which the group has responded.
    responses: u64,
    /// The committed offset of each partition.
    known: BTreeMap<TopicPartition, CommittedOffset>,
    refresh: Refresh,
    purging: Purging,
}

/// The refresh of offsets that have not changed for long.
struct Refresh {
    last: MonotonicTime,
    /// When the commit in progress began, if it is a refresh.
    under_way: Option<MonotonicTime>,
}

/// Committed offsets of repartition topics, reported at an interval so that consumed records can be deleted.
struct Purging {
    topics: BTreeSet<Topic>,
    interval: Duration,
    reported: MonotonicTime,
    unreported: BTreeMap<TopicPartition, Offset>,
}

/// The result of advancing the commit.
pub(super) enum CommitStep {
    /// Nothing.
    Idle,
    /// The commit has advanced.
    Advanced,
    /// It has ended, like this.
    Ended(CommitOutcome),
}

impl Commits {
    pub(super) fn new(
        guarantee: ProcessingGuarantee,
        interval: Duration,
        purge_interval: Duration,
        repartition_topics: BTreeSet<Topic>,
        now: MonotonicTime,
    ) -> Self {
        Self {
            committer: Committer::new(barrier_for(guarantee)),
            interval,
            last: now,
            is_requested: false,
            retry_at: now,
            has_failed: false,
            responses: 0,
            known: BTreeMap::new(),
            refresh: Refresh { last: now, under_way: None },
            purging: Purging {
                topics: repartition_topics,
                interval: purge_interval,
                reported: now,
                unreported: BTreeMap::new(),
            },
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.committer.is_idle()
    }

    /// Whether offsets are on their way to the group.
    pub(super) fn is_sent(&self) -> bool {
        self.committer.are_offsets_sent()
    }

    /// Whether the group's response to a commit is awaited, or there was none to the last one.
    pub(super) fn awaits_group(&self) -> bool {
        self.is_sent() || self.has_failed
    }

    /// The number of commits to which the group has responded.
    pub(super) fn responses(&self) -> u64 {
        self.responses
    }

    /// Whether a commit can begin: none is in progress, and the backoff after the last failure is over.
    pub(super) fn may_begin(&self, now: MonotonicTime) -> bool {
        self.is_idle() && now >= self.retry_at
    }

    /// When the next commit is due: never before it may begin, so that a thread that waits for it does not wake up too early.
    pub(super) fn due(&self) -> MonotonicTime {
        if self.is_requested { self.retry_at } else { (self.last + self.interval).max(self.retry_at) }
    }

    /// Makes the next commit due: a processor has requested it, or too much is uncommitted.
    pub(super) fn request(&mut self) {
        self.is_requested = true;
    }

    fn is_due(&self, now: MonotonicTime) -> bool {
        self.is_idle() && now >= self.due()
    }

    /// Begins a commit if it is due and there is something to commit.
    pub(super) fn begin_if_due(&mut self, tasks: &Tasks, now: Now) {
        if !self.is_due(now.monotonic) {
            return;
        }
        self.last = now.monotonic;
        self.is_requested = false;
        let uncommitted = tasks.uncommitted();
        if !uncommitted.is_empty() || self.is_refresh_due(now.monotonic) {
            self.begin(tasks, &uncommitted, now);
        }
    }

    /// Begins one of these tasks at least. To be called only when one [may begin](Self::may_begin).
    pub(super) fn begin(&mut self, tasks: &Tasks, requested: &[TaskId], now: Now) {
        self.refresh.under_way = self.is_refresh_due(now.monotonic).then_some(now.monotonic);
        self.committer.begin(tasks, requested, now);
    }

    /// Advances the commit in progress as far as possible without waiting, for a turn at most.
    pub(super) fn advance(
        &mut self,
        scope: &mut CommitScope<'_>,
        consumer: &mut dyn GroupConsumer,
        clock: &dyn Clock,
        now: Now,
    ) -> Result<CommitStep, TaskError> {
        let mut read_clock = || clock.monotonic();
        let mut limit = TurnLimit::until(now.monotonic + TURN, &mut read_clock);
        let mut step = CommitStep::Idle;
        loop {
            match self.committer.advance(scope, now, &mut limit)? {
                CommitProgress::Waiting => return Ok(step),
                CommitProgress::TurnOver => return Ok(CommitStep::Advanced),
                CommitProgress::Advanced => {}
                CommitProgress::OffsetsReady => self.send_offsets(scope.tasks, consumer),
                CommitProgress::Ended => return Ok(CommitStep::Ended(self.ended(scope.tasks, now))),
            }
            step = CommitStep::Advanced;
        }
    }

    fn send_offsets(&mut self, tasks: &Tasks, consumer: &mut dyn GroupConsumer) {
        let Some(offsets) = self.committer.offsets(tasks) else { return };
        if self.refresh.under_way.is_some() {
            let moved: BTreeSet<TopicPartition> = offsets.iter().map(|(partition, _)| partition.clone()).collect();
            let unmoved = self.known.iter().filter(|(partition, _)| !moved.contains(*partition));
            offsets.extend(unmoved.map(|(partition, offset)| (partition.clone(), offset.clone())));
        }
        if offsets.is_empty() {
            self.committer.offsets_settled(Ok(()));
        } else {
            let token = consumer.commit(offsets);
            self.committer.offsets_sent(token);
        }
    }

    /// Handles the group's response to a commit of offsets. Returns whether it belongs to one of these commits.
    pub(super) fn take_response(&mut self, token: u64, result: Result<(), LogError>) -> bool {
        self.committer.take_response(token, result)
    }

    /// Notes what the commit has committed that has just ended. How it ended.
    fn ended(&mut self, tasks: &Tasks, now: Now) -> CommitOutcome {
        let commit = self.committer.last();
        self.has_failed = commit.outcome().is_unreachable();
        self.responses += u64::from(!self.has_failed);
        if *commit.outcome() != CommitOutcome::Committed {
            self.retry_at = now.monotonic + RETRY_AFTER;
            return commit.outcome().clone();
        }
        for (partition, committed) in commit.offsets() {
            if tasks.reader_of(partition).is_some() {
                self.known.insert(partition.clone(), committed.clone());
            }
        }
        if let Some(began) = self.refresh.under_way.take() {
            self.refresh.last = began;
        }
        self.purging.add(commit.offsets());
        self.last = now.monotonic;
        CommitOutcome::Committed
    }

    /// Records the committed offset of a partition that was assigned.
    pub(super) fn remember(&mut self, partition: TopicPartition, committed: CommittedOffset) {
        self.known.insert(partition, committed);
    }

    /// Removes a closed task and its partitions.
    pub(super) fn task_closed(&mut self, id: TaskId, partitions: &[TopicPartition]) {
        self.committer.remove_task(id, partitions);
        for partition in partitions {
            self.known.remove(partition);
        }
    }

    /// Forgets partitions that do not exist any more, so that they are not committed again.
    pub(super) fn forget(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.known.remove(partition);
            self.purging.unreported.remove(partition);
        }
    }

    /// The committed offsets of the partitions of these tasks, or where reading began. To commit them changes nothing.
    pub(super) fn unchanged_offsets(&self, tasks: &Tasks) -> Vec<(TopicPartition, CommittedOffset)> {
        let mut offsets: BTreeMap<TopicPartition, CommittedOffset> = BTreeMap::new();
        tasks.iter().for_each(|task| offsets.extend(task.start_offsets()));
        offsets.extend(self.known.iter().map(|(partition, offset)| (partition.clone(), offset.clone())));
        offsets.into_iter().collect()
    }

    /// The committed offsets of repartition topics, if a report is due.
    pub(super) fn take_consumed(&mut self, now: MonotonicTime) -> Option<Vec<(TopicPartition, Offset)>> {
        self.purging.take_due(now)
    }

    fn is_refresh_due(&self, now: MonotonicTime) -> bool {
        now - self.refresh.last >= REFRESH_AFTER && !self.known.is_empty()
    }
}

/// Which tasks stop processing during a commit.
fn barrier_for(guarantee: ProcessingGuarantee) -> CommitBarrier {
    match guarantee {
        ProcessingGuarantee::AtLeastOnce => CommitBarrier::PerTask,
    }
}

impl Purging {
    fn add(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) {
        let repartition = offsets.iter().filter(|(partition, _)| self.topics.contains(&partition.topic));
        self.unreported.extend(repartition.map(|(partition, committed)| (partition.clone(), committed.offset)));
    }

    fn take_due(&mut self, now: MonotonicTime) -> Option<Vec<(TopicPartition, Offset)>> {
        let is_due = !self.unreported.is_empty() && now - self.reported >= self.interval;
        is_due.then(|| {
            self.reported = now;
            std::mem::take(&mut self.unreported).into_iter().collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A commit that was due but could not begin made the thread loop without waiting.
    #[test]
    fn after_a_failure_a_commit_is_due_when_it_may_begin() {
        let millis = Duration::from_millis;
        let at = |ms| MonotonicTime::START + millis(ms);
        let guarantee = ProcessingGuarantee::AtLeastOnce;
        let mut commits = Commits::new(guarantee, millis(100), millis(30_000), BTreeSet::new(), at(1_000));
        assert_eq!(commits.due(), at(1_100));
        commits.retry_at = at(1_550);
        assert_eq!(commits.due(), at(1_550));
        for now in (1_000..2_000).map(at) {
            assert_eq!(commits.is_due(now), now >= commits.due(), "at {now:?}");
        }
    }
}
