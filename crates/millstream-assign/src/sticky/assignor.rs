//! The assignor, as a list of steps.

use super::hosts::{Host, hosts, planned_on_standbys, warm_ups};
use super::model::Model;
use super::outcome::{Decision, Outcome, hold};
use super::standbys::{Wish, standbys};
use super::threads::{active_threads, copy_threads};
use crate::assignment::Assignment;
use crate::assignor::{AssignError, TaskAssignor};
use crate::group_state::{GroupState, SubscriptionFormat};
use crate::hand_over::{HandOver, HandOverStep};

/// The assignor of Millstream: sticky by state, balanced, with warm-ups and standbys.
///
/// 1. **A plan.** Each task is where it was promised, or is. Then as few tasks as possible are planned elsewhere, so that each process
///    has its share of each sub-topology and of all tasks, rounded; shares are proportional to threads. What moves goes to where its state is,
///    if there is room.
/// 2. **Warm-ups** (KIP-441). A stateful task is active where its copy has caught up. If that is not where it is planned, it gets a warm-up there,
///    and the group looks again after the probing interval, or when the member says that it has caught up. There are at most `max_warmup_replicas` in
///    the group; a standby that is planned to become active is told to warm up, and counts as the standby that it is.
/// 3. **Threads.** The tasks of a process are divided among its threads by the same rules.
/// 4. **Hand-over** (KIP-429). What another member owns is revoked first: [`HandOver`].
/// 5. **Standbys** (KIP-708). They are on distinct processes, differ in rack and tags as far as possible, and stay where they are as long as no other
///    place is better. A standby that moves for balance is dropped where it was at once.
///
/// The same group leads to the same assignment, and if nothing has changed, nothing moves. A rebalance of 10,000 tasks takes some milliseconds.
///
/// # Examples
/// A member that owns everything keeps half, and the other member gets half in the next rebalance:
/// ```
/// use millstream_assign::*;
/// use millstream_types::TaskId;
///
/// let digest = Digest::new(7);
/// let (one, other) = (ProcessId::new(1), ProcessId::new(2));
/// let mut owner = Member::new("a", one, [digest]);
/// owner.active = (0..4).map(|partition| TaskId::new(0, partition)).collect();
/// let group = GroupState {
///     subtopologies: vec![Subtopology::stateless(0, digest, 4)],
///     processes: vec![Process::new(one), Process::new(other)],
///     members: vec![owner, Member::new("b", other, [digest])],
///     settings: Settings::default(),
/// };
/// let assignment = StickyTaskAssignor.assign(&group)?;
/// assert_eq!(assignment.members[&"a".into()].active.len(), 2);
/// assert_eq!(assignment.members[&"b".into()].active.len(), 0);
/// assert_eq!(assignment.unassigned.len(), 2);
/// assert_eq!(assignment.follow_up, FollowUp::AtOnce);
/// # Ok::<(), AssignError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StickyTaskAssignor;

impl TaskAssignor for StickyTaskAssignor {
    fn assign(&self, group: &GroupState) -> Result<Assignment, AssignError> {
        let model = Model::new(group)?;
        let hand_over = HandOver::new(group);
        if group.members.iter().any(|member| member.format == SubscriptionFormat::Newer) {
            return Ok(hold(&model, &hand_over));
        }
        let hosts = hosts(&model);
        let are_standbys = planned_on_standbys(&model, &hosts);
        let warm = warm_ups(&model, &hosts, &are_standbys);
        let threads = active_threads(&model, &hosts);
        let mut outcome = Outcome::new(&model);
        let mut steps = vec![HandOverStep::Give; hosts.len()];
        for (task, (host, member)) in hosts.iter().zip(threads).enumerate() {
            let Some((host, member)) = host.zip(member) else {
                outcome.leave_out(task);
                continue;
            };
            steps[task] = hand_over.step(model.tasks[task].id, &model.members[member].id);
            let is_warming_up = warm[task] || are_standbys[task];
            outcome.decide(&Decision { task, host, member, step: steps[task], is_warming_up });
        }
        place_copies(&model, &hosts, &steps, &are_standbys, &warm, &mut outcome);
        Ok(outcome.finish())
    }
}

/// Places standbys and warm-ups.
fn place_copies(
    model: &Model<'_>,
    hosts: &[Option<Host>],
    steps: &[HandOverStep],
    are_standbys: &[bool],
    warm: &[bool],
    outcome: &mut Outcome<'_>,
) {
    let wish = |task: usize, host: Host| {
        let revoking = model.tasks[task].owners.iter().map(|owner| model.process_of[*owner]);
        let barred = revoking.chain([host.planned, host.now]).collect();
        Wish { host, barred, counts_planned: are_standbys[task] }
    };
    let wishes: Vec<Option<Wish>> = (0..hosts.len())
        .map(|task| hosts[task].filter(|_| model.tasks[task].is_stateful).map(|host| wish(task, host)))
        .collect();
    let standbys = standbys(model, &wishes);
    let mut copies = vec![Vec::new(); model.processes.len()];
    for (task, processes) in standbys.processes.iter().enumerate() {
        processes.iter().for_each(|process| copies[*process].push(task));
        let Some(host) = hosts[task].filter(|_| model.tasks[task].is_stateful) else { continue };
        // The next owner keeps its copy while the present one revokes the task.
        let becomes_active = steps[task] == HandOverStep::RevokeFirst
            && !is_owner(model, task, host.now)
            && model.has_copy(host.now, task);
        if becomes_active {
            copies[host.now].push(task);
        }
        let may_warm_up = !is_owner(model, task, host.planned);
        let warms_up = host.is_interim() && may_warm_up && (warm[task] || are_standbys[task]);
        if warms_up {
            copies[host.planned].push(task);
        }
        let missing =
            standbys.missing[task].saturating_sub(u32::from(becomes_active) + u32::from(warm[task] && warms_up));
        if missing > 0 {
            outcome.assignment.missing_standbys.insert(model.tasks[task].id, missing);
        }
    }
    for (process, members) in copy_threads(model, &copies).into_iter().enumerate() {
        for (task, member) in members {
            let id = model.tasks[task].id;
            // A standby that is to become active is told so, too: its member says when it has caught up.
            let will_move_here = hosts[task].is_some_and(|host| host.is_interim() && host.planned == process);
            let is_warm_up = will_move_here && (warm[task] || are_standbys[task]);
            let tasks = outcome.tasks_of(member);
            if is_warm_up {
                tasks.warm_up.insert(id)
            } else {
                tasks.standby.insert(id)
            };
        }
    }
}

/// Whether a member of the process owns the task now.
fn is_owner(model: &Model<'_>, task: usize, process: usize) -> bool {
    model.tasks[task].owners.iter().any(|owner| model.process_of[*owner] == process)
}
