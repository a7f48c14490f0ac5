//! A group of assignors, and a coordinator that calls the one of its first member.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use millstream_assign::{CopyState, ProcessId, Rejoin, SubscriptionData};
use millstream_core::{PartitionCounts, StreamsBuilder, Topology};
use millstream_log::{AssignorMember, AssignorOutcome, GroupAssignor};
use millstream_observe::SystemClock;
use millstream_observe::events::{Event, EventSettings, EventSink};
use millstream_types::{TaskId, Topic, TopicPartition};

use crate::StreamsConfig;
use crate::assignment::group::{Assigned, Instance, OnDisk, ThreadAssignor};
use crate::assignment::{Assignment, LeadTopics};
use crate::state_directory::OffsetNote;

/// Counts the records of each topic in a store of its own, `<topic>-counts`.
pub(super) fn counting(topics: &[&str]) -> Topology {
    let builder = StreamsBuilder::new();
    for topic in topics {
        builder.stream::<String, String>(*topic).group_by_key().count(format!("{topic}-counts").as_str());
    }
    builder.build().unwrap()
}

pub(super) fn named(client_id: &str) -> StreamsConfig {
    StreamsConfig { client_id: Some(client_id.to_owned()), ..StreamsConfig::new("app") }
}

pub(super) fn tasks(subtopology: u32, partitions: Range<u32>) -> BTreeSet<TaskId> {
    partitions.map(|partition| TaskId::new(subtopology, partition)).collect()
}

type Disk = Arc<Mutex<Vec<OffsetNote>>>;

/// A thread, with what it owns and what it was told last.
pub(super) struct Member {
    id: String,
    instance: Arc<Instance>,
    disk: Disk,
    pub(super) assignor: ThreadAssignor,
    leads: LeadTopics,
    pub(super) owned: Vec<TopicPartition>,
    pub(super) generation: Option<i32>,
    /// What it says instead of what its assignor would.
    pub(super) user_data: Option<Vec<u8>>,
    pub(super) told: Assigned,
    /// The bytes of that.
    pub(super) last: Vec<u8>,
}

impl Member {
    /// The active tasks, by its own numbers.
    pub(super) fn active(&self) -> BTreeSet<TaskId> {
        self.owned.iter().map(|partition| self.leads.task_of(partition).unwrap()).collect()
    }

    fn describe(&self) -> AssignorMember {
        AssignorMember {
            member_id: self.id.clone(),
            topics: self.leads.subscription().to_vec(),
            owned: self.owned.clone(),
            generation: self.generation,
            user_data: self.user_data.clone().unwrap_or_else(|| self.assignor.subscription()),
            ..AssignorMember::default()
        }
    }
}

/// A group. Its first member leads.
pub(super) struct Group {
    pub(super) members: Vec<Member>,
    pub(super) partitions: BTreeMap<Topic, u32>,
    /// Why assignments have failed.
    pub(super) faults: Vec<String>,
    config: StreamsConfig,
    processes: u128,
    generation: i32,
    recorded: Arc<Mutex<Vec<Event>>>,
}

impl Group {
    /// Without members, with these topics.
    pub(super) fn of(topics: &[&str], partitions: u32) -> Self {
        Self {
            members: Vec::new(),
            partitions: topics.iter().map(|topic| ((*topic).into(), partitions)).collect(),
            faults: Vec::new(),
            config: StreamsConfig::new("app"),
            processes: 0,
            generation: 0,
            recorded: Arc::default(),
        }
    }

    /// Sets what all instances have that are added after it.
    pub(super) fn settings(&mut self, set: impl FnOnce(&mut StreamsConfig)) {
        set(&mut self.config);
    }

    /// Adds an instance with so many threads.
    pub(super) fn add_process(&mut self, topology: &Topology, config: StreamsConfig, threads: usize) {
        self.processes += 1;
        let leads = || {
            let count = |topic: &str| self.partitions.get(&Topic::from(topic)).copied();
            let counts = PartitionCounts::resolve(topology.subtopologies(), |topic| count(&topic.name)).unwrap();
            LeadTopics::new(topology, "app", &counts)
        };
        let config = StreamsConfig {
            standby_replicas: self.config.standby_replicas,
            max_warmup_replicas: self.config.max_warmup_replicas,
            ..config
        };
        let instance = Arc::new(Instance::new(ProcessId::new(self.processes), &config, topology, &leads()));
        let disk = Disk::default();
        let client = config.client_id.as_deref().unwrap();
        let first = self.members.len();
        let member = |number: usize| Member {
            id: format!("{client}-StreamThread-{}-{}", number + 1, first + number),
            assignor: self.assignor(&instance, (number == 0).then_some(&disk)),
            instance: Arc::clone(&instance),
            disk: Arc::clone(&disk),
            leads: leads(),
            owned: Vec::new(),
            generation: None,
            user_data: None,
            told: Assigned::default(),
            last: Vec::new(),
        };
        let added: Vec<Member> = (0..threads).map(member).collect();
        self.members.extend(added);
    }

