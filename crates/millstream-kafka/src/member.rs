//! Belonging to a group: a client that reads nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use millstream_log::{CommittedOffset, GroupConfig, LogError, LogEvent, Signal};
use millstream_types::{Topic, TopicPartition};

use crate::native::{Client, Code, NativeError, Partitions, Queue, QueueEvent};
use crate::outage_tracker::OutageTracker;
use crate::settings::GroupProtocol;

/// A group member.
///
/// What the group gives is not assigned in this client but read by another one: the group's events are answered with
/// an empty list. librdkafka compares what the group says only with what the group said before.
pub(crate) struct Member {
    main: Queue,
    commits: Queue,
    outages: OutageTracker,
    topics: Vec<Topic>,
    /// Whether closing keeps its place, so that it has to unsubscribe before to give that up.
    closing_keeps_place: bool,
    /// Another client has its identity, or had it until a moment ago.
    is_held_up: bool,
    pending_change: Option<Change>,
    has_joined: bool,
    waiting: VecDeque<Commit>,
    /// The commit that was sent; one at a time.
    sent: Option<u64>,
    last_token: u64,
    ready: Vec<LogEvent>,
}

/// What the group waits to have responded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Given,
    Taken,
}

struct Commit {
    token: u64,
    offsets: Partitions,
}

impl Member {
    pub(crate) fn new(client: &Arc<Client>, config: &GroupConfig, protocol: GroupProtocol, signal: &Signal) -> Self {
        Self {
            main: client.main_queue(signal),
            commits: client.new_queue(signal),
            outages: OutageTracker::default(),
            topics: Vec::new(),
            closing_keeps_place: config.instance_id.is_some() && protocol == GroupProtocol::Classic,
            is_held_up: false,
            pending_change: None,
            has_joined: false,
            waiting: VecDeque::new(),
            sent: None,
            last_token: 0,
            ready: Vec::new(),
        }
    }

    fn client(&self) -> &Client {
        self.main.client()
    }

    pub(crate) fn subscribe(&mut self, topics: &[Topic]) {
        self.topics = topics.to_vec();
        if let Err(error) = self.client().subscribe(topics) {
            let error = error.about_client(self.client().names());
            self.ready.push(LogEvent::Fatal(error));
        }
    }

    /// Answers the group, if it waits.
    pub(crate) fn finish_rebalance(&mut self) {
        let nothing = Partitions::new();
        let answered = match self.pending_change.take() {
            None => return,
            Some(Change::Given) => self.client().incremental_assign(&nothing),
            Some(Change::Taken) => self.client().incremental_unassign(&nothing),
        };
        if let Err(error) = answered {
            let error = error.about_client(self.client().names());
            self.ready.push(LogEvent::Fatal(error));
        }
    }

