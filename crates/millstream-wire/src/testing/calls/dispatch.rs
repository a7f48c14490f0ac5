//! Which method serves which request.

use millstream_protocol::Request;
use millstream_protocol::messages as of;

use super::super::script::Script;
use super::call::Call;
use super::state::Served;

impl Script {
    /// Carries out a request.
    pub(crate) fn call(&mut self, call: &Call, correlation: i32) -> Served {
        macro_rules! serve {
            ($($request:ident by $method:ident),* $(,)?) => {
                match call.api {
                    of::JoinGroupRequest::API_KEY => self.join_group(call),
                    of::SyncGroupRequest::API_KEY => self.sync_group(call),
                    $(of::$request::API_KEY => {
                        let response = self.$method(call.broker, call.read().0, call.version);
                        Served::Now(call.frame::<of::$request>(&response, correlation))
                    })*
                    other => panic!("a request of kind {other}"),
                }
            };
        }
        serve! {
            MetadataRequest by describe_cluster, FindCoordinatorRequest by find_coordinator, HeartbeatRequest by heartbeat,
            LeaveGroupRequest by leave_group, OffsetCommitRequest by commit_offsets, OffsetFetchRequest by fetch_offsets,
            ListOffsetsRequest by list_offsets, CreateTopicsRequest by create_topics, DeleteRecordsRequest by delete_records,
            CreatePartitionsRequest by create_partitions, DescribeConfigsRequest by describe_configs,
            ListGroupsRequest by list_groups, StreamsGroupHeartbeatRequest by streams_heartbeat,
            StreamsGroupDescribeRequest by describe_streams_groups,
        }
    }
}
