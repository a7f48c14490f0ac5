//! The heartbeats of a member of a streams group: it joins with one, says what it has, and leaves with one.

use std::time::Duration;

use millstream_log::{StreamsGroup, StreamsTaskOffset};
use millstream_protocol::ErrorCode;
use millstream_protocol::messages::streams_group_heartbeat::{
    StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatRequestEndpoint, StreamsGroupHeartbeatResponse,
};

use super::tasks::{self, Tasks};
use super::topology::{key_value, topology};
use crate::client::Lane;
use crate::group::background::BackgroundHeartbeat;
use crate::group::config::MemberSettings;
use crate::group::coordinator::{Coordinator, CoordinatorError};
use crate::group::join::millis;
use crate::group::session::SILENT_AFTER;

/// The epoch of a member that joins.
const JOINS: i32 = 0;

/// The epoch of a member that leaves.
pub(super) const LEAVES: i32 = -1;

/// The epoch of a static member that leaves for now.
pub(super) const LEAVES_FOR_NOW: i32 = -2;

/// The first version whose brokers take offsets of tasks.
const WITH_OFFSETS: i16 = 1;

/// No endpoints are known.
pub(super) const NO_ENDPOINTS: i32 = -1;

/// Not given: it has not changed.
const UNCHANGED: i32 = -1;

/// A heartbeat.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StreamsHeartbeat {
    pub(super) request: StreamsGroupHeartbeatRequest,
    patience: Duration,
}

impl StreamsHeartbeat {
    /// One that joins the group.
    pub(super) fn joining(settings: &MemberSettings, group: &StreamsGroup, member: &str) -> Self {
        let mut heartbeat = Self::new(settings, member, JOINS, NO_ENDPOINTS);
        let request = &mut heartbeat.request;
        request.rack_id = settings.rack.clone().filter(|rack| !rack.is_empty());
        request.rebalance_timeout_ms = millis(settings.rebalance_timeout);
        request.topology = Some(topology(group));
        request.process_id = Some(group.process_id.clone());
        let endpoint =
            |(host, port): &(String, u16)| StreamsGroupHeartbeatRequestEndpoint { host: host.clone(), port: *port };
        request.user_endpoint = group.endpoint.as_ref().map(endpoint);
        request.client_tags = Some(group.client_tags.iter().map(|(key, value)| key_value(key, value)).collect());
        heartbeat.with_tasks(&Tasks::default())
    }

    /// One that says nothing new.
    pub(super) fn new(settings: &MemberSettings, member: &str, epoch: i32, endpoints: i32) -> Self {
        let request = StreamsGroupHeartbeatRequest {
            group_id: settings.group_id.clone(),
            member_id: member.to_owned(),
            member_epoch: epoch,
            endpoint_information_epoch: endpoints,
            instance_id: settings.instance_id.clone(),
            rebalance_timeout_ms: UNCHANGED,
            ..StreamsGroupHeartbeatRequest::default()
        };
        Self { request, patience: SILENT_AFTER.min(settings.session_timeout / 3) }
    }

    /// The same, with all tasks that the member has.
    pub(super) fn with_tasks(mut self, owned: &Tasks) -> Self {
        self.request.active_tasks = Some(tasks::ids(&owned.active));
        self.request.standby_tasks = Some(tasks::ids(&owned.standby));
        self.request.warmup_tasks = Some(tasks::ids(&owned.warm_up));
        self
    }

    /// The same, with how far the copies of tasks' state are.
    pub(super) fn with_offsets(mut self, offsets: &[StreamsTaskOffset]) -> Self {
        let ends = offsets.iter().filter_map(|it| Some(tasks::offset(it.task, it.end_offset_sum?)));
        self.request.task_end_offsets = Some(ends.collect());
        self.request.task_offsets = Some(offsets.iter().map(|it| tasks::offset(it.task, it.offset_sum)).collect());
        self
    }
}

impl BackgroundHeartbeat for StreamsHeartbeat {
    type Answer = StreamsGroupHeartbeatResponse;

    async fn send(self, coordinator: Coordinator, lane: Lane) -> Result<Self::Answer, CoordinatorError> {
        let Self { request, patience } = self;
        let build = move |version| {
            let mut request = request.clone();
            if version < WITH_OFFSETS {
                (request.task_offsets, request.task_end_offsets) = (None, None);
            }
            request
        };
        coordinator.call(lane, patience, build, |response: &Self::Answer| ErrorCode(response.error_code)).await
    }

    fn keeps_member(answer: &Self::Answer) -> bool {
        ErrorCode(answer.error_code) == ErrorCode::NONE
    }

    fn after(&self, answer: &Self::Answer) -> Option<Self> {
        if Self::keeps_member(answer) {
            let mut next = self.clone();
            next.request.member_epoch = answer.member_epoch;
            return Some(next);
        }
        ErrorCode(answer.error_code).is_retriable().then(|| self.clone())
    }
}
