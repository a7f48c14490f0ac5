//! How members join a group, and get their assignments.

use millstream_protocol::messages::join_group::{JoinGroupRequest, JoinGroupResponse, JoinGroupResponseMember};
use millstream_protocol::messages::sync_group::{SyncGroupRequest, SyncGroupResponse};

use super::group::{
    Answer, Answers, FENCED_INSTANCE_ID, GroupState, REBALANCE_IN_PROGRESS, TestGroup, UNKNOWN_MEMBER_ID,
};

const INCONSISTENT_GROUP_PROTOCOL: i16 = 23;
const MEMBER_ID_REQUIRED: i16 = 79;

/// The first version in which a leader that returns is told to assign nothing.
const WITH_SKIP: i16 = 9;

/// How a member comes to its id.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrival {
    New,
    /// A static member that has returned, after the leader or another member.
    Returned {
        was_leader: bool,
    },
    Known,
}

impl TestGroup {
    pub(super) fn join(&mut self, request: &JoinGroupRequest, version: i16, ticket: u64, answers: &mut Answers) {
        let (id, arrival) = match self.admit(request, answers) {
            Ok(admitted) => admitted,
            Err((error_code, member_id)) => {
                let response = JoinGroupResponse { error_code, member_id, ..Default::default() };
                answers.insert(ticket, Answer::Join(response));
                return;
            }
        };
        let protocols: Vec<_> = request.protocols.iter().map(|it| (it.name.clone(), it.metadata.clone())).collect();
        let member = self.members.entry(id.clone()).or_default();
        let is_same = arrival == Arrival::Known && member.protocols == protocols;
        (member.protocols, member.instance) = (protocols, request.group_instance_id.clone());
        let is_settled = match self.state {
            GroupState::Stable if matches!(arrival, Arrival::Returned { .. }) => {
                self.selected_protocol() == self.protocol
            }
            GroupState::Stable => is_same && self.leader != id,
            GroupState::Completing => is_same,
            GroupState::Empty | GroupState::Preparing => false,
        };
        if is_settled {
            let response = self.joined(&id, version, arrival);
            answers.insert(ticket, Answer::Join(response));
            return;
        }
        self.members.entry(id).or_default().joining = Some(ticket);
        if self.state != GroupState::Preparing {
            self.prepare(answers);
        }
        self.complete_if_joined(answers);
    }

    /// The id with which a member joins.
    fn admit(&mut self, request: &JoinGroupRequest, answers: &mut Answers) -> Result<(String, Arrival), (i16, String)> {
        let id = request.member_id.as_str();
        if !request.protocols.iter().any(|protocol| self.all_offer(&protocol.name)) {
            return Err((INCONSISTENT_GROUP_PROTOCOL, id.to_owned()));
        }
        let holder = request.group_instance_id.as_deref().map(|instance| self.holder(instance));
        let is_known = self.members.contains_key(id);
        match (id, holder) {
            ("", Some(Some(holder))) => Ok(self.replace(&holder, answers)),
            ("", Some(None)) => Ok((self.new_id("static"), Arrival::New)),
            ("", None) => {
                let id = self.new_id("dynamic");
                self.pending.insert(id.clone());
                Err((MEMBER_ID_REQUIRED, id))
            }
            (id, Some(Some(holder))) if id != holder => Err((FENCED_INSTANCE_ID, id.to_owned())),
            (id, Some(Some(_))) => Ok((id.to_owned(), Arrival::Known)),
            (id, None) if self.pending.remove(id) => Ok((id.to_owned(), Arrival::New)),
            (id, None) if is_known => Ok((id.to_owned(), Arrival::Known)),
            (id, _) => Err((UNKNOWN_MEMBER_ID, id.to_owned())),
        }
    }

    fn new_id(&mut self, kind: &str) -> String {
        self.last_id += 1;
        format!("{kind}-{:04}", self.last_id)
    }

    /// Gives a static member that has returned another id.
    fn replace(&mut self, old: &str, answers: &mut Answers) -> (String, Arrival) {
        let mut member = self.members.remove(old).unwrap();
        member.answer(FENCED_INSTANCE_ID, answers);
        let (new, was_leader) = (self.new_id("static"), self.leader == old);
        if was_leader {
            self.leader.clone_from(&new);
        }
        self.members.insert(new.clone(), member);
        (new, Arrival::Returned { was_leader })
    }

    /// Ends the rebalance when all members have joined.
    pub(super) fn complete_if_joined(&mut self, answers: &mut Answers) {
        let is_complete = self.pending.is_empty() && self.members.values().all(|member| member.joining.is_some());
        if self.state == GroupState::Preparing && is_complete {
            self.complete(answers);
        }
    }

    /// Begins the next generation, also if members have not joined again.
    pub(crate) fn complete(&mut self, answers: &mut Answers) {
        self.generation += 1;
        if !self.members.contains_key(&self.leader) {
            self.leader = self.members.keys().next().cloned().unwrap_or_default();
        }
        if self.members.is_empty() {
            self.state = GroupState::Empty;
            self.save();
            return;
        }
        self.state = GroupState::Completing;
        self.protocol = self.selected_protocol();
        let ids: Vec<String> = self.members.keys().cloned().collect();
        for id in ids {
            let response = self.joined(&id, 0, Arrival::Known);
            let member = self.members.get_mut(&id).unwrap();
            member.assignment.clear();
            if let Some(ticket) = member.joining.take() {
                answers.insert(ticket, Answer::Join(response));
            }
        }
    }

    fn joined(&self, id: &str, version: i16, arrival: Arrival) -> JoinGroupResponse {
        let is_leader_again = arrival == Arrival::Returned { was_leader: true };
        let lists_members = self.leader == id && (!is_leader_again || version >= WITH_SKIP);
        let member = |(id, member): (&String, &super::group::TestMember)| JoinGroupResponseMember {
            member_id: id.clone(),
            group_instance_id: member.instance.clone(),
            metadata: member.metadata(&self.protocol).cloned().unwrap_or_default(),
        };
        JoinGroupResponse {
            generation_id: self.generation,
            protocol_type: Some("consumer".to_owned()),
            protocol_name: Some(self.protocol.clone()),
            // Before there was a field for it, a leader that returned was told that the old one leads.
            leader: if is_leader_again && !lists_members { "its old id".to_owned() } else { self.leader.clone() },
            skip_assignment: is_leader_again && lists_members,
            member_id: id.to_owned(),
            members: if lists_members { self.members.iter().map(member).collect() } else { Vec::new() },
            ..Default::default()
        }
    }

    pub(super) fn sync(&mut self, request: &SyncGroupRequest, ticket: u64, answers: &mut Answers) {
        let (id, instance) = (&request.member_id, request.group_instance_id.as_deref());
        let error = match (self.check(id, instance, request.generation_id), self.state) {
            (0, GroupState::Preparing) => REBALANCE_IN_PROGRESS,
            (0, GroupState::Empty) => UNKNOWN_MEMBER_ID,
            (error, _) => error,
        };
        if error != 0 {
            let response = SyncGroupResponse { error_code: error, ..Default::default() };
            answers.insert(ticket, Answer::Sync(response));
            return;
        }
        self.members.get_mut(id).unwrap().syncing = Some(ticket);
        if self.state == GroupState::Completing && self.leader == *id {
            for assigned in &request.assignments {
                self.members.get_mut(&assigned.member_id).unwrap().assignment.clone_from(&assigned.assignment);
            }
            self.state = GroupState::Stable;
            self.save();
        }
        if self.state == GroupState::Stable {
            self.members.values_mut().for_each(|member| member.answer_sync(0, answers));
        }
    }
}
