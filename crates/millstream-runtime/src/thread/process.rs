//! Which task processes next, and for how long: the task with the smallest timestamp first, a bounded time per turn.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Duration;

use millstream_changelog::Pace;
use millstream_core::SubTopology;
use millstream_observe::Clock;
use millstream_task::{NextRecord, Outbox, Step, Task, TaskError, Tasks};
use millstream_types::{MonotonicTime, Now, TaskId, Timestamp};

use super::membership_check::MembershipCheck;

/// How long a turn processes. Heartbeats, commits, schedules, queries and rebalances wait this long, or as long as one
/// record takes if that is longer.
const TURN: Duration = Duration::from_millis(10);

/// The most records, rows and schedules between two readings of the clock: those that turn slow are noticed after this many.
const WORK_MAX: usize = 32;

/// How far the stream time of a task may be ahead of the others, so that it processes several records at once.
const LEAD_MAX: Duration = Duration::from_millis(100);

/// How long the tasks of a sub-topology wait for one whose records are known to be in the log but not fetched yet.
const WAIT_MAX: Duration = Duration::from_millis(500);

/// Processes the records of a thread's tasks.
///
/// Tasks that exchange records form a group. In a group, the task whose next record has the smallest timestamp processes
/// first. Otherwise one partition of a backlog would be repartitioned before the next one, and advance stream time beyond
/// the grace of windows for which the others still have records. Groups are independent, and each gets an equal share of
/// the time.
pub(super) struct Processing {
    /// The group number of each sub-topology.
    groups: Vec<usize>,
    group_count: usize,
    /// The group that processes first in the next turn.
    first: usize,
    /// Since when tasks wait for records that are known to be in the log.
    waiting: BTreeMap<TaskId, MonotonicTime>,
    order: Order,
}

/// Whether a task waits for older records of other tasks that are known to be in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// It waits for a limited time.
    ByTime,
    /// It processes the oldest record that is fetched.
    AsAvailable,
}

/// What a turn has processed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Processed {
    /// Whether there was anything to process.
    pub(super) any: bool,
    /// Whether a processor requested a commit.
    pub(super) requests_commit: bool,
    /// About how many bytes of updates the stores hold that are not in their engines.
    pub(super) uncommitted_bytes: usize,
}

/// What a turn works on.
pub(super) struct Turn<'a> {
    pub(super) tasks: &'a mut Tasks,
    pub(super) outbox: &'a mut Outbox,
    pub(super) clock: &'a dyn Clock,
    pub(super) membership: &'a mut MembershipCheck,
    pub(super) now: Now,
}

impl Processing {
    pub(super) fn new(subtopologies: &[SubTopology], order: Order) -> Self {
        let groups = groups_of(subtopologies);
        let group_count = groups.iter().max().map_or(0, |last| last + 1);
        Self { groups, group_count, first: 0, waiting: BTreeMap::new(), order }
    }

    /// Processes for a while. After an error the task that it names must be closed.
    pub(super) fn run(&mut self, turn: &mut Turn<'_>) -> Result<Processed, TaskError> {
        let mut processed = Processed::default();
        let mut by_group: BTreeMap<usize, Vec<TaskId>> = BTreeMap::new();
        for task in turn.tasks.iter() {
            by_group.entry(self.group_of(task.id())).or_default().push(task.id());
        }
        let slice = TURN / u32::try_from(by_group.len().max(1)).unwrap_or(u32::MAX);
        let end = turn.now.monotonic + TURN;
        let (earlier, later): (Vec<_>, Vec<_>) =
            by_group.into_values().partition(|ids| self.group_of(ids[0]) < self.first);
        self.first += 1;
        for ids in later.into_iter().chain(earlier) {
            // Groups before it may have taken far more than their share.
            if turn.now.monotonic >= end || turn.membership.is_in_doubt() {
                self.first = self.group_of(ids[0]);
                break;
            }
            self.run_group(&ids, slice, turn, &mut processed)?;
        }
        self.first %= self.group_count.max(1);
        for task in turn.tasks.iter_mut() {
            processed.uncommitted_bytes += task.uncommitted_bytes();
            task.publish_metrics(turn.now.monotonic, turn.outbox);
        }
        Ok(processed)
    }

    fn group_of(&self, id: TaskId) -> usize {
        self.groups.get(id.subtopology as usize).copied().unwrap_or(0)
    }

