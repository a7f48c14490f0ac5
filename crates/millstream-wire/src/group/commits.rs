//! The commits of a member, of which one is in flight at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use millstream_log::{CommittedOffset, LogError, LogEvent};
use millstream_types::TopicPartition;

use super::commit::{Commit, commit};
use super::config::MemberSettings;
use super::coordinator::Coordinator;
use super::member::{Generation, MemberId};
use crate::client::Task;

/// The commits of a member. Each has a token, from 1.
#[derive(Default)]
pub(super) struct Commits {
    last_token: u64,
    waiting: VecDeque<(u64, Vec<(TopicPartition, CommittedOffset)>)>,
    sent: Option<(u64, Task<Result<(), LogError>>)>,
}

impl Commits {
    /// Adds one, and returns its token.
    pub(super) fn add(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64 {
        self.last_token += 1;
        self.waiting.push_back((self.last_token, offsets.to_vec()));
        self.last_token
    }

    /// Whether all have ended.
    pub(super) fn is_empty(&self) -> bool {
        self.sent.is_none() && self.waiting.is_empty()
    }

    /// Fails those that wait, since the member has lost its partitions: they must not be sent under the next generation.
    pub(super) fn fail_waiting(&mut self, events: &mut Vec<LogEvent>) {
        events.extend(self.waiting.drain(..).map(|(token, _)| not_a_member(token)));
    }

    /// Reports how the one in flight has ended, and sends the next one as this member, if it is one.
    pub(super) fn poll(
        &mut self,
        coordinator: &Coordinator,
        settings: &Arc<MemberSettings>,
        identity: Option<(MemberId, Generation)>,
        events: &mut Vec<LogEvent>,
    ) {
        if let Some((token, task)) = &mut self.sent
            && let Some(result) = task.poll()
        {
            events.push(LogEvent::CommitDone { token: *token, result });
            self.sent = None;
        }
        let Some((member, generation)) = identity else { return self.fail_waiting(events) };
        if self.sent.is_none()
            && let Some((token, offsets)) = self.waiting.pop_front()
        {
            let settings = Arc::clone(settings);
            let sent = commit(coordinator.clone(), Commit { settings, member, generation, offsets });
            self.sent = Some((token, Task::new(sent)));
        }
    }
}

fn not_a_member(token: u64) -> LogEvent {
    LogEvent::CommitDone { token, result: Err(LogError::NotAMember) }
}
