//! What a thread says of its copies of tasks' state when it joins its group.

use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_assign::{CopyState, SubscriptionData};
use millstream_log::GroupAssignor;
use millstream_types::TaskId;

use super::fixture::Member;
use super::{TASK, counted};
use crate::assignment::group::ThreadAssignor;
use crate::thread::group_tasks::GroupTasks;

/// What a member says of itself.
struct Reports {
    tasks: GroupTasks,
    assignor: Arc<ThreadAssignor>,
}

impl Reports {
    fn of(member: &Member) -> Self {
        let instance = Arc::clone(&member.owned.plan.instance);
        let events = member.shared.events.clone();
        let assignor = Arc::new(ThreadAssignor::new(instance, events.clone(), None));
        let tasks = GroupTasks::new(Arc::clone(&member.shared), events, Some(Arc::clone(&assignor)));
        Self { tasks, assignor }
    }

    /// What it says after a turn.
    fn after_a_turn(&mut self, member: &mut Member) -> BTreeMap<TaskId, CopyState> {
        let now = member.now();
        self.tasks.step(&mut member.owned, now).unwrap();
        SubscriptionData::decode(&self.assignor.subscription()).unwrap().report.unwrap().on_disk
    }
}

/// It said what it had noted up to a second before. So a task that it had just begun to run seemed to be still restored: the leader took
/// it away again, and gave it to a standby. And a member that had lost its tasks said that it runs them, and got them back at once,
/// although it had nothing of their state any more.
#[test]
fn what_has_changed_is_said_at_once() {
    let (group, mut member) = counted();
    let mut reports = Reports::of(&member);
    let running = BTreeMap::from([(TASK, CopyState::Running)]);
    assert_eq!(reports.after_a_turn(&mut member), running);
    member.revoke(&group.tasks());
    assert_eq!(reports.after_a_turn(&mut member), BTreeMap::new());
    member.assign(&group.tasks());
    assert_ne!(reports.after_a_turn(&mut member), running);
    member.run();
    assert_eq!(reports.after_a_turn(&mut member), running);
}
