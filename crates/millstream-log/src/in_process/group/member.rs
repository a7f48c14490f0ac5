//! A member of a group, and its rebalance step.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use millstream_types::{MonotonicTime, Topic, TopicPartition};

use crate::{GroupAssignor, GroupConfig, LogEvent, Signal};

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
    pub(in crate::in_process) assignor: Option<Arc<dyn GroupAssignor>>,
    pub(in crate::in_process) rack: Option<String>,
}

impl Identity {
    pub(in crate::in_process) fn new(config: &GroupConfig, signal: &Signal) -> Self {
        Self {
            client_id: config.client_id.clone(),
            instance_id: config.instance_id.clone(),
            session_timeout: config.session_timeout,
            signal: signal.clone(),
            assignor: config.assignor.clone(),
            rack: config.rack.clone(),
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
    /// The last rebalance in which it took part.
    pub(super) generation: Option<i32>,
    /// What its group's assignor had for it; `None` if the group used its own.
    pub(super) user_data: Option<Vec<u8>>,
    /// Whether the user data is to be delivered.
    has_news: bool,
    fault: Option<String>,
    step: Step,
}

impl Member {
    pub(super) fn new(identity: Identity, topics: &[Topic]) -> Self {
        let topics = topics.iter().cloned().collect();
        Self {
            identity,
            topics,
            last_seen: None,
            has_joined: false,
            generation: None,
            user_data: None,
            has_news: false,
            fault: None,
            step: Step::Idle,
        }
    }

    /// Records the end of a rebalance. A member that offers an assignor is told.
    pub(super) fn rebalanced(&mut self, generation: i32, user_data: Option<Vec<u8>>) {
        (self.generation, self.user_data) = (Some(generation), user_data);
        if self.identity.assignor.is_some() {
            self.has_news = true;
            self.identity.signal.raise();
        }
    }

    /// Reports that its assignor has failed.
    pub(super) fn assignor_failed(&mut self, fault: String) {
        self.fault = Some(fault);
        self.identity.signal.raise();
    }

    /// What it is to be told besides its steps, before them.
    pub(super) fn take_news(&mut self) -> Vec<LogEvent> {
        let fault = self.fault.take().map(LogEvent::AssignorFailed);
        let has_news = std::mem::take(&mut self.has_news);
        let user_data = has_news.then(|| LogEvent::AssignmentData { user_data: self.user_data.clone() });
        fault.into_iter().chain(user_data).collect()
    }

    /// Whether it is to give partitions away, and has not yet.
    pub(super) fn gives_away(&self) -> bool {
        match &self.step {
            Step::Idle => false,
            Step::Decided(offer) | Step::Delivered(offer) => offer.change == Change::Revoked,
        }
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
