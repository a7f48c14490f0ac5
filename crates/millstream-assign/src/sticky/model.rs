//! The state of a group with numbers instead of names, so that each step finds things by index.

use std::collections::BTreeMap;

use millstream_types::TaskId;

use crate::assignor::{AssignError, TASKS_MAX};
use crate::group_state::{GroupState, Member, Process, SubscriptionFormat, Subtopology};
use crate::identity::ProcessId;

/// The lag of a copy that is not there, or of which nothing is known.
pub(super) const LAG_MAX: u64 = u64::MAX;

/// The state of a group. Processes and members are in the order of their ids, tasks in theirs.
pub(super) struct Model<'a> {
    pub(super) group: &'a GroupState,
    pub(super) subtopologies: Vec<&'a Subtopology>,
    pub(super) processes: Vec<&'a Process>,
    pub(super) members: Vec<&'a Member>,
    /// The process of each member.
    pub(super) process_of: Vec<usize>,
    /// The members of each process.
    pub(super) threads: Vec<Vec<usize>>,
    /// How many members of a process have a sub-topology: process by process.
    pub(super) weights: Vec<u32>,
    pub(super) tasks: Vec<Task>,
    first_tasks: Vec<usize>,
}

/// What is known of a task.
pub(super) struct Task {
    pub(super) id: TaskId,
    pub(super) subtopology: usize,
    pub(super) is_stateful: bool,
    /// The members that say they own it.
    pub(super) owners: Vec<usize>,
    /// The members that have a standby or a warm-up of it.
    pub(super) copies: Vec<usize>,
    /// The processes with state of it, and how many records they are behind; 0 if they have caught up.
    pub(super) lags: Vec<(usize, u64)>,
    /// The process, and perhaps the member, to which it is promised.
    pub(super) promised: Option<(usize, Option<usize>)>,
}

impl Task {
    pub(super) fn lag(&self, process: usize) -> u64 {
        self.lags.iter().find(|(holder, _)| *holder == process).map_or(LAG_MAX, |(_, lag)| *lag)
    }
}

impl<'a> Model<'a> {
    pub(super) fn new(group: &'a GroupState) -> Result<Self, AssignError> {
        let mut subtopologies: Vec<&Subtopology> = group.subtopologies.iter().collect();
        subtopologies.sort_by_key(|subtopology| subtopology.number);
        if let Some(one) = twice(&subtopologies, |subtopology| &subtopology.number) {
            return Err(AssignError::SubtopologyTwice(one.number));
        }
        let count = subtopologies.iter().map(|subtopology| u64::from(subtopology.partitions)).sum();
        if count > TASKS_MAX {
            return Err(AssignError::TooManyTasks { tasks: count });
        }
        let mut processes: Vec<&Process> = group.processes.iter().collect();
        processes.sort_by_key(|process| process.id);
        if let Some(one) = twice(&processes, |process| &process.id) {
            return Err(AssignError::ProcessTwice(one.id));
        }
        let mut members: Vec<&Member> = group.members.iter().collect();
        members.sort_by(|one, other| one.id.cmp(&other.id));
        if let Some(one) = twice(&members, |member| &member.id) {
            return Err(AssignError::MemberTwice(one.id.clone()));
        }
        members.retain(|member| member.format == SubscriptionFormat::Known);
        let mut model = Self {
            group,
            threads: vec![Vec::new(); processes.len()],
            weights: vec![0; processes.len() * subtopologies.len()],
            subtopologies,
            processes,
            members: Vec::new(),
            process_of: Vec::new(),
            tasks: Vec::new(),
            first_tasks: Vec::new(),
        };
        members.into_iter().try_for_each(|member| model.add_member(member))?;
        model.add_tasks();
        model.add_lags();
        (0..model.members.len()).for_each(|member| model.add_owned(member));
        model.add_running();
        model.add_promises();
        Ok(model)
    }

    fn add_member(&mut self, member: &'a Member) -> Result<(), AssignError> {
        let unknown = || AssignError::UnknownProcess { member: member.id.clone(), process: member.process };
        let process = self.process(member.process).ok_or_else(unknown)?;
        self.threads[process].push(self.members.len());
        self.process_of.push(process);
        self.members.push(member);
        for (number, subtopology) in self.subtopologies.iter().enumerate() {
            if member.subtopologies.contains(&subtopology.digest) {
                self.weights[process * self.subtopologies.len() + number] += 1;
            }
        }
        Ok(())
    }

    fn add_tasks(&mut self) {
        for (number, subtopology) in self.subtopologies.iter().enumerate() {
            self.first_tasks.push(self.tasks.len());
            self.tasks.extend((0..subtopology.partitions).map(|partition| Task {
                id: TaskId::new(subtopology.number, partition),
                subtopology: number,
                is_stateful: subtopology.is_stateful(),
                owners: Vec::new(),
                copies: Vec::new(),
                lags: Vec::new(),
                promised: None,
            }));
        }
    }

