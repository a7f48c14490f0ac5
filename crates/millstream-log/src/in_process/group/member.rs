//! A member of a group, and the one thing it is being told.

use std::collections::BTreeSet;
use std::time::Duration;

use millstream_types::{MonotonicTime, Topic, TopicPartition};

use crate::{GroupConfig, Signal};

/// A member's number in its group; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::in_process) struct MemberId(pub(super) u64);

/// Who a member is.
#[derive(Clone, Debug)]
pub(in crate::in_process) struct Identity {
    pub(in crate::in_process) client_id: String,
    pub(in crate::in_process) instance_id: Option<String>,
    pub(in crate::in_process) session_timeout: Duration,
    pub(in crate::in_process) signal: Signal,
}

impl Identity {
    pub(in crate::in_process) fn new(config: &GroupConfig, signal: &Signal) -> Self {
        Self {
            client_id: config.client_id.clone(),
            instance_id: config.instance_id.clone(),
            session_timeout: config.session_timeout,
            signal: signal.clone(),
        }
    }
}

/// What happens to partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::in_process) enum Change {
    Assigned,
    Revoked,
}

/// What a member is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::in_process) struct Offer {
    pub(in crate::in_process) change: Change,
    pub(in crate::in_process) partitions: Vec<TopicPartition>,
}

/// What a member is being told, from the decision to its answer.
#[derive(Debug)]
enum Telling {
    Nothing,
    /// Decided; can still be withdrawn.
    Decided(Offer),
    /// Told, and not yet answered.
    Told(Offer),
}

/// A member as the group knows it.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) identity: Identity,
    pub(super) topics: BTreeSet<Topic>,
    pub(super) last_seen: Option<MonotonicTime>,
    /// Whether it was ever told an assignment; the first may be empty.
    pub(super) is_greeted: bool,
    telling: Telling,
}

impl Member {
    pub(super) fn new(identity: Identity, topics: &[Topic]) -> Self {
        let topics = topics.iter().cloned().collect();
        Self { identity, topics, last_seen: None, is_greeted: false, telling: Telling::Nothing }
    }

    /// Whether it is unheard of for longer than its session lasts; the session begins with the first look.
    pub(super) fn is_lost(&mut self, now: MonotonicTime) -> bool {
        let last_seen = *self.last_seen.get_or_insert(now);
        now - last_seen > self.identity.session_timeout
    }

    /// Whether something decided or told waits for its answer.
    pub(super) fn is_busy(&self) -> bool {
        !matches!(self.telling, Telling::Nothing)
    }

    /// Decides what to tell it next.
    pub(super) fn offer(&mut self, change: Change, partitions: Vec<TopicPartition>) {
        self.telling = Telling::Decided(Offer { change, partitions });
        self.identity.signal.raise();
    }

    /// Takes back what was decided and not yet told.
    pub(super) fn withdraw(&mut self) -> Option<Offer> {
        let (offer, telling) = match std::mem::replace(&mut self.telling, Telling::Nothing) {
            Telling::Decided(offer) => (Some(offer), Telling::Nothing),
            telling => (None, telling),
        };
        self.telling = telling;
        offer
    }

    /// What it is to be told, once.
    pub(super) fn take_offer(&mut self) -> Option<Offer> {
        let offer = self.withdraw()?;
        self.is_greeted |= offer.change == Change::Assigned;
        self.telling = Telling::Told(offer.clone());
        Some(offer)
    }

    /// Its answer to what it was told.
    pub(super) fn answer(&mut self) -> Option<Offer> {
        let (offer, telling) = match std::mem::replace(&mut self.telling, Telling::Nothing) {
            Telling::Told(offer) => (Some(offer), Telling::Nothing),
            telling => (None, telling),
        };
        self.telling = telling;
        offer
    }
}
