//! Requests about streams groups, whose responses a test writes.

use millstream_protocol::Request;
use millstream_protocol::messages as of;
use millstream_protocol::messages::streams_group_describe::StreamsGroupDescribeResponseDescribedGroup;

use super::super::script::Script;

/// The interval of heartbeats that brokers tell by default.
const INTERVAL_MS: i32 = 5_000;

impl Script {
    pub(super) fn streams_heartbeat(
        &mut self,
        broker: i32,
        request: of::StreamsGroupHeartbeatRequest,
        _: i16,
    ) -> of::StreamsGroupHeartbeatResponse {
        let error_code = self.group_error(broker, of::StreamsGroupHeartbeatRequest::API_KEY, &request.group_id);
        if error_code != 0 {
            let error_message = Some("the broker's words".to_owned());
            return of::StreamsGroupHeartbeatResponse { error_code, error_message, ..Default::default() };
        }
        self.calls.streams_heartbeats.pop_front().unwrap_or_else(|| of::StreamsGroupHeartbeatResponse {
            member_id: request.member_id,
            member_epoch: request.member_epoch.max(1),
            heartbeat_interval_ms: INTERVAL_MS,
            ..Default::default()
        })
    }

    pub(super) fn describe_streams_groups(
        &mut self,
        broker: i32,
        request: of::StreamsGroupDescribeRequest,
        _: i16,
    ) -> of::StreamsGroupDescribeResponse {
        let groups = request.group_ids.into_iter().map(|group_id| StreamsGroupDescribeResponseDescribedGroup {
            error_code: self.group_error(broker, of::StreamsGroupDescribeRequest::API_KEY, &group_id),
            members: self.calls.streams_members.clone(),
            group_id,
            ..Default::default()
        });
        of::StreamsGroupDescribeResponse { groups: groups.collect(), ..Default::default() }
    }
}
