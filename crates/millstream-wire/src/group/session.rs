//! The session of a member: its heartbeats, and how long it lasts without a response.

use std::sync::Arc;
use std::time::Duration;

use millstream_log::Lease;
use millstream_protocol::ErrorCode;
use millstream_protocol::messages::heartbeat::HeartbeatRequest;
use millstream_types::MonotonicTime;

use super::background::BackgroundHeartbeat;
use super::config::MemberSettings;
use super::coordinator::{Coordinator, CoordinatorError};
use super::member::{Generation, MemberId};
use super::sent_at::{SentAt, lease_length};
use crate::client::{Lane, Task, poll_slot};

/// A coordinator is silent when a heartbeat has no response for this long, or for a third of the session if that is less. It is
/// looked for again then: another broker may coordinate the group by now.
pub(super) const SILENT_AFTER: Duration = Duration::from_secs(3);

/// The heartbeat of a member in a generation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Heartbeat {
    request: HeartbeatRequest,
    patience: Duration,
}

impl Heartbeat {
    fn new(settings: &MemberSettings, member: &MemberId, generation: Generation) -> Self {
        let request = HeartbeatRequest {
            group_id: settings.group_id.clone(),
            generation_id: generation.number(),
            member_id: member.as_str().to_owned(),
            group_instance_id: settings.instance_id.clone(),
        };
        Self { request, patience: SILENT_AFTER.min(settings.session_timeout / 3) }
    }
}

impl BackgroundHeartbeat for Heartbeat {
    type Answer = ErrorCode;

    async fn send(self, coordinator: Coordinator, lane: Lane) -> Result<ErrorCode, CoordinatorError> {
        let Self { request, patience } = self;
        let build = move |_| request.clone();
        let response = coordinator.call(lane, patience, build, |response| ErrorCode(response.error_code)).await?;
        Ok(ErrorCode(response.error_code))
    }

    fn keeps_member(answer: &ErrorCode) -> bool {
        matches!(*answer, ErrorCode::NONE | ErrorCode::REBALANCE_IN_PROGRESS)
    }

    fn after(&self, _: &ErrorCode) -> Option<Self> {
        Some(self.clone())
    }
}

/// A member of a generation, which sends heartbeats.
pub(super) struct Session {
    coordinator: Coordinator,
    settings: Arc<MemberSettings>,
    pub(super) member: MemberId,
    pub(super) generation: Generation,
    in_flight: Option<Task<Result<ErrorCode, CoordinatorError>>>,
    sent_at: SentAt,
    /// When the last request was sent that has a response: the coordinator has counted the session from then on or later.
    heard_at: MonotonicTime,
    lease: Lease,
}

impl Session {
    /// A session that has begun with a request that was sent then.
    pub(super) fn new(
        coordinator: &Coordinator,
        settings: &Arc<MemberSettings>,
        member: MemberId,
        generation: Generation,
        sent_at: SentAt,
        lease: &Lease,
    ) -> Self {
        let session = Self {
            coordinator: coordinator.clone(),
            settings: Arc::clone(settings),
            member,
            generation,
            in_flight: None,
            sent_at,
            heard_at: sent_at.of_caller,
            lease: lease.clone(),
        };
        session.extend_lease();
        session
    }

    /// The coordinator has counted the session from the last request on, or later.
    fn extend_lease(&self) {
        self.lease.extend(self.sent_at.of_system + lease_length(&self.settings));
    }

    /// Sends a heartbeat if one is due. Returns the outcome of the last one, once it has ended.
    pub(super) fn poll(&mut self, now: MonotonicTime, lane: Lane) -> Option<Result<ErrorCode, CoordinatorError>> {
        if self.in_flight.is_none() && now >= self.sent_at.of_caller + self.settings.heartbeat_interval {
            self.sent_at = SentAt::new(now);
            self.in_flight = Some(Task::new(self.heartbeat().send(self.coordinator.clone(), lane)));
        }
        let outcome = poll_slot(&mut self.in_flight)?;
        if let Ok(ErrorCode::NONE | ErrorCode::REBALANCE_IN_PROGRESS) = outcome {
            self.keep(self.sent_at.of_caller);
            self.extend_lease();
        }
        Some(outcome)
    }

    /// The coordinator has responded to another request, which was sent then, and keeps the member.
    pub(super) fn keep(&mut self, sent: MonotonicTime) {
        self.heard_at = self.heard_at.max(sent);
    }

    /// Whether the group may have removed the member.
    pub(super) fn is_over(&self, now: MonotonicTime) -> bool {
        now >= self.heard_at + self.settings.session_timeout
    }

    pub(super) fn heartbeat(&self) -> Heartbeat {
        Heartbeat::new(&self.settings, &self.member, self.generation)
    }
}