    fn assignor(&self, instance: &Arc<Instance>, disk: Option<&Disk>) -> ThreadAssignor {
        let settings = EventSettings { lines: false, ..EventSettings::default() };
        let events = EventSink::to_stdout("app", &settings, Arc::new(SystemClock::new()));
        let recorded = Arc::clone(&self.recorded);
        events.add_listener(Box::new(move |event: &Event| recorded.lock().unwrap().push(event.clone())));
        let on_disk = disk.cloned().map(|disk| Box::new(move || disk.lock().unwrap().clone()) as OnDisk);
        ThreadAssignor::new(Arc::clone(instance), events, on_disk)
    }

    /// What is on the disk of a member's process.
    pub(super) fn set_disk(&self, member: usize, notes: &[(TaskId, i64, &[&str])]) {
        let note = |(task, sum, stores): &(TaskId, i64, &[&str])| OffsetNote {
            task: *task,
            sum: *sum,
            stores: stores.iter().map(|store| (*store).to_owned()).collect(),
        };
        *self.members[member].disk.lock().unwrap() = notes.iter().map(note).collect();
    }

    /// Ends a thread and starts it again, with the same id and assignment.
    pub(super) fn restart(&mut self, member: usize) {
        let assignor = self.assignor(&self.members[member].instance, Some(&self.members[member].disk));
        self.members[member].assignor = assignor;
    }

    /// What a member says when it joins.
    pub(super) fn says(&self, member: usize) -> SubscriptionData {
        SubscriptionData::decode(&self.members[member].assignor.subscription()).unwrap()
    }

    /// Rebalances once. Whether another rebalance has to follow at once: a member has given something away, or was told to join again.
    pub(super) fn rebalance(&mut self) -> bool {
        let described: Vec<AssignorMember> = self.members.iter().map(Member::describe).collect();
        let outcome = AssignorOutcome::of(&self.members[0].assignor, &described, &self.partitions);
        self.faults.extend(outcome.fault);
        self.generation += 1;
        let mut follows = false;
        for assignment in outcome.assignments {
            let member = self.members.iter_mut().find(|member| member.id == assignment.member_id).unwrap();
            follows |= member.owned.iter().any(|partition| !assignment.partitions.contains(partition));
            member.owned = assignment.partitions;
            member.generation = Some(self.generation);
            if let Some(told) = member.assignor.read(&assignment.user_data).unwrap() {
                follows |= told.rejoin == Rejoin::AtOnce;
                member.told = told;
                member.last = assignment.user_data;
            }
        }
        follows
    }

    /// Rebalances until none has to follow at once.
    #[track_caller]
    pub(super) fn settle(&mut self) {
        assert!((0..10).any(|_| !self.rebalance()), "it rebalances without an end: {}", self.assigned());
    }

    /// Lets all standbys and warm-ups catch up, and rebalances, until there are no warm-ups.
    #[track_caller]
    pub(super) fn settle_with_probing(&mut self) {
        for _ in 0..20 {
            self.settle();
            if self.members.iter().all(|member| member.told.warm_up.is_empty() && member.told.rejoin == Rejoin::None) {
                return;
            }
            for member in &self.members {
                let copies = member.told.standby.union(&member.told.warm_up);
                member.assignor.set_copies(copies.map(|task| (*task, CopyState::Behind { records: 0 })).collect());
            }
        }
        panic!("tasks warm up without an end: {}", self.assigned());
    }

    /// The sentences of all events of this name.
    pub(super) fn messages(&self, name: &str) -> Vec<String> {
        let recorded = self.recorded.lock().unwrap();
        recorded.iter().filter(|event| event.kind.name() == name).map(Event::message).collect()
    }

    /// The sentence of the last assignment.
    pub(super) fn assigned(&self) -> String {
        self.messages("group_assigned").pop().unwrap_or_default()
    }
}
