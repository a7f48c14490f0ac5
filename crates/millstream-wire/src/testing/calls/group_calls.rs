//! Requests about groups, at the broker that coordinates them.

use millstream_protocol::Request;
use millstream_protocol::messages::heartbeat::{HeartbeatRequest, HeartbeatResponse};
use millstream_protocol::messages::join_group::{JoinGroupRequest, JoinGroupResponse};
use millstream_protocol::messages::leave_group::{
    LeaveGroupRequest, LeaveGroupResponse, LeaveGroupResponseMemberResponse,
};
use millstream_protocol::messages::list_groups::{
    ListGroupsRequest, ListGroupsResponse, ListGroupsResponseListedGroup,
};
use millstream_protocol::messages::sync_group::{SyncGroupRequest, SyncGroupResponse};

use super::super::script::Script;
use super::call::Call;
use super::group::{Answer, GroupState, NOT_COORDINATOR, REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID};
use super::state::Served;

impl Script {
    /// The error of a request of an API for a group; 0 for none.
    pub(super) fn group_error(&mut self, broker: i32, api: i16, group: &str) -> i16 {
        match self.calls.error(api) {
            0 if self.calls.group(group).coordinator != broker => NOT_COORDINATOR,
            error => error,
        }
    }

    pub(super) fn join_group(&mut self, call: &Call) -> Served {
        let (request, version): (JoinGroupRequest, _) = call.read();
        let (error_code, ticket) = (self.group_error(call.broker, call.api, &request.group_id), self.calls.ticket());
        if error_code == 0 {
            let group = request.group_id.clone();
            self.calls.with_group(&group, |group, answers| group.join(&request, version, ticket, answers));
        } else {
            let response = JoinGroupResponse { error_code, member_id: request.member_id, ..Default::default() };
            self.calls.answers.insert(ticket, Answer::Join(response));
        }
        Served::Later(ticket)
    }

    pub(super) fn sync_group(&mut self, call: &Call) -> Served {
        let (request, _): (SyncGroupRequest, _) = call.read();
        let (error_code, ticket) = (self.group_error(call.broker, call.api, &request.group_id), self.calls.ticket());
        if error_code == 0 {
            let group = request.group_id.clone();
            self.calls.with_group(&group, |group, answers| group.sync(&request, ticket, answers));
        } else {
            let response = SyncGroupResponse { error_code, ..Default::default() };
            self.calls.answers.insert(ticket, Answer::Sync(response));
        }
        Served::Later(ticket)
    }

    pub(super) fn heartbeat(&mut self, broker: i32, request: HeartbeatRequest, _: i16) -> HeartbeatResponse {
        let mut error_code = self.group_error(broker, HeartbeatRequest::API_KEY, &request.group_id);
        if error_code == 0 {
            let group = self.calls.group(&request.group_id);
            let (instance, generation) = (request.group_instance_id.as_deref(), request.generation_id);
            error_code = match group.check(&request.member_id, instance, generation) {
                0 if group.state == GroupState::Preparing => REBALANCE_IN_PROGRESS,
                error => error,
            };
        }
        HeartbeatResponse { error_code, ..Default::default() }
    }

    pub(super) fn leave_group(&mut self, broker: i32, request: LeaveGroupRequest, _: i16) -> LeaveGroupResponse {
        let error_code = self.group_error(broker, LeaveGroupRequest::API_KEY, &request.group_id);
        if error_code != 0 {
            return LeaveGroupResponse { error_code, ..Default::default() };
        }
        let members = request.members.into_iter().map(|member| {
            let leaves = |group: &mut super::TestGroup, answers: &mut _| {
                let is_known =
                    group.members.contains_key(&member.member_id) || group.pending.contains(&member.member_id);
                group.expire(&member.member_id, answers);
                if is_known { 0 } else { UNKNOWN_MEMBER_ID }
            };
            let error_code = self.calls.with_group(&request.group_id, leaves);
            LeaveGroupResponseMemberResponse { member_id: member.member_id.clone(), error_code, ..Default::default() }
        });
        LeaveGroupResponse { members: members.collect(), ..Default::default() }
    }

    pub(super) fn list_groups(&mut self, broker: i32, _: ListGroupsRequest, _: i16) -> ListGroupsResponse {
        let error_code = self.calls.error(ListGroupsRequest::API_KEY);
        let here = self.calls.groups.iter().filter(|(_, group)| error_code == 0 && group.coordinator == broker);
        let listed = here.map(|(id, _)| ListGroupsResponseListedGroup { group_id: id.clone(), ..Default::default() });
        let throttle_time_ms = self.throttle_ms;
        ListGroupsResponse { throttle_time_ms, error_code, groups: listed.collect() }
    }
}
