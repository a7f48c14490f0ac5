//! The members of a group and the disks of their processes, and what they do with an assignment.

use std::collections::{BTreeMap, BTreeSet};

use millstream_assign::*;
use millstream_types::TaskId;

/// A process with its threads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    pub(crate) report: ProcessReport,
    pub(crate) threads: BTreeSet<MemberId>,
    pub(crate) digests: Vec<Digest>,
}

/// A group.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) subtopologies: Vec<Subtopology>,
    pub(crate) settings: Settings,
    pub(crate) machines: BTreeMap<ProcessId, Machine>,
    pub(crate) members: BTreeMap<MemberId, Member>,
    next: u128,
    /// The rebalances so far.
    pub(crate) rebalances: usize,
    /// Whether subscriptions and assignments go through their bytes.
    pub(crate) with_bytes: bool,
}

impl World {
    pub(crate) fn new(subtopologies: Vec<Subtopology>, settings: Settings) -> Self {
        let (machines, members) = (BTreeMap::new(), BTreeMap::new());
        Self { subtopologies, settings, machines, members, next: 0, rebalances: 0, with_bytes: true }
    }

    /// Sub-topologies with the given numbers of partitions; every other one is stateful, or all.
    pub(crate) fn with_partitions(partitions: &[u32], settings: Settings) -> Self {
        let subtopology = |(number, partitions): (usize, &u32)| {
            let (number, digest) = (number as u32, Digest::new(1_000 + number as u64));
            if number % 2 == 0 {
                Subtopology::stateful(number, digest, *partitions)
            } else {
                Subtopology::stateless(number, digest, *partitions)
            }
        };
        Self::new(partitions.iter().enumerate().map(subtopology).collect(), settings)
    }

    pub(crate) fn digests(&self) -> Vec<Digest> {
        self.subtopologies.iter().map(|subtopology| subtopology.digest).collect()
    }

    pub(crate) fn start(&mut self, threads: usize) -> ProcessId {
        let digests = self.digests();
        self.start_with(threads, ProcessReport::default(), digests)
    }