    pub(crate) fn commit(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64 {
        self.last_token += 1;
        let token = self.last_token;
        // A lost member must not commit with the generation that it is about to get.
        if self.client().is_assignment_lost() {
            self.ready.push(LogEvent::CommitDone { token, result: Err(LogError::NotAMember) });
        } else {
            self.waiting.push_back(Commit { token, offsets: Partitions::committing(offsets) });
            self.send_commits();
        }
        token
    }

    fn send_commits(&mut self) {
        while self.sent.is_none()
            && let Some(commit) = self.waiting.pop_front()
        {
            match self.client().commit(&commit.offsets, &self.commits) {
                Ok(()) => self.sent = Some(commit.token),
                Err(error) => self.commit_done(commit.token, Err(error)),
            }
        }
    }

    fn commit_done(&mut self, token: u64, result: Result<(), NativeError>) {
        let result = match result {
            Err(error) if error.code == Code::NoOffset => Ok(()),
            result => result.map_err(|error| error.about_client(self.client().names())),
        };
        self.ready.push(LogEvent::CommitDone { token, result });
    }

    /// Whether every commit has ended.
    fn is_idle(&self) -> bool {
        self.sent.is_none() && self.waiting.is_empty()
    }

    fn poll_commits(&mut self) {
        if !self.commits.is_rung() {
            return;
        }
        self.commits.silence();
        while let Some(event) = self.commits.poll() {
            if let QueueEvent::Committed(result) = event
                && let Some(token) = self.sent.take()
            {
                let result =
                    result.and_then(|offsets| offsets.entries().into_iter().try_for_each(|entry| entry.result));
                self.commit_done(token, result);
            }
        }
        self.send_commits();
    }

    /// Moves work along; must be called again and again, since that keeps it a member of the group.
    pub(crate) fn poll(&mut self, events: &mut Vec<LogEvent>) {
        self.poll_commits();
        while let Some(event) = self.main.poll() {
            match event {
                QueueEvent::Assigned(partitions) => self.given(partitions.names()),
                QueueEvent::Revoked(partitions) => self.taken(partitions.names()),
                QueueEvent::Error { error, is_fatal } => self.failed(error, is_fatal),
                QueueEvent::Committed(_) | QueueEvent::Delivered(_) | QueueEvent::Response(_) | QueueEvent::Other => {}
            }
        }
        events.append(&mut self.ready);
    }

    /// Whether it was refused because another client still has its identity. It cannot go on, but another
    /// attempt may succeed: the other one may be dead, which the group finds out when its session is over.
    pub(crate) fn is_held_up(&self) -> bool {
        self.is_held_up
    }

    fn failed(&mut self, error: NativeError, is_fatal: bool) {
        let fatal = self.client().fatal_error();
        if fatal.is_some_and(|fatal| fatal.code == Code::UnreleasedInstanceId) && !self.has_joined {
            self.is_held_up = true;
        } else {
            let error = self.with_topics(error);
            self.ready.extend(self.outages.on_error(self.main.client(), error, is_fatal));
        }
    }

    /// Under the new protocol a broker does not say which topic it refuses.
    fn with_topics(&self, error: NativeError) -> NativeError {
        let is_named = self.topics.iter().any(|topic| error.message.contains(topic.as_str()));
        if error.code != Code::TopicAuthorizationFailed || is_named {
            return error;
        }
        let topics: Vec<String> = self.topics.iter().map(|topic| format!("`{topic}`")).collect();
        NativeError { message: format!("one of the topics {}: {}", topics.join(", "), error.message), ..error }
    }

    fn given(&mut self, partitions: Vec<TopicPartition>) {
        self.pending_change = Some(Change::Given);
        if partitions.is_empty() && self.has_joined {
            self.finish_rebalance();
            return;
        }
        self.has_joined = true;
        self.ready.push(LogEvent::Assigned(partitions));
    }

    fn taken(&mut self, partitions: Vec<TopicPartition>) {
        let is_lost = self.client().is_assignment_lost();
        self.pending_change = Some(Change::Taken);
        if is_lost {
            let refused = self.waiting.drain(..).map(|commit| commit.token);
            let refused = refused.map(|token| LogEvent::CommitDone { token, result: Err(LogError::NotAMember) });
            self.ready.extend(refused);
        }
        match (partitions.is_empty(), is_lost) {
            (true, _) => self.finish_rebalance(),
            (false, true) => self.ready.push(LogEvent::Lost(partitions)),
            (false, false) => self.ready.push(LogEvent::Revoked(partitions)),
        }
    }
}

/// Leaving, step by step; see [`crate::group_exit`].
impl Member {
    /// Moves the commits along that were begun before the group exit; whether all have ended.
    pub(crate) fn finish_commits(&mut self) -> bool {
        self.poll_commits();
        self.is_idle()
    }

    /// Starts to give its place up, where closing alone would keep it: a static member's. Under the new protocol a
    /// static member cannot: librdkafka always sends the broker that it comes back.
    ///
    /// # Errors
    /// When it has none.
    pub(crate) fn give_up_place(&mut self) -> Result<(), NativeError> {
        if !self.closing_keeps_place {
            return Ok(());
        }
        self.finish_rebalance();
        self.client().unsubscribe()
    }

    /// Answers the group meanwhile; whether the member has left.
    pub(crate) fn has_no_place(&mut self) -> bool {
        while let Some(event) = self.main.poll() {
            self.acknowledge(&event);
        }
        !self.closing_keeps_place || !self.client().has_member_id()
    }

    /// Starts to close.
    ///
    /// # Errors
    /// When there is nothing to leave.
    pub(crate) fn begin_to_leave(&mut self) -> Result<(), NativeError> {
        self.finish_rebalance();
        self.client().close(&self.commits)
    }

    /// Responds to the group during the group exit; whether this member has left.
    pub(crate) fn is_out(&mut self) -> bool {
        while let Some(event) = self.commits.poll() {
            self.acknowledge(&event);
        }
        self.client().is_closed()
    }

    /// Agrees to whatever the group says.
    fn acknowledge(&mut self, event: &QueueEvent) {
        match event {
            QueueEvent::Assigned(_) => self.pending_change = Some(Change::Given),
            QueueEvent::Revoked(_) => self.pending_change = Some(Change::Taken),
            _ => {}
        }
        self.finish_rebalance();
    }
}
