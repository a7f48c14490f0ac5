//! Becoming a member, once more if another client still has the identity.
//!
//! Under the new group protocol a broker lets nobody in with the identity of a static member that has not said that it
//! goes, be that one dead or alive, and librdkafka takes the refusal for final. Only time distinguishes the two: a dead
//! one's place is free when its session is over.

use std::time::Duration;

use millstream_log::{GroupConfig, LogError, LogEvent};
use millstream_types::{MonotonicTime, Topic};

use crate::member::Member;

/// The wait between two attempts.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Beyond the session, for a broker that finds out late.
const MARGIN: Duration = Duration::from_secs(5);

/// Makes a member; called from the thread that polls.
pub(crate) type MakeMember = Box<dyn Fn() -> Result<Member, LogError> + Send>;

/// The way into the group.
pub(crate) struct Rejoin {
    make: MakeMember,
    identity: String,
    /// For how long an identity may be taken before that is final.
    patience: Duration,
    topics: Vec<Topic>,
    refused_since: Option<MonotonicTime>,
    again_at: Option<MonotonicTime>,
}

impl Rejoin {
    pub(crate) fn new(config: &GroupConfig, make: MakeMember) -> Self {
        Self {
            make,
            identity: config.instance_id.clone().unwrap_or_default(),
            patience: config.session_timeout.saturating_add(MARGIN),
            topics: Vec::new(),
            refused_since: None,
            again_at: None,
        }
    }

    /// Remembers what to subscribe to.
    pub(crate) fn want(&mut self, topics: &[Topic]) {
        self.topics = topics.to_vec();
    }

    /// Notes a refusal; what is to be reported of it.
    pub(crate) fn refused(&mut self, now: MonotonicTime) -> LogEvent {
        let since = *self.refused_since.get_or_insert(now);
        if now >= since + self.patience {
            return LogEvent::Fatal(LogError::Fenced { identity: self.identity.clone() });
        }
        self.again_at = Some(now + TRY_AGAIN_AFTER);
        LogEvent::Unavailable(format!(
            "the group still counts another client with the identity `{}`: one that died without leaving, until its \
             session is over, or a second one alive",
            self.identity
        ))
    }

    /// Makes a member that has subscribed, if it is time to.
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