    fn run_group(
        &mut self,
        ids: &[TaskId],
        slice: Duration,
        turn: &mut Turn<'_>,
        processed: &mut Processed,
    ) -> Result<(), TaskError> {
        let deadline = turn.now.monotonic + slice;
        turn.run_due(ids, turn.now.monotonic + slice / 2, processed)?;
        if turn.membership.is_in_doubt() {
            return Ok(());
        }
        let mut heads = Heads::with_capacity(ids.len());
        for &id in ids {
            heads.extend(turn.next_record(id, 0)?);
        }
        let waited_for = self.waited_for(ids, &heads, turn);
        let mut pace = Pace::new(WORK_MAX);
        while let Some(Reverse((head, id))) = heads.pop() {
            let mut is_idle = false;
            if let Some(timestamp) = head {
                let next = heads.peek().and_then(|Reverse((next, _))| *next);
                let waited_for = waited_for.get(&id.subtopology).copied();
                let last = next.into_iter().chain(waited_for).min().map(|oldest| oldest + LEAD_MAX);
                if last.is_some_and(|last| timestamp > last) {
                    continue;
                }
                let step = turn.step(id, last.unwrap_or(Timestamp::from_millis(i64::MAX)), pace.work())?;
                processed.add(step);
                is_idle = step.step.is_idle();
            } else {
                processed.any = true;
            }
            // A task that did nothing waits for something other than its turn.
            if !is_idle {
                heads.extend(turn.next_record(id, pace.work())?);
            }
            pace.adapt(turn.read_clock());
            if turn.is_over(deadline) {
                break;
            }
        }
        Ok(())
    }

    /// By sub-topology, the stream time of the task that its other partitions wait for, if there is one.
    fn waited_for(&mut self, ids: &[TaskId], heads: &Heads, turn: &Turn<'_>) -> BTreeMap<u32, Timestamp> {
        let with_head: BTreeSet<TaskId> = heads.iter().map(|Reverse((_, id))| *id).collect();
        let mut oldest: BTreeMap<u32, Timestamp> = BTreeMap::new();
        for id in ids {
            let is_behind = |task: &&Task| !with_head.contains(id) && task.awaits_records();
            let Some(task) = turn.tasks.get(*id).filter(is_behind).filter(|_| self.order == Order::ByTime) else {
                self.waiting.remove(id);
                continue;
            };
            let since = *self.waiting.entry(*id).or_insert(turn.now.monotonic);
            if turn.now.monotonic - since < WAIT_MAX {
                let oldest = oldest.entry(id.subtopology).or_insert(task.stream_time());
                *oldest = task.stream_time().min(*oldest);
            }
        }
        oldest
    }

    /// Removes a task that is closed.
    pub(super) fn remove(&mut self, id: TaskId) {
        self.waiting.remove(&id);
    }
}

/// The tasks of a group that have a record to process, by its timestamp. One without a timestamp is not read yet, and comes
/// first: it may be older than any other.
type Heads = BinaryHeap<Reverse<(Option<Timestamp>, TaskId)>>;

/// A step, and whether the task requested a commit in it.
#[derive(Clone, Copy)]
struct Stepped {
    step: Step,
    requests_commit: bool,
}

impl Turn<'_> {
    fn step(&mut self, id: TaskId, last: Timestamp, work_max: usize) -> Result<Stepped, TaskError> {
        let now = self.now;
        self.work(id, |task, outbox| task.step_up_to(last, now, work_max, outbox))
    }

    /// Has a task do some of its work.
    fn work(
        &mut self,
        id: TaskId,
        work: impl FnOnce(&mut Task, &mut Outbox) -> Result<Step, TaskError>,
    ) -> Result<Stepped, TaskError> {
        let outbox = &mut *self.outbox;
        let stepped = self.tasks.run(id, |task| {
            let step = work(task, outbox)?;
            task.check_state()?;
            Ok(Stepped { step, requests_commit: !step.is_idle() && task.take_commit_request() })
        });
        stepped.unwrap_or(Ok(Stepped { step: Step::default(), requests_commit: false }))
    }

    /// The record that a task would process next, if there is one; see [`Heads`].
    fn next_record(
        &mut self,
        id: TaskId,
        work_max: usize,
    ) -> Result<Option<Reverse<(Option<Timestamp>, TaskId)>>, TaskError> {
        let (now, outbox) = (self.now, &mut *self.outbox);
        let next = self.tasks.run(id, |task| task.next_record(work_max, now, outbox)).transpose()?;
        Ok(match next {
            Some(NextRecord::At(timestamp)) => Some(Reverse((Some(timestamp), id))),
            Some(NextRecord::Unread) => Some(Reverse((None, id))),
            Some(NextRecord::None) | None => None,
        })
    }

    /// Runs the schedules that are due now, the earliest first whichever task has it, and before them what records of the
    /// last turn have left to do. What is not run by the deadline is due in the next turn.
    fn run_due(&mut self, ids: &[TaskId], deadline: MonotonicTime, processed: &mut Processed) -> Result<(), TaskError> {
        let now = self.now;
        let mut pace = Pace::new(WORK_MAX);
        while let Some(id) = self.first_due(ids, now.monotonic) {
            let ran = self.work(id, |task, outbox| task.run_due(pace.work(), now, outbox))?;
            processed.add(ran);
            pace.adapt(self.read_clock());
            if ran.step.is_idle() || self.is_over(deadline) {
                break;
            }
        }
        Ok(())
    }

    /// The task with the earliest of what is due.
    fn first_due(&self, ids: &[TaskId], now: MonotonicTime) -> Option<TaskId> {
        let due = ids.iter().filter_map(|id| Some((self.tasks.get(*id)?.next_due()?, *id)));
        due.filter(|(due, _)| *due <= now).min().map(|(_, id)| id)
    }

    /// Whether no more is to be processed in this turn, or of this group if that is its deadline.
    fn is_over(&self, deadline: MonotonicTime) -> bool {
        self.now.monotonic >= deadline || self.membership.is_in_doubt() || !self.outbox.accepts_records()
    }

    /// Reads the clock. Returns the time since the last reading.
    fn read_clock(&mut self) -> Duration {
        let before = self.now.monotonic;
        self.now = self.clock.both();
        self.membership.observe(self.now.monotonic);
        self.now.monotonic - before
    }
}

