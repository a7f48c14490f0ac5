//! What a member owns, as its caller knows it: changes are reported one after the other.

use std::collections::{BTreeSet, VecDeque};

use millstream_log::{LogEvent, StreamsTasks};
use millstream_types::TopicPartition;

/// A change that is to be reported, or was reported and is being carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    /// What the leader's assignor has for the member. It is only reported, and not carried out.
    UserData(Option<Vec<u8>>),
    /// What the broker of a streams group has told the member. It is only reported, too.
    Tasks(StreamsTasks),
    Assigned(BTreeSet<TopicPartition>),
    Revoked(BTreeSet<TopicPartition>),
    Lost(BTreeSet<TopicPartition>),
}

/// The partitions of a member, and the changes that its caller has not carried out yet.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// What the member owns as far as its caller has been told.
    owned: BTreeSet<TopicPartition>,
    waiting: VecDeque<Change>,
    /// The change that the caller is carrying out.
    reported: Option<Change>,
    /// Whether there has been an assignment: the first one is reported even if it is empty.
    has_joined: bool,
}

impl Changes {
    /// What the member still has, for its subscription: what it was assigned and has not given away.
    pub(super) fn held(&self) -> BTreeSet<TopicPartition> {
        let mut held = self.owned.clone();
        for change in &self.waiting {
            match change {
                Change::Assigned(partitions) => held.extend(partitions.iter().cloned()),
                // It has them until its caller has given them away.
                Change::Revoked(_) | Change::UserData(_) | Change::Tasks(_) => {}
                Change::Lost(partitions) => held.retain(|partition| !partitions.contains(partition)),
            }
        }
        if let Some(Change::Lost(partitions)) = &self.reported {
            held.retain(|partition| !partitions.contains(partition));
        }
        held
    }

    /// Takes the user data of an assignment, before [`assign`](Self::assign). It replaces what was not reported yet if no
    /// change is to be reported between the two.
    pub(super) fn add_user_data(&mut self, user_data: Option<Vec<u8>>) {
        if matches!(self.waiting.back(), Some(Change::UserData(_))) {
            self.waiting.pop_back();
        }
        self.waiting.push_back(Change::UserData(user_data));
    }

    /// Takes what the broker of a streams group has told, before [`assign`](Self::assign). It replaces what was not reported yet if no
    /// change is to be reported between the two.
    pub(super) fn add_tasks(&mut self, mut tasks: StreamsTasks) {
        if let Some(Change::Tasks(_)) = self.waiting.back()
            && let Some(Change::Tasks(earlier)) = self.waiting.pop_back()
        {
            tasks.endpoints = tasks.endpoints.or(earlier.endpoints);
        }
        self.waiting.push_back(Change::Tasks(tasks));
    }

    /// Takes an assignment. Returns whether partitions are revoked.
    pub(super) fn assign(&mut self, assigned: &BTreeSet<TopicPartition>) -> bool {
        let held = self.held();
        let revoked: BTreeSet<_> = held.difference(assigned).cloned().collect();
        let added: BTreeSet<_> = assigned.difference(&held).cloned().collect();
        let revokes = !revoked.is_empty();
        if revokes {
            self.waiting.push_back(Change::Revoked(revoked));
        }
        if !added.is_empty() || !self.has_joined {
            self.waiting.push_back(Change::Assigned(added));
        }
        self.has_joined = true;
        revokes
    }

    /// Records that others own all partitions by now. What was not reported yet is not reported any more.
    pub(super) fn lose(&mut self) {
        self.waiting.clear();
        let mut lost = self.owned.clone();
        if let Some(Change::Revoked(partitions) | Change::Lost(partitions)) = &self.reported {
            lost.retain(|partition| !partitions.contains(partition));
        }
        if !lost.is_empty() {
            self.waiting.push_back(Change::Lost(lost));
        }
    }

    /// Whether the caller has carried out all changes that take partitions away.
    pub(super) fn has_given_away(&self) -> bool {
        let takes_away = |change: &Change| matches!(change, Change::Revoked(_) | Change::Lost(_));
        !self.waiting.iter().chain(&self.reported).any(takes_away)
    }

    /// Whether the caller has carried out all changes.
    pub(super) fn are_carried_out(&self) -> bool {
        self.waiting.is_empty() && self.reported.is_none()
    }

    /// Reports the next change, unless one is being carried out.
    pub(super) fn report(&mut self) -> Option<LogEvent> {
        if self.reported.is_some() {
            return None;
        }
        let change = self.waiting.pop_front()?;
        let event = match &change {
            Change::UserData(user_data) => return Some(LogEvent::AssignmentData { user_data: user_data.clone() }),
            Change::Tasks(tasks) => return Some(LogEvent::StreamsTasks(tasks.clone())),
            Change::Assigned(partitions) => {
                self.owned.extend(partitions.iter().cloned());
                LogEvent::Assigned(partitions.iter().cloned().collect())
            }
            Change::Revoked(partitions) => LogEvent::Revoked(partitions.iter().cloned().collect()),
            Change::Lost(partitions) => LogEvent::Lost(partitions.iter().cloned().collect()),
        };
        self.reported = Some(change);
        Some(event)
    }

    /// The caller has carried out the change that was reported, if there is one.
    pub(super) fn finish(&mut self) {
        if let Some(Change::Revoked(partitions) | Change::Lost(partitions)) = self.reported.take() {
            self.owned.retain(|partition| !partitions.contains(partition));
        }
    }
}