    pub(crate) fn start_with(&mut self, threads: usize, report: ProcessReport, digests: Vec<Digest>) -> ProcessId {
        self.next += 1;
        // Spread over the space of ids, as random ones are.
        let id = ProcessId::new(self.next.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        self.machines.insert(id, Machine { report, threads: BTreeSet::new(), digests });
        (0..threads).for_each(|_| self.add_thread(id));
        id
    }

    pub(crate) fn add_thread(&mut self, id: ProcessId) {
        self.next += 1;
        let member = MemberId::from(format!("{:04x}-{}", self.next.wrapping_mul(40_503) % 65_536, self.next));
        let machine = self.machines.get_mut(&id).unwrap();
        machine.threads.insert(member.clone());
        self.members.insert(member.clone(), Member::new(member, id, machine.digests.iter().copied()));
    }

    /// The process ends, or dies: the group does not care.
    pub(crate) fn stop(&mut self, id: ProcessId) -> Machine {
        let machine = self.machines.remove(&id).unwrap();
        machine.threads.iter().for_each(|member| _ = self.members.remove(member));
        machine
    }

    pub(crate) fn is_stateful(&self, task: TaskId) -> bool {
        self.subtopologies.iter().any(|sub| sub.number == task.subtopology && sub.is_stateful())
    }

    /// What the leader gets to know.
    pub(crate) fn state(&self) -> GroupState {
        GroupState {
            subtopologies: self.subtopologies.clone(),
            processes: self.machines.iter().map(|(id, one)| Process { id: *id, report: one.report.clone() }).collect(),
            members: self.members.values().cloned().collect(),
            settings: self.settings.clone(),
        }
    }

    /// One rebalance: all send what they have, and do what they are told.
    pub(crate) fn rebalance(&mut self) -> (GroupState, Assignment) {
        self.rebalances += 1;
        // What runs has state on the disk, also after it was revoked.
        for member in self.members.values() {
            let machine = self.machines.get_mut(&member.process).unwrap();
            for task in &member.active {
                if self.subtopologies.iter().any(|sub| sub.number == task.subtopology && sub.is_stateful()) {
                    machine.report.on_disk.entry(*task).or_insert(CopyState::Running);
                }
            }
        }
        let state = self.state();
        let (state, assignment) = if self.with_bytes {
            self.by_bytes()
        } else {
            let assignment = StickyTaskAssignor.assign(&state).unwrap();
            (state, assignment)
        };
        for (id, tasks) in &assignment.members {
            let member = self.members.get_mut(id).unwrap();
            member.active.clone_from(&tasks.active);
            member.standby = tasks.standby.union(&tasks.warm_up).copied().collect();
            member.promised.clone_from(&tasks.promised);
        }
        // What follows at once finds the disks as they were.
        if assignment.follow_up != FollowUp::AtOnce {
            self.use_disks();
        }
        (state, assignment)
    }

    /// Tasks begin to write to the disks.
    fn use_disks(&mut self) {
        for machine in self.machines.values_mut() {
            machine.report.on_disk.values_mut().filter(|state| **state == CopyState::Running).for_each(|state| {
                *state = CopyState::Behind { records: 0 };
            });
        }
        let members: Vec<Member> = self.members.values().cloned().collect();
        for member in members {
            let stateful: Vec<TaskId> = member.active.iter().copied().filter(|task| self.is_stateful(*task)).collect();
            let machine = self.machines.get_mut(&member.process).unwrap();
            for task in stateful {
                let known = machine.report.on_disk.entry(task).or_insert(CopyState::Behind { records: 0 });
                if matches!(known, CopyState::Behind { records } if *records <= self.settings.acceptable_recovery_lag) {
                    *known = CopyState::Running;
                }
            }
            for task in &member.standby {
                machine.report.on_disk.entry(*task).or_insert(CopyState::Behind { records: 1_000_000 });
            }
        }
    }

    /// What the members send.
    pub(crate) fn subscriptions(&self) -> Vec<(MemberId, Vec<u8>)> {
        let members = self.members.values();
        let bytes = members.map(|member| {
            let machine = &self.machines[&member.process];
            let number = |task: TaskId| {
                let sub = self.subtopologies.iter().find(|sub| sub.number == task.subtopology)?;
                let at = machine.digests.iter().position(|digest| *digest == sub.digest)?;
                Some(TaskId { subtopology: at as u32, ..task })
            };
            let numbered = |tasks: &BTreeSet<TaskId>| tasks.iter().filter_map(|task| number(*task)).collect();
            let is_first = machine.threads.first() == Some(&member.id);
            let report = is_first.then(|| {
                let mut report = machine.report.clone();
                let on_disk = report.on_disk.into_iter();
                report.on_disk = on_disk.filter_map(|(task, state)| Some((number(task)?, state))).collect();
                report
            });
            let promised = member.promised.iter().filter_map(|(task, to)| Some((number(*task)?, *to)));
            let data = SubscriptionData {
                process: member.process,
                subtopologies: machine.digests.clone(),
                active: numbered(&member.active),
                standby: numbered(&member.standby),
                promised: promised.collect(),
                report,
            };
            (member.id.clone(), data.encode())
        });
        bytes.collect()
    }

    /// What the leader answers.
    pub(crate) fn encoded(&self) -> Result<EncodedAssignments, GroupTooLarge> {
        let sent = self.subscriptions();
        let group = GroupSubscriptions::decode(sent.iter().map(|(id, bytes)| (id.clone(), bytes.as_slice())));
        let state = group.group_state(self.subtopologies.clone(), self.settings.clone());
        group.encode(&state, &StickyTaskAssignor.assign(&state).unwrap())
    }

    fn by_bytes(&self) -> (GroupState, Assignment) {
        let subscriptions = self.subscriptions();
        let group = GroupSubscriptions::decode(subscriptions.iter().map(|(id, bytes)| (id.clone(), bytes.as_slice())));
        let state = group.group_state(self.subtopologies.clone(), self.settings.clone());
        let mut assignment = StickyTaskAssignor.assign(&state).unwrap();
        let leader = self.digests();
        for (id, data) in group.assignments(&state, &assignment) {
            let read = AssignmentData::decode(&data.encode()).unwrap();
            assert_eq!(read, data);
            let own = &self.machines[&self.members[&id].process].digests;
            // Its own numbers, and back to those of the leader.
            let back = AssignmentData { numbering: Numbering::Leader(own.clone()), ..read.renumbered(own) };
            let tasks = back.renumbered(&leader).tasks;
            assert_eq!(tasks, assignment.members[&id], "{id}");
            assignment.members.insert(id, tasks);
        }
        (state, assignment)
    }

    /// Standbys and warm-ups restore, and what is active becomes restored.
    pub(crate) fn restore(&mut self) {
        for member in self.members.values() {
            let machine = self.machines.get_mut(&member.process).unwrap();
            for task in &member.standby {
                machine.report.on_disk.insert(*task, CopyState::Behind { records: 5 });
            }
            for task in &member.active {
                machine.report.on_disk.entry(*task).and_modify(|state| *state = CopyState::Running);
            }
        }
    }
}
