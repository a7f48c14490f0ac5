//! The versions of these requests that the brokers support.

use millstream_protocol::Request;
use millstream_protocol::messages as of;

use super::state::Calls;

const fn versions<R: Request>() -> (i16, i16, i16) {
    (R::API_KEY, R::OLDEST, R::NEWEST)
}

/// The APIs that are served by the codecs, with all versions of these.
pub(crate) const APIS: [(i16, i16, i16); 16] = [
    versions::<of::MetadataRequest>(),
    versions::<of::FindCoordinatorRequest>(),
    versions::<of::JoinGroupRequest>(),
    versions::<of::SyncGroupRequest>(),
    versions::<of::HeartbeatRequest>(),
    versions::<of::LeaveGroupRequest>(),
    versions::<of::OffsetCommitRequest>(),
    versions::<of::OffsetFetchRequest>(),
    versions::<of::ListOffsetsRequest>(),
    versions::<of::CreateTopicsRequest>(),
    versions::<of::CreatePartitionsRequest>(),
    versions::<of::DeleteRecordsRequest>(),
    versions::<of::DescribeConfigsRequest>(),
    versions::<of::ListGroupsRequest>(),
    versions::<of::StreamsGroupHeartbeatRequest>(),
    versions::<of::StreamsGroupDescribeRequest>(),
];

impl Calls {
    /// The APIs that the brokers announce, with their oldest and newest versions.
    pub(crate) fn supported(&self) -> Vec<(i16, i16, i16)> {
        let announced = |(api, oldest, newest)| match self.versions.get(&api) {
            None => Some((api, oldest, newest)),
            Some(versions) => versions.map(|(oldest, newest)| (api, oldest, newest)),
        };
        APIS.into_iter().filter_map(announced).collect()
    }
}
