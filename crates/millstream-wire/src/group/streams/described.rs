//! Looks up what a member is assigned, after a response was lost: the broker sends an assignment only once.

use millstream_protocol::ErrorCode;
use millstream_protocol::messages::streams_group_describe::{
    StreamsGroupDescribeRequest, StreamsGroupDescribeResponse, StreamsGroupDescribeResponseTaskIds as Ids,
};

use super::tasks::{self, Tasks};
use crate::client::Lane;
use crate::group::coordinator::{Coordinator, CoordinatorError};
use crate::group::session::SILENT_AFTER;

/// What the group has assigned to a member; `None` if it does not have the member.
///
/// # Errors
/// When the coordinator does not respond, or refuses.
pub(super) async fn described(coordinator: Coordinator, member: String) -> Result<Option<Tasks>, CoordinatorError> {
    let group_id = coordinator.group_id().to_owned();
    let build = move |_| StreamsGroupDescribeRequest { group_ids: vec![group_id.clone()], ..Default::default() };
    let response = coordinator.call(Lane::General, SILENT_AFTER, build, error_of).await?;
    match error_of(&response) {
        ErrorCode::NONE => {}
        error => return Err(CoordinatorError::Unavailable(format!("the group cannot be described: {error}"))),
    }
    let members = response.groups.into_iter().flat_map(|group| group.members);
    let Some(found) = members.into_iter().find(|it| it.member_id == member) else { return Ok(None) };
    let read = |ids: &[Ids]| {
        let ids = ids.iter().map(|ids| (ids.subtopology_id.as_str(), ids.partitions.as_slice()));
        tasks::read(ids).map_err(CoordinatorError::Unavailable)
    };
    let assignment = found.assignment;
    Ok(Some(Tasks {
        active: read(&assignment.active_tasks)?,
        standby: read(&assignment.standby_tasks)?,
        warm_up: read(&assignment.warmup_tasks)?,
    }))
}

fn error_of(response: &StreamsGroupDescribeResponse) -> ErrorCode {
    response.groups.first().map_or(ErrorCode::NONE, |group| ErrorCode(group.error_code))
}
