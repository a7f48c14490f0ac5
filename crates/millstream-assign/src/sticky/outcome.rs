//! Writes down what was decided, by names.

use crate::assignment::{Assignment, FollowUp, MemberTasks, Move, MoveReason, MoveStage, Promise, Unassigned};
use crate::hand_over::{HandOver, HandOverStep};

use super::hosts::Host;
use super::model::Model;

/// What was decided of one task.
pub(super) struct Decision {
    pub(super) task: usize,
    pub(super) host: Host,
    /// The member that should have it now.
    pub(super) member: usize,
    pub(super) step: HandOverStep,
    pub(super) is_warming_up: bool,
}

/// The assignment, while it is being written.
pub(super) struct Outcome<'a> {
    model: &'a Model<'a>,
    pub(super) assignment: Assignment,
}

impl<'a> Outcome<'a> {
    pub(super) fn new(model: &'a Model<'a>) -> Self {
        let members = model.group.members.iter().map(|member| (member.id.clone(), MemberTasks::default()));
        Self { model, assignment: Assignment { members: members.collect(), ..Assignment::default() } }
    }

    pub(super) fn tasks_of(&mut self, member: usize) -> &mut MemberTasks {
        self.assignment.members.entry(self.model.members[member].id.clone()).or_default()
    }

    /// Nobody can have the task.
    pub(super) fn leave_out(&mut self, task: usize) {
        self.assignment.unassigned.insert(self.model.tasks[task].id, Unassigned::NoMemberHasIt);
    }

    /// Gives an active task away, or lets its owner revoke it first, and promises the rest.
    pub(super) fn decide(&mut self, decision: &Decision) {
        let task = &self.model.tasks[decision.task];
        let planned = self.model.processes[decision.host.planned].id;
        self.assignment.planned.insert(task.id, planned);
        let threads = &self.model.threads[decision.host.now];
        let thread = threads.binary_search(&decision.member).ok().filter(|_| !decision.host.is_interim());
        let promise = Promise { process: planned, thread: thread.map(|thread| thread as u32) };
        if decision.step == HandOverStep::Give {
            self.tasks_of(decision.member).active.insert(task.id);
            if decision.host.is_interim() {
                self.tasks_of(decision.member).promised.insert(task.id, promise);
            }
        } else {
            self.assignment.unassigned.insert(task.id, Unassigned::BeingRevoked);
            for owner in task.owners.clone() {
                self.tasks_of(owner).promised.insert(task.id, promise);
            }
        }
        self.add_move(decision);
    }

    fn add_move(&mut self, decision: &Decision) {
        let (task, host) = (&self.model.tasks[decision.task], decision.host);
        let owner = task.owners.first().copied();
        if task.owners.as_slice() == [decision.member] && !host.is_interim() {
            return;
        }
        let process = owner.map(|owner| self.model.process_of[owner]);
        let reason = match owner {
            None => MoveReason::NotOwned,
            Some(_) if task.owners.len() > 1 => MoveReason::ClaimedTwice,
            Some(owner) if !self.model.has(owner, decision.task) => MoveReason::OtherTopology,
            Some(_) if process != Some(host.now) && host.is_interim() => MoveReason::BetterCopy,
            Some(_) if process == Some(host.planned) => MoveReason::ThreadBalance,
            Some(_) => MoveReason::Balance,
        };
        let stage = match decision.step {
            HandOverStep::RevokeFirst => MoveStage::BeingRevoked,
            HandOverStep::Give if !host.is_interim() => MoveStage::Given,
            HandOverStep::Give if decision.is_warming_up => MoveStage::WarmingUp,
            HandOverStep::Give => MoveStage::Waiting,
        };
        let to = if reason == MoveReason::BetterCopy { host.now } else { host.planned };
        let id = |process: usize| self.model.processes[process].id;
        self.assignment.moves.push(Move { task: task.id, from: process.map(id), to: id(to), reason, stage });
    }

    /// What follows.
    pub(super) fn finish(mut self) -> Assignment {
        let settings = &self.model.group.settings;
        let mut reasons = self.assignment.unassigned.values();
        let has_interim = self.assignment.members.values().any(|tasks| !tasks.promised.is_empty());
        self.assignment.follow_up = if reasons.any(|reason| *reason == Unassigned::BeingRevoked) {
            FollowUp::AtOnce
        } else if has_interim {
            FollowUp::Probing { after: settings.probing_rebalance_interval }
        } else {
            FollowUp::None
        };
        self.assignment
    }
}

/// Everybody keeps what it has, since nothing is known about a member with a newer subscription, not even what it owns.
pub(super) fn hold(model: &Model<'_>, hand_over: &HandOver<'_>) -> Assignment {
    let mut outcome = Outcome::new(model);
    for (number, member) in model.members.iter().enumerate() {
        outcome.tasks_of(number).promised = member.promised.clone();
    }
    for task in &model.tasks {
        let owner = task.owners.first().copied();
        let keeps = |owner: &usize| hand_over.step(task.id, &model.members[*owner].id) == HandOverStep::Give;
        match owner.filter(keeps) {
            Some(owner) => _ = outcome.tasks_of(owner).active.insert(task.id),
            None if owner.is_some() => _ = outcome.assignment.unassigned.insert(task.id, Unassigned::BeingRevoked),
            None => _ = outcome.assignment.unassigned.insert(task.id, Unassigned::VersionProbing),
        }
        let has_active =
            |member: usize| task.owners.iter().any(|owner| model.process_of[*owner] == model.process_of[member]);
        for copy in task.copies.iter().copied().filter(|copy| !has_active(*copy)) {
            outcome.tasks_of(copy).standby.insert(task.id);
        }
    }
    Assignment { follow_up: FollowUp::AtOnce, ..outcome.assignment }
}