    fn add_lags(&mut self) {
        let acceptable = self.group.settings.acceptable_recovery_lag;
        for (number, process) in self.processes.clone().into_iter().enumerate() {
            for (id, state) in &process.report.on_disk {
                let Some(at) = self.task(*id).filter(|at| self.tasks[*at].is_stateful) else { continue };
                let subtopology = self.tasks[at].subtopology;
                if self.weight(number, subtopology) == 0 {
                    continue;
                }
                let lag = match self.subtopologies[subtopology].lag(id.partition.number(), *state) {
                    lag if lag.is_caught_up(acceptable) => 0,
                    crate::Lag::Behind(records) => records.min(LAG_MAX - 1),
                    crate::Lag::Unknown => LAG_MAX,
                };
                self.tasks[at].lags.push((number, lag));
            }
        }
    }

    fn add_owned(&mut self, member: usize) {
        for id in &self.members[member].active {
            if let Some(at) = self.task(*id) {
                self.tasks[at].owners.push(member);
            }
        }
        for id in &self.members[member].standby {
            let Some(at) = self.task(*id).filter(|at| self.has(member, *at)) else { continue };
            let process = self.process_of[member];
            let (copies, members) = (&mut self.tasks[at].copies, &self.process_of);
            if copies.iter().all(|other| members[*other] != process) {
                copies.push(member);
            }
        }
    }

    /// A process that owns a task and says nothing about its state runs it.
    fn add_running(&mut self) {
        for task in self.tasks.iter_mut().filter(|task| task.is_stateful) {
            for owner in &task.owners {
                let process = self.process_of[*owner];
                let is_capable = self.weights[process * self.subtopologies.len() + task.subtopology] > 0;
                if is_capable && task.lags.iter().all(|(holder, _)| *holder != process) {
                    task.lags.push((process, 0));
                }
            }
        }
    }

    /// The owner of a task knows where it goes; if nobody owns it, those that have revoked it do.
    fn add_promises(&mut self) {
        let mut promises: BTreeMap<usize, (usize, Option<usize>)> = BTreeMap::new();
        for (number, member) in self.members.iter().enumerate() {
            for (id, promise) in &member.promised {
                let Some((at, process)) = self.task(*id).zip(self.process(promise.process)) else { continue };
                let owners = &self.tasks[at].owners;
                let is_heard = owners.is_empty() || owners.contains(&number);
                if is_heard && self.weight(process, self.tasks[at].subtopology) > 0 {
                    let thread = promise.thread.and_then(|thread| self.threads[process].get(thread as usize).copied());
                    promises.entry(at).or_insert((process, thread.filter(|thread| self.has(*thread, at))));
                }
            }
        }
        for (at, promise) in promises {
            self.tasks[at].promised = Some(promise);
        }
    }

    pub(super) fn process(&self, id: ProcessId) -> Option<usize> {
        self.processes.binary_search_by_key(&id, |process| process.id).ok()
    }

    /// The index of a task.
    pub(super) fn task(&self, id: TaskId) -> Option<usize> {
        let at = self.subtopologies.binary_search_by_key(&id.subtopology, |subtopology| subtopology.number).ok()?;
        let is_task = id.partition.number() < self.subtopologies[at].partitions;
        is_task.then(|| self.first_tasks[at] + id.partition.index())
    }

    /// How many members of a process can have the tasks of a sub-topology.
    pub(super) fn weight(&self, process: usize, subtopology: usize) -> u32 {
        self.weights[process * self.subtopologies.len() + subtopology]
    }

    /// Whether a member can have a task.
    pub(super) fn has(&self, member: usize, task: usize) -> bool {
        let digest = self.subtopologies[self.tasks[task].subtopology].digest;
        self.members[member].subtopologies.contains(&digest)
    }

    /// The one owner of a task, if it can keep it.
    pub(super) fn owner(&self, task: usize) -> Option<usize> {
        match self.tasks[task].owners.as_slice() {
            [owner] if self.has(*owner, task) => Some(*owner),
            _ => None,
        }
    }

    /// Whether a process has a standby or a warm-up of a task now.
    pub(super) fn has_copy(&self, process: usize, task: usize) -> bool {
        self.tasks[task].copies.iter().any(|member| self.process_of[*member] == process)
    }
}

/// The first of two neighbours with the same key.
fn twice<'a, T, K: PartialEq>(sorted: &[&'a T], key: impl Fn(&T) -> &K) -> Option<&'a T> {
    sorted.windows(2).find(|pair| key(pair[0]) == key(pair[1])).map(|pair| pair[0])
}
