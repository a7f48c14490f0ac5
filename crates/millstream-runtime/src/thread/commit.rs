//! A thread's commits: one at a time, all its tasks together, in phases between which the log does its part.
//!
//! The order is what makes a crash harmless: what is processed is flushed and acknowledged before its offsets are
//! committed, and only then do the engines of the stores take it in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_log::{CommittedOffset, LogError};
use millstream_types::{MonotonicTime, Now, Offset, TaskId, Topic, TopicPartition};

use super::stream_thread::StreamThread;
use crate::messages::ThreadEvent;
use millstream_observe::events::{EventKind, Failure, FailureKind};

/// Offsets of partitions that are not subscribed (those that follow a lead topic) expire even in a live group when they
/// are not committed for long, on a broker after seven days. So they are committed again, moved or not.
const REFRESH_AFTER: Duration = Duration::from_secs(12 * 60 * 60);

/// The wait after a commit that failed.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Once the tasks whose caches are flushed have written so many records, the next one waits until these are durable: what a
/// commit writes lies in memory until then, several times its size.
const FLUSHED_AT_ONCE: u64 = 10_000;

/// The commit of a thread, and what it remembers of earlier ones.
pub(super) struct Commits {
    phase: Phase,
    interval: Duration,
    /// When the last one ended, or the next interval began.
    last: MonotonicTime,
    /// When the one under way began.
    began: MonotonicTime,
    is_requested: bool,
    /// After a failure, when to try again.
    retry_at: MonotonicTime,
    /// The newest offset known to be committed, per partition.
    known: BTreeMap<TopicPartition, CommittedOffset>,
    refreshed: MonotonicTime,
    purging: Purging,
}

/// Offsets of repartition topics, told to the supervisor now and then.
struct Purging {
    topics: BTreeSet<Topic>,
    interval: Duration,
    told: MonotonicTime,
    untold: BTreeMap<TopicPartition, Offset>,
}

/// The tasks of a commit whose caches are to be flushed yet.
type Unflushed = Vec<TaskId>;

enum Phase {
    Idle,
    /// Waiting until everything these tasks have written is durable; their caches are flushed.
    Flushing(Vec<TaskId>, Unflushed),
    /// Waiting until these offsets are committed.
    Committing(u64, Vec<TaskId>, Vec<(TopicPartition, CommittedOffset)>),
}

/// How the last step of a commit went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommitOutcome {
    Done,
    /// It may succeed later.
    Failed,
    /// The group has moved on; it will not succeed for partitions that have gone.
    Refused,
}

impl Commits {
    pub(super) fn new(
        interval: Duration,
        purge_interval: Duration,
        repartition_topics: BTreeSet<Topic>,
        now: MonotonicTime,
    ) -> Self {
        let purging =
            Purging { topics: repartition_topics, interval: purge_interval, told: now, untold: BTreeMap::new() };
        Self {
            phase: Phase::Idle,
            interval,
            last: now,
            began: now,
            is_requested: false,
            retry_at: now,
            known: BTreeMap::new(),
            refreshed: now,
            purging,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle)
    }

    /// Whether one can begin: none is under way, and the last failure is a moment ago.
    pub(super) fn may_begin(&self, now: MonotonicTime) -> bool {
        self.is_idle() && now >= self.retry_at
    }

    /// When the next one is due by time: never before one may begin, since who waits for it would wait for nothing.
    pub(super) fn due(&self) -> MonotonicTime {
        (self.last + self.interval).max(self.retry_at)
    }

    /// A processor asks for one.
    pub(super) fn request(&mut self) {
        self.is_requested = true;
    }

    fn is_due(&self, now: MonotonicTime) -> bool {
        self.may_begin(now) && (self.is_requested || now >= self.due())
    }

    /// Remembers what was committed before this thread had the partition.
    pub(super) fn remember(&mut self, partition: TopicPartition, committed: CommittedOffset) {
        self.known.insert(partition, committed);
    }

