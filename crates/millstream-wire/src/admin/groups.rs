//! Lists groups, and their committed offsets.

use std::time::Duration;

use millstream_log::{CommittedOffset, LogError};
use millstream_protocol::ErrorCode;
use millstream_protocol::messages::list_groups::ListGroupsRequest;
use millstream_types::TopicPartition;

use crate::client::{Cluster, Lane, log_error};
use crate::group::{Coordinator, committed_offsets};

/// How long each broker may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The names of all groups of consumers: each broker lists those that it coordinates.
pub(super) async fn groups(cluster: &Cluster) -> Result<Vec<String>, LogError> {
    cluster.metadata(Some(Vec::new())).await?;
    let mut names = Vec::new();
    for broker in cluster.brokers() {
        let build = |_| ListGroupsRequest::default();
        let response = cluster.call(broker, Lane::General, PATIENCE, build).await?;
        match ErrorCode(response.error_code) {
            ErrorCode::NONE => names.extend(response.groups.into_iter().map(|group| group.group_id)),
            error => return Err(log_error(error, "")),
        }
    }
    Ok(names)
}

/// All committed offsets of a group.
pub(super) async fn committed(
    cluster: &Cluster,
    group: &str,
) -> Result<Vec<(TopicPartition, CommittedOffset)>, LogError> {
    let found = committed_offsets(Coordinator::new(cluster, group), None).await?;
    Ok(found.into_iter().filter_map(|(partition, offset)| Some((partition, offset?))).collect())
}
