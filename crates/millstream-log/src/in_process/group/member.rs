//! A member of a group, and its rebalance step.

use std::collections::BTreeSet;
use std::time::Duration;

use millstream_types::{MonotonicTime, Topic, TopicPartition};

use crate::{GroupConfig, Signal};

/// The number of a member in its group. Numbers are not reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::in_process) struct MemberId(pub(super) u64);

/// The identity of a member.
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

/// A change of an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::in_process) enum Change {
    Assigned,
    Revoked,
}

/// A rebalance step of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::in_process) struct Offer {
    pub(in crate::in_process) change: Change,
    pub(in crate::in_process) partitions: Vec<TopicPartition>,
}

/// The state of a rebalance step, from the decision to the response.
#[derive(Debug)]
enum Step {
    Idle,
    /// Decided and not delivered, so that it can be withdrawn.
    Decided(Offer),
    /// Delivered, without a response yet.
    Delivered(Offer),
}

/// A member of a group.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) identity: Identity,
    pub(super) topics: BTreeSet<Topic>,
    pub(super) last_seen: Option<MonotonicTime>,
    /// Whether an assignment was delivered to it. The first one may be empty.
    pub(super) has_joined: bool,
    step: Step,
}

impl Member {
    pub(super) fn new(identity: Identity, topics: &[Topic]) -> Self {
        let topics = topics.iter().cloned().collect();
        Self { identity, topics, last_seen: None, has_joined: false, step: Step::Idle }
    }

    /// Whether its session has expired. The session begins with the first check.
    pub(super) fn is_lost(&mut self, now: MonotonicTime) -> bool {
        let last_seen = *self.last_seen.get_or_insert(now);
        now - last_seen > self.identity.session_timeout
    }

    /// Whether a step waits for its response.
    pub(super) fn is_busy(&self) -> bool {
        !matches!(self.step, Step::Idle)
    }

    /// Decides its next step.
    pub(super) fn offer(&mut self, change: Change, partitions: Vec<TopicPartition>) {
        self.step = Step::Decided(Offer { change, partitions });
        self.identity.signal.raise();
    }

    /// Withdraws a step that was not delivered.
    pub(super) fn withdraw(&mut self) -> Option<Offer> {
        let (offer, step) = match std::mem::replace(&mut self.step, Step::Idle) {
            Step::Decided(offer) => (Some(offer), Step::Idle),
            step => (None, step),
        };
        self.step = step;
        offer
    }

    /// The step to deliver, once.
    pub(super) fn take_offer(&mut self) -> Option<Offer> {
        let offer = self.withdraw()?;
        self.has_joined |= offer.change == Change::Assigned;
        self.step = Step::Delivered(offer.clone());
        Some(offer)
    }

    /// Records its response to the delivered step.
    pub(super) fn respond(&mut self) -> Option<Offer> {
        let (offer, step) = match std::mem::replace(&mut self.step, Step::Idle) {
            Step::Delivered(offer) => (Some(offer), Step::Idle),
            step => (None, step),
        };
        self.step = step;
        offer
    }
}
