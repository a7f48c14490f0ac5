//! The assignor that a thread brings into its group.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use millstream_assign::{
    AssignmentData, CopyState, Numbering, Outcome, Promise, Rejoin, RoutingDetail, RoutingTable, SubscriptionData,
};
use millstream_log::{AssignorAssignment, AssignorMember, GroupAssignor, StreamsEndpoint, StreamsTasks};
use millstream_observe::events::EventSink;
use millstream_types::{TaskId, Topic};

use super::instance::Instance;
use super::leader;
use crate::state_directory::OffsetNote;

/// The name under which members offer it.
const NAME: &str = "millstream";

/// The assignor of a thread: says what the thread has when it joins, and assigns the tasks if it leads.
pub(crate) struct ThreadAssignor {
    instance: Arc<Instance>,
    events: EventSink,
    /// Looks up what is on disk, if this thread tells the leader what all threads of the process have in common.
    on_disk: Option<OnDisk>,
    state: Mutex<ThreadState>,
}

/// Looks up how far the tasks on the disk of the process are.
pub(crate) type OnDisk = Box<dyn Fn() -> Vec<OffsetNote> + Send + Sync>;

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
    /// Why it gets no tasks, or none of some sub-topologies, if so.
    pub(crate) refused: Option<String>,
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
        let refused = self.refused(&data);
        let AssignmentData { outcome, rejoin, tasks, routing, routing_detail, .. } =
            data.renumbered(&self.instance.digests());
        if matches!(outcome, Outcome::Assigned) {
            let mut state = self.state();
            state.standby = tasks.standby.union(&tasks.warm_up).copied().collect();
            state.promised = tasks.promised;
        }
        // Without room for it, nobody is told, and what was told before does not hold.
        let is_told = !routing.is_empty() || routing_detail == RoutingDetail::None;
        let routing = is_told.then_some(routing);
        let (active, standby, warm_up) = (tasks.active, tasks.standby, tasks.warm_up);
        Ok(Some(Assigned { active, standby, warm_up, routing, rejoin, refused }))
    }

    /// Why the thread gets no tasks, or none of some sub-topologies.
    fn refused(&self, data: &AssignmentData) -> Option<String> {
        let reason = match (data.outcome, &data.numbering) {
            (Outcome::Assigned, Numbering::Own) => return None,
            (Outcome::Assigned, Numbering::Leader(digests)) => {
                let leads = self.instance.leads_missing_in(digests);
                if leads.is_empty() {
                    return None;
                }
                let leads: Vec<String> = leads.into_iter().map(|lead| format!("`{lead}`")).collect();
                return Some(format!(
                    "the group is led by an instance with another topology, without the sub-topologies that read {}; their tasks \
                     start when an instance with this topology leads: stop those with the other one",
                    leads.join(", ")
                ));
            }
            (Outcome::TopologyUnknown, _) => {
                "the group is led by an instance with another topology, which has none of this one's sub-topologies; it \
                 gets tasks when an instance with its topology leads: stop those with the other one"
            }
            (Outcome::UseVersion(_), _) => {
                "the group is led by an instance of an earlier version of Millstream; update it"
            }
            (Outcome::SourceTopicsMissing, _) => "the leader of the group does not find all source topics",
            _ => "the leader of the group cannot read what this instance says, or could not assign; see its events",
        };
        Some(reason.to_owned())
    }

    /// Reads what the broker of a streams group has told this thread.
    pub(crate) fn read_streams_tasks(&self, tasks: StreamsTasks) -> Assigned {
        let StreamsTasks { active, standby, warm_up, endpoints } = tasks;
        let routing = endpoints.map(|endpoints| Arc::new(self.routing(&endpoints)));
        Assigned { active, standby, warm_up, routing, ..Assigned::default() }
    }

    fn routing(&self, endpoints: &[StreamsEndpoint]) -> RoutingTable {
        let mut table = RoutingTable::default();
        for StreamsEndpoint { server, active, standby } in endpoints {
            let tasks = |partition| self.instance.task_of(partition);
            active.iter().filter_map(tasks).for_each(|task| table.insert_active(task, server));
            standby.iter().filter_map(tasks).for_each(|task| table.insert_standby(task, server));
        }
        table
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
        let mut report = self.on_disk.as_ref().map(|look_up| self.instance.report(look_up())).unwrap_or_default();
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
