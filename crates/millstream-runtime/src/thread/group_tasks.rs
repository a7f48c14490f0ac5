//! What the leader of the group tells a thread besides its active tasks: standbys and warm-ups, where all tasks are, and when to join
//! again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use millstream_assign::{CopyState, Lag, Rejoin};
use millstream_log::StreamsTasks;
use millstream_observe::events::{EventKind, EventSink, Failure};
use millstream_types::{MonotonicTime, Now, TaskId};

use super::owned_tasks::OwnedTasks;
use crate::assignment::group::{Assigned, ThreadAssignor};
use crate::config::GroupProtocol;
use crate::shared::Shared;

/// How often a thread notes how far its copies of tasks' state are.
const NOTE_EVERY: Duration = Duration::from_secs(1);

/// What the leader of the group has told a thread.
pub(super) struct GroupTasks {
    shared: Arc<Shared>,
    events: EventSink,
    /// `None` if the log takes none.
    assignor: Option<Arc<ThreadAssignor>>,
    /// The tasks that this thread restores to run them.
    warm_up: BTreeSet<TaskId>,
    /// When to join again, and why.
    rejoin: Option<(MonotonicTime, &'static str)>,
    refused: Option<String>,
    noted: Option<MonotonicTime>,
    /// The copies that were noted: those that are restored, and others.
    noted_copies: Vec<(TaskId, bool)>,
}

impl GroupTasks {
    pub(super) fn new(shared: Arc<Shared>, events: EventSink, assignor: Option<Arc<ThreadAssignor>>) -> Self {
        Self {
            shared,
            events,
            assignor,
            warm_up: BTreeSet::new(),
            rejoin: None,
            refused: None,
            noted: None,
            noted_copies: Vec::new(),
        }
    }

    /// Handles what the leader has told; without data the group has changed to an assignor that knows no standbys.
    pub(super) fn told(&mut self, user_data: Option<&[u8]>, owned: &mut OwnedTasks, now: Now) {
        let Some(assignor) = self.assignor.clone() else { return };
        let assigned = match user_data {
            None => {
                assignor.forget();
                self.shared.metadata.set_routing(Arc::default());
                Assigned::default()
            }
            Some(bytes) => match assignor.read(bytes) {
                Ok(Some(assigned)) => self.keep_given_away(assigned, owned),
                // The leader's assignor has failed: all stays as it is.
                Ok(None) => return,
                Err(reason) => {
                    let reason = format!("what the leader of the group assigns cannot be read: {reason}");
                    self.events.emit(EventKind::AssignmentRefused { reason });
                    return;
                }
            },
        };
        self.take(assigned, owned, now);
    }

    /// Keeps the state of what moves as a standby until the next rebalance, which follows at once, and says where standbys are: it would
    /// be restored from the beginning otherwise.
    fn keep_given_away(&self, mut assigned: Assigned, owned: &OwnedTasks) -> Assigned {
        if self.shared.config.standby_replicas > 0 {
            let ids = owned.tasks.ids().into_iter();
            let given_away: BTreeSet<TaskId> = ids.filter(|id| !assigned.active.contains(id)).collect();
            self.assignor.iter().for_each(|assignor| assignor.keep_standbys(&given_away));
            assigned.standby.extend(given_away);
        }
        assigned
    }

    /// Handles what the broker of a streams group has told.
    pub(super) fn told_by_broker(&mut self, tasks: StreamsTasks, owned: &mut OwnedTasks, now: Now) {
        if let Some(assignor) = &self.assignor {
            let assigned = assignor.read_streams_tasks(tasks);
            self.take(assigned, owned, now);
        }
    }

    fn take(&mut self, assigned: Assigned, owned: &mut OwnedTasks, now: Now) {
        self.report_refusal(assigned.refused);
        if let Some(table) = assigned.routing {
            self.shared.metadata.set_routing(table);
        }
        self.rejoin = match assigned.rejoin {
            Rejoin::None => None,
            Rejoin::AtOnce => Some((now.monotonic, "what this member has to say has changed")),
            Rejoin::After(time) => Some((now.monotonic + time, "a probing rebalance: have tasks warmed up?")),
        };
        let copies = assigned.standby.union(&assigned.warm_up).copied().collect();
        owned.set_standbys(&copies, &assigned.active);
        self.warm_up = assigned.warm_up;
    }

    /// Reports each reason once, until there are tasks again.
    fn report_refusal(&mut self, refused: Option<String>) {
        if self.refused == refused {
            return;
        }
        self.refused.clone_from(&refused);
        if let Some(reason) = refused {
            self.events.emit(EventKind::AssignmentRefused { reason });
        }
    }

    /// Notes how far the copies of tasks' state are, and joins again if that is due, or if all warm-ups have caught up: then
    /// the tasks can move here. What is given, restored, taken away or lost is noted at once: the thread may join in its next turn.
    pub(super) fn step(&mut self, owned: &mut OwnedTasks, now: Now) -> Result<(), Failure> {
        let Some(assignor) = &self.assignor else { return Ok(()) };
        let are_the_same = owned.held_copies().eq(self.noted_copies.iter().copied());
        if !are_the_same || self.noted.is_none_or(|noted| now.monotonic >= noted + NOTE_EVERY) {
            self.noted = Some(now.monotonic);
            self.noted_copies = owned.held_copies().collect();
            if self.shared.config.group_protocol == GroupProtocol::Streams {
                return owned.report_offsets().or_else(|error| owned.fail(error));
            }
            let copies = match owned.copies() {
                Ok(copies) => copies,
                Err(error) => return owned.fail(error),
            };
            let acceptable = self.shared.config.acceptable_recovery_lag;
            let has_caught_up = |task: &TaskId| {
                let lag = copies.get(task).map_or(Lag::Unknown, |copy: &CopyState| copy.lag(None));
                lag.is_caught_up(acceptable)
            };
            if !self.warm_up.is_empty() && self.warm_up.iter().all(has_caught_up) {
                self.warm_up.clear();
                self.rejoin = Some((now.monotonic, "tasks have warmed up"));
            }
            assignor.set_copies(copies);
        }
        if let Some((_, reason)) = self.rejoin.take_if(|(due, _)| *due <= now.monotonic) {
            owned.consumer.rejoin(reason);
        }
        Ok(())
    }

    /// When the thread has something to do here, unless it is woken before.
    pub(super) fn due(&self) -> Option<MonotonicTime> {
        let noting = (!self.warm_up.is_empty()).then(|| self.noted.map(|noted| noted + NOTE_EVERY)).flatten();
        self.rejoin.map(|(due, _)| due).into_iter().chain(noting).min()
    }
}
