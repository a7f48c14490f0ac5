//! A group of the test brokers: its members and what another coordinator would load of it.
//!
//! Source: `GroupCoordinator.scala` and `ClassicGroup.java` of Kafka 4. Time does not pass by itself: a test ends sessions and
//! rebalances.

use std::collections::{BTreeMap, BTreeSet};

use millstream_protocol::messages::join_group::JoinGroupResponse;
use millstream_protocol::messages::sync_group::SyncGroupResponse;

pub(super) const NOT_COORDINATOR: i16 = 16;
pub(super) const ILLEGAL_GENERATION: i16 = 22;
pub(super) const UNKNOWN_MEMBER_ID: i16 = 25;
pub(super) const REBALANCE_IN_PROGRESS: i16 = 27;
pub(super) const FENCED_INSTANCE_ID: i16 = 82;

/// A response that was waited for.
#[derive(Debug)]
pub(crate) enum Answer {
    Join(JoinGroupResponse),
    Sync(SyncGroupResponse),
}

/// Responses by the tickets of their requests.
pub(crate) type Answers = BTreeMap<u64, Answer>;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum GroupState {
    #[default]
    Empty,
    /// It waits for members to join.
    Preparing,
    /// It waits for the leader's assignment.
    Completing,
    Stable,
}

/// What becomes of requests that wait when the coordinator moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// They are told.
    Told,
    /// They never get a response.
    Left,
}

/// A commit that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) member: String,
    pub(crate) generation: i32,
    pub(crate) partition: (String, i32),
    pub(crate) offset: i64,
}

#[derive(Debug)]
pub(crate) struct TestGroup {
    pub(crate) coordinator: i32,
    pub(crate) state: GroupState,
    pub(crate) generation: i32,
    /// The protocol of the generation.
    pub(crate) protocol: String,
    pub(crate) leader: String,
    pub(crate) members: BTreeMap<String, TestMember>,
    /// Ids that were given, and with which nobody has joined yet.
    pub(crate) pending: BTreeSet<String>,
    pub(crate) offsets: BTreeMap<(String, i32), (i64, String)>,
    pub(crate) accepted: Vec<Accepted>,
    pub(super) last_id: usize,
    /// What another coordinator loads: the generation, its protocol and leader, and the members after the last rebalance.
    saved: (i32, String, String, BTreeMap<String, TestMember>),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct TestMember {
    pub(crate) instance: Option<String>,
    /// The protocols that it offers with their metadata, the one that it prefers first.
    pub(crate) protocols: Vec<(String, Vec<u8>)>,
    pub(crate) assignment: Vec<u8>,
    /// The tickets of its requests that wait.
    pub(crate) joining: Option<u64>,
    pub(crate) syncing: Option<u64>,
}

impl Default for TestGroup {
    fn default() -> Self {
        Self {
            coordinator: 1,
            state: GroupState::Empty,
            generation: 0,
            protocol: String::new(),
            leader: String::new(),
            members: BTreeMap::new(),
            pending: BTreeSet::new(),
            offsets: BTreeMap::new(),
            accepted: Vec::new(),
            last_id: 0,
            saved: Default::default(),
        }
    }
}

impl TestGroup {
    /// Ends the session of a member.
    pub(crate) fn expire(&mut self, member: &str, answers: &mut Answers) {
        self.pending.remove(member);
        self.remove(member, answers);
    }

    /// Ends the time that a rebalance waits for members.
    pub(crate) fn end_rebalance(&mut self, answers: &mut Answers) {
        self.pending.clear();
        self.members.retain(|_, member| self.state != GroupState::Preparing || member.joining.is_some());
        self.complete_if_joined(answers);
    }

