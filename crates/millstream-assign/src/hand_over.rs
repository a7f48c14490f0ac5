//! Giving a task from one member to another in two rebalances (KIP-429).

use std::collections::BTreeMap;

use millstream_types::TaskId;

use crate::group_state::GroupState;
use crate::identity::MemberId;

/// Giving active tasks from one member to another in two rebalances (KIP-429).
///
/// A member processes what it owns while the group rebalances. So a task that one member owns and another should have is given to
/// neither in the first rebalance: the owner sees that it is missing, commits it, closes it and rejoins. In the second rebalance nobody owns
/// it, and it is given away. Every [`TaskAssignor`](crate::TaskAssignor) of a classic group has to ask.
///
/// # Why it ends
/// Each rebalance makes a plan: the process and the thread of each task. What is not carried out yet of the plan is promised
/// ([`Promise`](crate::Promise)) to the members that own the tasks or have to revoke them, and they send it back. So the next leader,
/// whoever it is, begins with the same plan, and a plan that is balanced is not changed by [`StickyTaskAssignor`](crate::StickyTaskAssignor).
/// Therefore, while no member comes or goes and nothing else changes:
///
/// * what was being revoked is owned by nobody in the second rebalance, and is given to where it was promised;
/// * everything else is owned by the member that the plan gives it to, and stays;
/// * so nothing has to be revoked in the second rebalance, and no third one follows at once.
///
/// If something changes in between, it begins anew with another plan. A promise is lost if the member that had the task dies; then the task
/// is owned by nobody, and can be given to anybody at once. Warm-ups that have caught up change something too: each of them once.
///
/// # Examples
/// ```
/// use millstream_assign::*;
/// use millstream_types::TaskId;
///
/// let (process, task) = (ProcessId::new(1), TaskId::new(0, 0));
/// let mut owner = Member::new("a", process, []);
/// owner.active.insert(task);
/// let group = GroupState { members: vec![owner, Member::new("b", process, [])], ..GroupState::default() };
/// let hand_over = HandOver::new(&group);
/// assert_eq!(hand_over.step(task, &"a".into()), HandOverStep::Give);
/// assert_eq!(hand_over.step(task, &"b".into()), HandOverStep::RevokeFirst);
/// ```
#[derive(Clone, Debug)]
pub struct HandOver<'a> {
    claims: BTreeMap<TaskId, Claim<'a>>,
}

/// Who says that it owns a task.
#[derive(Clone, Copy, Debug)]
enum Claim<'a> {
    One(&'a MemberId),
    Several,
}

/// What happens to a task in this rebalance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandOverStep {
    /// The member gets it, or keeps it.
    Give,
    /// No member gets it, because another one owns it, or says so.
    RevokeFirst,
}

impl<'a> HandOver<'a> {
    /// Looks at who owns what.
    #[must_use]
    pub fn new(group: &'a GroupState) -> Self {
        let mut claims = BTreeMap::new();
        for member in &group.members {
            for task in &member.active {
                claims.entry(*task).and_modify(|claim| *claim = Claim::Several).or_insert(Claim::One(&member.id));
            }
        }
        Self { claims }
    }

    /// What happens if `member` should have the task. If several members say that they own it, none of them may keep it: one of them is
    /// wrong.
    #[must_use]
    pub fn step(&self, task: TaskId, member: &MemberId) -> HandOverStep {
        match self.claims.get(&task) {
            None => HandOverStep::Give,
            Some(Claim::One(owner)) if *owner == member => HandOverStep::Give,
            Some(_) => HandOverStep::RevokeFirst,
        }
    }
}