impl Processed {
    fn add(&mut self, stepped: Stepped) {
        self.any |= !stepped.step.is_idle();
        self.requests_commit |= stepped.requests_commit;
    }
}

/// The group number of each sub-topology: those that exchange records have the same.
fn groups_of(subtopologies: &[SubTopology]) -> Vec<usize> {
    let mut groups: Vec<usize> = (0..subtopologies.len()).collect();
    for (writer, written) in subtopologies.iter().enumerate() {
        for (reader, read) in subtopologies.iter().enumerate() {
            let is_read = |sink: &_| read.sources.iter().any(|source| source.topic == *sink);
            if written.sinks.iter().any(is_read) {
                let (from, to) = (groups[reader].max(groups[writer]), groups[reader].min(groups[writer]));
                groups.iter_mut().filter(|group| **group == from).for_each(|group| *group = to);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use millstream_core::StreamsBuilder;

    use super::*;

    /// The groups of the sub-topologies that copy topics: from each source to each of its sinks.
    fn groups(copies: &[(&str, &[&str])]) -> Vec<usize> {
        let builder = StreamsBuilder::new();
        for (source, sinks) in copies {
            let stream = builder.stream::<String, String>(*source);
            sinks.iter().for_each(|sink| drop(stream.to(*sink)));
        }
        groups_of(builder.build().unwrap().subtopologies())
    }

    #[test]
    fn subtopologies_that_exchange_no_records_are_groups_of_their_own() {
        assert_eq!(groups(&[("a", &["out"]), ("b", &["out"])]), [0, 1], "a common sink does not count");
    }

    #[test]
    fn a_writer_and_its_readers_are_one_group_in_whatever_order_they_are_declared() {
        assert_eq!(groups(&[("a", &["b"]), ("b", &["out"]), ("c", &["out"])]), [0, 0, 2]);
        assert_eq!(groups(&[("b", &["out"]), ("c", &["out"]), ("a", &["b"])]), [0, 1, 0]);
    }

    #[test]
    fn groups_are_closed_over_chains_and_cycles() {
        assert_eq!(groups(&[("d", &["out"]), ("a", &["b"]), ("c", &["d"]), ("b", &["c"])]), [0, 0, 0, 0]);
        assert_eq!(groups(&[("a", &["b"]), ("x", &["x"]), ("b", &["a"])]), [0, 1, 0]);
        assert_eq!(groups(&[("a", &["c"]), ("b", &["d"]), ("c", &["out"]), ("d", &["c"])]), [0, 0, 0, 0]);
    }

    #[test]
    fn repartitioning_joins_two_subtopologies_to_a_group() {
        let builder = StreamsBuilder::new();
        let words = builder.stream::<Option<String>, String>("words");
        words.group_by(|_, word| word.clone()).count("counts");
        builder.stream::<String, String>("other").to("out");
        let topology = builder.build().unwrap();
        let groups = groups_of(topology.subtopologies());
        assert_eq!(groups.len(), 3);
        let is_internal = |subtopology: &SubTopology| !subtopology.repartition_topics.is_empty();
        let reader = topology.subtopologies().iter().position(is_internal).unwrap();
        let shared = groups.iter().filter(|group| **group == groups[reader]).count();
        assert_eq!(shared, 2, "{groups:?}");
    }
}