    /// Moves it to another coordinator, which loads what was saved.
    pub(crate) fn move_to(&mut self, broker: i32, waiting: Waiting, answers: &mut Answers) {
        for member in self.members.values_mut().filter(|_| waiting == Waiting::Told) {
            member.answer(NOT_COORDINATOR, answers);
        }
        self.coordinator = broker;
        self.pending.clear();
        (self.generation, self.protocol, self.leader, self.members) = self.saved.clone();
        self.state = if self.members.is_empty() { GroupState::Empty } else { GroupState::Stable };
    }

    pub(super) fn save(&mut self) {
        let idle = |member: &TestMember| TestMember { joining: None, syncing: None, ..member.clone() };
        let members = self.members.iter().map(|(id, member)| (id.clone(), idle(member))).collect();
        self.saved = (self.generation, self.protocol.clone(), self.leader.clone(), members);
    }

    /// The protocol of the next generation: of those that all members offer, the one that most of them prefer.
    pub(super) fn selected_protocol(&self) -> String {
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for member in self.members.values() {
            let vote = member.protocols.iter().find(|(name, _)| self.all_offer(name));
            vote.into_iter().for_each(|(name, _)| *votes.entry(name).or_default() += 1);
        }
        votes.into_iter().max_by_key(|(_, votes)| *votes).map(|(name, _)| name.to_owned()).unwrap_or_default()
    }

    /// Whether all members offer a protocol.
    pub(super) fn all_offer(&self, protocol: &str) -> bool {
        self.members.values().all(|member| member.metadata(protocol).is_some())
    }

    /// The error of a request of a member in a generation; 0 for none.
    pub(super) fn check(&self, member: &str, instance: Option<&str>, generation: i32) -> i16 {
        let holder = instance.map(|instance| self.holder(instance));
        match holder {
            Some(None) => UNKNOWN_MEMBER_ID,
            Some(Some(holder)) if holder != member => FENCED_INSTANCE_ID,
            _ if !self.members.contains_key(member) => UNKNOWN_MEMBER_ID,
            _ if self.generation != generation => ILLEGAL_GENERATION,
            _ => 0,
        }
    }

    /// The id of the member with this instance id.
    pub(super) fn holder(&self, instance: &str) -> Option<String> {
        let is_it = |member: &TestMember| member.instance.as_deref() == Some(instance);
        self.members.iter().find(|(_, member)| is_it(member)).map(|(id, _)| id.clone())
    }

    pub(super) fn remove(&mut self, member: &str, answers: &mut Answers) {
        let Some(mut removed) = self.members.remove(member) else {
            self.complete_if_joined(answers);
            return;
        };
        removed.answer(UNKNOWN_MEMBER_ID, answers);
        if self.state != GroupState::Preparing {
            self.prepare(answers);
        }
        self.complete_if_joined(answers);
    }

    /// Begins a rebalance.
    pub(super) fn prepare(&mut self, answers: &mut Answers) {
        self.state = GroupState::Preparing;
        self.members.values_mut().for_each(|member| member.answer_sync(REBALANCE_IN_PROGRESS, answers));
    }
}

impl TestMember {
    /// What it says about a protocol, if it offers it.
    pub(super) fn metadata(&self, protocol: &str) -> Option<&Vec<u8>> {
        self.protocols.iter().find(|(name, _)| name == protocol).map(|(_, metadata)| metadata)
    }

    /// Answers its requests that wait.
    pub(super) fn answer(&mut self, error_code: i16, answers: &mut Answers) {
        if let Some(ticket) = self.joining.take() {
            answers.insert(ticket, Answer::Join(JoinGroupResponse { error_code, ..Default::default() }));
        }
        self.answer_sync(error_code, answers);
    }

    pub(super) fn answer_sync(&mut self, error_code: i16, answers: &mut Answers) {
        if let Some(ticket) = self.syncing.take() {
            let assignment = if error_code == 0 { self.assignment.clone() } else { Vec::new() };
            answers.insert(ticket, Answer::Sync(SyncGroupResponse { error_code, assignment, ..Default::default() }));
        }
    }
}
