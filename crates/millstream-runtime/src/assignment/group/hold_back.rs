//! Holds tasks back that would otherwise be processed twice for a moment.

use std::collections::{BTreeMap, BTreeSet};

use millstream_assign::{Assignment, FollowUp, GroupState, Member, MemberId, MoveStage, Unassigned};
use millstream_types::TaskId;

use super::claims::Claims;
use super::instance::Instance;

/// Takes back, for this rebalance, what must not be given away yet: while a member has tasks of another topology, new tasks of sub-topologies that
/// it does not have. A sub-topology that was split in two reads by one lead topic what now has two, and only its owner knows that. Of a member
/// whose subscription cannot be read nothing is known, so it counts as one with another topology.
///
/// These members see that they have to give away what they have, do it, and join again: then the tasks are given.
pub(super) fn hold_back(assignment: &mut Assignment, group: &GroupState, claims: &Claims<'_>, instance: &Instance) {
    let others = claims.of_other_topologies(group, instance);
    let members: BTreeMap<&MemberId, &Member> = group.members.iter().map(|member| (&member.id, member)).collect();
    let mut held = BTreeSet::new();
    for (id, tasks) in &mut assignment.members {
        let has = |of: fn(&Member) -> &BTreeSet<TaskId>, task| members.get(id).is_some_and(|it| of(it).contains(&task));
        let is_early = |task: &TaskId| {
            let digest = instance.digest_of(*task);
            let is_new_to = |other: &BTreeSet<_>| digest.is_none_or(|digest| !other.contains(&digest));
            !has(|it| &it.active, *task) && others.iter().any(is_new_to)
        };
        for task in tasks.active.clone().into_iter().filter(is_early) {
            tasks.active.remove(&task);
            tasks.promised.remove(&task);
            if has(|it| &it.standby, task) {
                tasks.standby.insert(task);
            }
            held.insert(task);
        }
    }
    if !held.is_empty() {
        assignment.follow_up = FollowUp::AtOnce;
    }
    assignment.moves.iter_mut().filter(|it| held.contains(&it.task)).for_each(|it| it.stage = MoveStage::BeingRevoked);
    assignment.unassigned.extend(held.into_iter().map(|task| (task, Unassigned::BeingRevoked)));
}