    /// Forgets partitions that went elsewhere.
    pub(super) fn forget(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.known.remove(partition);
        }
    }

    /// A task that is gone takes no further part.
    pub(super) fn drop_task(&mut self, id: TaskId) {
        match &mut self.phase {
            Phase::Idle => {}
            Phase::Flushing(flushed, unflushed) => {
                flushed.retain(|task| *task != id);
                unflushed.retain(|task| *task != id);
            }
            Phase::Committing(_, tasks, _) => tasks.retain(|task| *task != id),
        }
    }

    /// Adds what was committed long ago and has not moved.
    fn add_refreshed(&self, offsets: &mut Vec<(TopicPartition, CommittedOffset)>) {
        if self.is_refresh_due(self.began) {
            let moved: BTreeSet<TopicPartition> = offsets.iter().map(|(partition, _)| partition.clone()).collect();
            let unmoved = self.known.iter().filter(|(partition, _)| !moved.contains(*partition));
            offsets.extend(unmoved.map(|(partition, offset)| (partition.clone(), offset.clone())));
        }
    }

    fn is_refresh_due(&self, now: MonotonicTime) -> bool {
        now - self.refreshed >= REFRESH_AFTER && !self.known.is_empty()
    }

    /// The commit under way has succeeded, and with it the refresh if one was due.
    fn succeeded(&mut self, now: MonotonicTime) {
        if self.is_refresh_due(self.began) {
            self.refreshed = self.began;
        }
        self.last = now;
    }
}

impl Purging {
    fn add(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) {
        let repartition = offsets.iter().filter(|(partition, _)| self.topics.contains(&partition.topic));
        self.untold.extend(repartition.map(|(partition, committed)| (partition.clone(), committed.offset)));
    }

    fn take_due(&mut self, now: MonotonicTime) -> Option<Vec<(TopicPartition, Offset)>> {
        let is_due = !self.untold.is_empty() && now - self.told >= self.interval;
        is_due.then(|| {
            self.told = now;
            std::mem::take(&mut self.untold).into_iter().collect()
        })
    }
}

impl StreamThread {
    /// Begins a commit when one is due, and moves the one under way along. Whether anything happened.
    pub(super) fn step_commit(&mut self, now: Now) -> Result<bool, Failure> {
        if self.commits.is_due(now.monotonic) {
            self.commits.last = now.monotonic;
            self.commits.is_requested = false;
            let tasks: Vec<TaskId> =
                self.tasks.iter().filter(|task| task.needs_commit()).map(|task| task.id()).collect();
            if !tasks.is_empty() || self.commits.is_refresh_due(now.monotonic) {
                self.begin_commit(tasks, now)?;
            }
        }
        let is_flushed = matches!(self.commits.phase, Phase::Flushing(..)) && self.outbox.is_flushed();
        if is_flushed && !self.flush_some(now)? {
            self.commit_offsets(now)?;
        }
        if let Some(consumed) = self.commits.purging.take_due(now.monotonic) {
            // Refused, the application has ended, and nothing needs to be deleted.
            _ = self.shared.thread_events.send(ThreadEvent::Consumed(consumed));
        }
        Ok(is_flushed)
    }

    /// First phase: what caches hold back is logged and forwarded, and sent.
    pub(super) fn begin_commit(&mut self, tasks: Vec<TaskId>, now: Now) -> Result<(), Failure> {
        self.last_outcome = CommitOutcome::Done;
        self.commits.began = now.monotonic;
        self.commits.phase = Phase::Flushing(Vec::with_capacity(tasks.len()), tasks);
        self.flush_some(now)?;
        Ok(())
    }

    /// Flushes the caches of tasks, one after the other until there is enough to send. Whether some were left to flush.
    fn flush_some(&mut self, now: Now) -> Result<bool, Failure> {
        let enough = self.outbox.written() + FLUSHED_AT_ONCE;
        let mut has_flushed = false;
        while self.outbox.written() < enough
            && let Phase::Flushing(flushed, unflushed) = &mut self.commits.phase
            && let Some(id) = unflushed.pop()
        {
            flushed.push(id);
            has_flushed = true;
            self.run_task(id, |task, outbox, _| task.prepare_commit(now, outbox))?;
        }
        if has_flushed {
            self.outbox.start_flush();
        }
        Ok(has_flushed)
    }

