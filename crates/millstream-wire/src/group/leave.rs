//! Leaves a group.

use std::sync::Arc;
use std::time::Duration;

use millstream_protocol::ErrorCode;
use millstream_protocol::messages::leave_group::{LeaveGroupRequest, LeaveGroupRequestMemberIdentity};

use super::config::MemberSettings;
use super::coordinator::Coordinator;
use super::member::MemberId;
use crate::client::Lane;

/// How long the coordinator may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The first version with a reason.
const WITH_REASON: i16 = 5;

/// Leaves the group, so that others get the partitions at once. If that fails, the group removes the member when its session
/// has timed out.
pub(super) async fn leave(coordinator: Coordinator, settings: Arc<MemberSettings>, member: MemberId) {
    let build = move |version| LeaveGroupRequest {
        group_id: settings.group_id.clone(),
        members: vec![LeaveGroupRequestMemberIdentity {
            member_id: member.as_str().to_owned(),
            group_instance_id: settings.instance_id.clone(),
            reason: (version >= WITH_REASON).then(|| "the member is closed".to_owned()),
        }],
    };
    let _left = coordinator.call(Lane::General, PATIENCE, build, |response| ErrorCode(response.error_code)).await;
}
