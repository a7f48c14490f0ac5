//! The assignor that a thread brings into its group.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use millstream_assign::{AssignmentData, CopyState, Outcome, Promise, Rejoin, RoutingTable, SubscriptionData};
use millstream_log::{AssignorAssignment, AssignorMember, GroupAssignor};
use millstream_observe::events::EventSink;
use millstream_types::{TaskId, Topic};

use super::instance::Instance;
use super::leader;

/// The name under which members offer it.
const NAME: &str = "millstream";

/// The assignor of a thread: says what the thread has when it joins, and assigns the tasks if it leads.
pub(crate) struct ThreadAssignor {
    instance: Arc<Instance>,
    events: EventSink,
    /// What is on disk, if this thread tells the leader what all threads of the process have in common.
    on_disk: Option<OnDisk>,
    state: Mutex<ThreadState>,
}

/// Returns the tasks that are on the disk of the process, with the sums of the changelog offsets that they have.
pub(crate) type OnDisk = Box<dyn Fn() -> Vec<(TaskId, i64)> + Send + Sync>;

/// What a thread says when it joins.
#[derive(Default)]
struct ThreadState {
    standby: BTreeSet<TaskId>,
    promised: BTreeMap<TaskId, Promise>,
    copies: BTreeMap<TaskId, CopyState>,
}

/// What the leader has told a thread, besides its active tasks.
#[derive(Debug, Default)]
pub(crate) struct Assigned {
    /// The active tasks that it has now, or is about to be given.
    pub(crate) active: BTreeSet<TaskId>,
    pub(crate) standby: BTreeSet<TaskId>,
    pub(crate) warm_up: BTreeSet<TaskId>,
    /// Where all tasks are; `None` if another thread of this process is told.
    pub(crate) routing: Option<Arc<RoutingTable>>,
    /// When the thread has to join again.
    pub(crate) rejoin: Rejoin,
    /// Why it gets no tasks, if so.
    pub(crate) refused: Option<&'static str>,
}

impl ThreadAssignor {
    /// The assignor of a thread. One of the threads of a process has `on_disk`: it tells what is there, and where the process is.
    pub(crate) fn new(instance: Arc<Instance>, events: EventSink, on_disk: Option<OnDisk>) -> Self {
        Self { instance, events, on_disk, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, ThreadState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the copies of tasks' state that this thread has, and how far they are, for the next time it joins.
    pub(crate) fn set_copies(&self, copies: BTreeMap<TaskId, CopyState>) {
        self.state().copies = copies;
    }

    /// Notes that this thread keeps the state of tasks that it gives away, until the leader has told it what to do with it.
    pub(crate) fn keep_standbys(&self, kept: &BTreeSet<TaskId>) {
        self.state().standby.extend(kept);
    }

    /// Reads what the leader has told this thread. Without bytes its assignor has failed, and all stays as it is: `None`.
    ///
    /// # Errors
    /// When the bytes cannot be read.
    pub(crate) fn read(&self, user_data: &[u8]) -> Result<Option<Assigned>, String> {
        if user_data.is_empty() {
            return Ok(None);
        }
        let data = AssignmentData::decode(user_data).map_err(|error| error.to_string())?;
        let AssignmentData { outcome, rejoin, tasks, routing, .. } = data.renumbered(&self.instance.digests());
        let refused = match outcome {
            Outcome::Assigned => None,
            Outcome::TopologyUnknown => Some(
                "the group is led by an instance with another topology, which has none of this one's sub-topologies; it \
                 gets tasks when an instance with its topology leads: stop those with the other one",
            ),
            Outcome::UseVersion(_) => {
                Some("the group is led by an instance of an earlier version of Millstream; update it")
            }
            Outcome::SourceTopicsMissing => Some("the leader of the group does not find all source topics"),
            _ => {
                Some("the leader of the group cannot read what this instance says, or could not assign; see its events")
            }
        };
        if matches!(outcome, Outcome::Assigned) {
            let mut state = self.state();
            state.standby = tasks.standby.union(&tasks.warm_up).copied().collect();
            state.promised = tasks.promised;
        }
        let routing = (!routing.is_empty()).then_some(routing);
        let (active, standby, warm_up) = (tasks.active, tasks.standby, tasks.warm_up);
        Ok(Some(Assigned { active, standby, warm_up, routing, rejoin, refused }))
    }

    /// The group has changed to an assignor that knows no standbys.
    pub(crate) fn forget(&self) {
        let mut state = self.state();
        state.standby.clear();
        state.promised.clear();
    }
}

impl GroupAssignor for ThreadAssignor {
    fn name(&self) -> &'static str {
        NAME
    }

    fn subscription(&self) -> Vec<u8> {
        let mut report = self.on_disk.as_ref().map(|on_disk| self.instance.report(on_disk())).unwrap_or_default();
        let state = self.state();
        report.on_disk.extend(&state.copies);
        SubscriptionData {
            standby: state.standby.clone(),
            promised: state.promised.clone(),
            report: Some(report),
            ..SubscriptionData::new(self.instance.process, self.instance.digests())
        }
        .encode()
    }

    fn assign(
        &self,
        members: &[AssignorMember],
        partitions: &BTreeMap<Topic, u32>,
    ) -> Result<Vec<AssignorAssignment>, String> {
        leader::assign(&self.instance, &self.events, members, partitions)
    }
}