    /// Second phase, once all of it is durable: the offsets.
    fn commit_offsets(&mut self, now: Now) -> Result<(), Failure> {
        let Phase::Flushing(tasks, _) = std::mem::replace(&mut self.commits.phase, Phase::Idle) else { return Ok(()) };
        let mut offsets = Vec::new();
        for id in &tasks {
            if let Some(task) = self.tasks.get_mut(*id) {
                task.offsets_to_commit(&mut offsets);
            }
        }
        self.commits.add_refreshed(&mut offsets);
        if offsets.is_empty() {
            return self.finish_commit(&tasks, &offsets, now);
        }
        let token = self.consumer.commit(&offsets);
        self.commits.phase = Phase::Committing(token, tasks, offsets);
        Ok(())
    }

    /// Last phase: the log has answered.
    pub(super) fn commit_answered(
        &mut self,
        token: u64,
        result: Result<(), LogError>,
        now: Now,
    ) -> Result<(), Failure> {
        let (tasks, offsets) = match std::mem::replace(&mut self.commits.phase, Phase::Idle) {
            Phase::Committing(awaited, tasks, offsets) if awaited == token => (tasks, offsets),
            phase => {
                self.commits.phase = phase;
                return Ok(());
            }
        };
        match result {
            Ok(()) => {
                self.outage.is_over(now.monotonic, &self.events);
                self.finish_commit(&tasks, &offsets, now)
            }
            Err(error) => self.abandon_commit(&tasks, &error, now),
        }
    }

    fn finish_commit(
        &mut self,
        tasks: &[TaskId],
        offsets: &[(TopicPartition, CommittedOffset)],
        now: Now,
    ) -> Result<(), Failure> {
        let took = now.monotonic - self.commits.began;
        for id in tasks {
            self.run_task(*id, |task, outbox, _| {
                task.count_commit(took);
                task.finish_commit(outbox)
            })?;
        }
        for (partition, committed) in offsets {
            if self.tasks.reader_of(partition).is_some() {
                self.commits.remember(partition.clone(), committed.clone());
            }
        }
        self.commits.purging.add(offsets);
        self.commits.succeeded(now.monotonic);
        self.last_outcome = CommitOutcome::Done;
        Ok(())
    }

    /// Nothing was committed: everything is due again. A failure that no later try mends ends the thread.
    fn abandon_commit(&mut self, tasks: &[TaskId], error: &LogError, now: Now) -> Result<(), Failure> {
        for id in tasks {
            if let Some(task) = self.tasks.get_mut(*id) {
                task.abandon_commit();
            }
        }
        self.commits.retry_at = now.monotonic + RETRY_AFTER;
        let is_refused = matches!(error, LogError::RebalanceInProgress | LogError::NotAMember);
        let retried = is_refused || error.is_retriable();
        self.events.emit(EventKind::CommitFailed { reason: error.to_string(), retried });
        if !retried {
            return Err(Failure::new(FailureKind::Log, format!("offsets cannot be committed: {error}")));
        }
        self.last_outcome = if is_refused { CommitOutcome::Refused } else { CommitOutcome::Failed };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thread that waited for what is due but may not begin would turn without a pause.
    #[test]
    fn after_a_failure_a_commit_is_due_when_it_may_begin() {
        let millis = Duration::from_millis;
        let at = |ms| MonotonicTime::START + millis(ms);
        let mut commits = Commits::new(millis(100), millis(30_000), BTreeSet::new(), at(1_000));
        assert_eq!(commits.due(), at(1_100));
        commits.retry_at = at(1_550);
        assert_eq!(commits.due(), at(1_550));
        for now in (1_000..2_000).map(at) {
            assert_eq!(commits.is_due(now), now >= commits.due(), "at {now:?}");
        }
    }
}
