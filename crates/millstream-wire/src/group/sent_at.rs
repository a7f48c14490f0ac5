//! When a request was sent, and for how long the lease lasts that its response gives.

use std::time::Duration;

use millstream_types::MonotonicTime;

use super::config::MemberSettings;
use crate::clock;

/// How much earlier than the session its lease ends, as a part of the session: clocks differ, and a request takes its time.
const MARGIN: u32 = 20;

/// When a request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SentAt {
    /// By the clock of the member's caller.
    pub(super) of_caller: MonotonicTime,
    /// By the system's clock, which leases use.
    pub(super) of_system: MonotonicTime,
}

impl SentAt {
    /// The present time; that of the caller is `now`.
    pub(super) fn new(now: MonotonicTime) -> Self {
        Self { of_caller: now, of_system: clock::now() }
    }
}

/// How long a lease lasts from the time at which a request was sent.
pub(super) fn lease_length(settings: &MemberSettings) -> Duration {
    let session = settings.session_timeout.min(settings.rebalance_timeout);
    session.saturating_sub(session / MARGIN)
}
