//! Joins a group again while another client has the identity.
//!
//! Under the protocol of KIP-848 a broker refuses a static member whose identity belongs to a member that has not left, whether
//! that one is alive or dead, and librdkafka treats the refusal as fatal. The identity of a dead member becomes free when its
//! session times out.

use std::time::Duration;

use millstream_log::{GroupConfig, LogError, LogEvent};
use millstream_types::{MonotonicTime, Topic};

use crate::member::Member;

/// The backoff between two attempts.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Added to the session time-out, for a broker that removes the dead member late.
const MARGIN: Duration = Duration::from_secs(5);

/// Creates a member. It is called from the polling thread.
pub(crate) type MakeMember = Box<dyn Fn() -> Result<Member, LogError> + Send>;

/// Repeats the attempt to join.
pub(crate) struct Rejoin {
    make: MakeMember,
    identity: String,
    /// How long the identity may be taken before the refusal is final.
    retry_for: Duration,
    topics: Vec<Topic>,
    refused_since: Option<MonotonicTime>,
    again_at: Option<MonotonicTime>,
}

impl Rejoin {
    pub(crate) fn new(config: &GroupConfig, make: MakeMember) -> Self {
        Self {
            make,
            identity: config.instance_id.clone().unwrap_or_default(),
            retry_for: config.session_timeout.saturating_add(MARGIN),
            topics: Vec::new(),
            refused_since: None,
            again_at: None,
        }
    }

    /// Sets the session time-out that the broker applies: an identity is free again after it.
    pub(crate) fn set_session_timeout(&mut self, of_broker: Duration) {
        self.retry_for = of_broker.saturating_add(MARGIN);
    }

    /// Sets the topics of the subscription.
    pub(crate) fn subscribe(&mut self, topics: &[Topic]) {
        self.topics = topics.to_vec();
    }

    /// Records a refusal, and returns its report.
    pub(crate) fn refused(&mut self, now: MonotonicTime) -> LogEvent {
        let since = *self.refused_since.get_or_insert(now);
        if now >= since + self.retry_for {
            return LogEvent::Fatal(LogError::Fenced { identity: self.identity.clone() });
        }
        self.again_at = Some(now + TRY_AGAIN_AFTER);
        LogEvent::Unavailable(format!(
            "the group has another member with the identity `{}`: one that ended without leaving, until its session has \
             timed out, or a second one that is running",
            self.identity
        ))
    }

    /// Creates a member that has subscribed, if the backoff is over.
    ///
    /// # Errors
    /// When the settings are refused.
    pub(crate) fn try_again(&mut self, now: MonotonicTime) -> Result<Option<Member>, LogError> {
        if self.again_at.is_none_or(|again_at| now < again_at) {
            return Ok(None);
        }
        self.again_at = None;
        let mut member = (self.make)()?;
        member.subscribe(&self.topics);
        Ok(Some(member))
    }
}
