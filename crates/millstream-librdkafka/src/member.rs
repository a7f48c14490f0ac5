//! Group membership: a client that reads nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use millstream_log::{CommittedOffset, GroupConfig, LogError, LogEvent, Signal};
use millstream_types::{Topic, TopicPartition};

use crate::native::{Client, Code, Entry, NativeError, Partitions, Queue, QueueEvent, Severity};
use crate::outage_tracker::OutageTracker;
use crate::settings::GroupProtocol;
use crate::silent_brokers::{CoordinatorReport, SilentCoordinator, Statistics};

/// A group member.
///
/// The partitions of an assignment are read by another client, so this one acknowledges rebalances with empty lists.
/// librdkafka compares an assignment only with the previous one, not with these lists.
pub(crate) struct Member {
    main: Queue,
    commits: Queue,
    outages: OutageTracker,
    coordinator: SilentCoordinator,
    topics: Vec<Topic>,
    /// Whether closing keeps the membership, so that the member has to unsubscribe first in order to leave.
    closing_keeps_membership: bool,
    /// Whether the group refused it because another client has its identity.
    is_identity_taken: bool,
    pending_change: Option<Change>,
    has_joined: bool,
    waiting: VecDeque<Commit>,
    /// The commit that was sent. Commits are sent one at a time.
    sent: Option<Commit>,
    last_token: u64,
    ready: Vec<LogEvent>,
}

/// A rebalance that has to be acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Assigned,
    Revoked,
}

struct Commit {
    token: u64,
    /// The first partition.
    first: Option<TopicPartition>,
    offsets: Partitions,
}

impl Member {
    pub(crate) fn new(client: &Arc<Client>, config: &GroupConfig, protocol: GroupProtocol, signal: &Signal) -> Self {
        Self {
            main: client.main_queue(signal),
            commits: client.new_queue(signal),
            outages: OutageTracker::default(),
            coordinator: SilentCoordinator::default(),
            topics: Vec::new(),
            closing_keeps_membership: config.instance_id.is_some() && protocol == GroupProtocol::Classic,
            is_identity_taken: false,
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

    /// Acknowledges the pending rebalance, if there is one.
    pub(crate) fn finish_rebalance(&mut self) {
        let nothing = Partitions::new();
        let acknowledged = match self.pending_change.take() {
            None => return,
            Some(Change::Assigned) => self.client().incremental_assign(&nothing),
            Some(Change::Revoked) => self.client().incremental_unassign(&nothing),
        };
        if let Err(error) = acknowledged {
            let error = error.about_client(self.client().names());
            self.ready.push(LogEvent::Fatal(error));
        }
    }

    pub(crate) fn commit(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64 {
        self.last_token += 1;
        let token = self.last_token;
        // A member that has lost its partitions must not commit under the next generation.
        if self.client().is_assignment_lost() {
            self.ready.push(LogEvent::CommitDone { token, result: Err(LogError::NotAMember) });
        } else {
            let first = offsets.first().map(|(partition, _)| partition.clone());
            self.waiting.push_back(Commit { token, first, offsets: Partitions::committing(offsets) });
            self.send_commits();
        }
        token
    }

    fn send_commits(&mut self) {
        while self.sent.is_none()
            && let Some(commit) = self.waiting.pop_front()
        {
            match self.client().commit(&commit.offsets, &self.commits) {
                Ok(()) => self.sent = Some(commit),
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
        if !self.commits.has_events() {
            return;
        }
        self.commits.clear_flag();
        while let Some(event) = self.commits.poll() {
            if let QueueEvent::Committed(result) = event
                && let Some(Commit { token, first, .. }) = self.sent.take()
            {
                // Without entries every partition has failed.
                let failed = match result {
                    Ok(offsets) => first_error(offsets.entries()),
                    Err(error) => Some((first, error)),
                };
                match failed {
                    None => self.commit_done(token, Ok(())),
                    // A topic that was deleted meanwhile is named.
                    Some((Some(partition), error)) if error.code == Code::UnknownTopicOrPartition => {
                        let result = Err(error.about_partition(&partition));
                        self.ready.push(LogEvent::CommitDone { token, result });
                    }
                    Some((_, error)) => self.commit_done(token, Err(error)),
                }
            }
        }
        self.send_commits();
    }

    /// Does what is due without blocking. It must be called regularly to keep the membership.
    pub(crate) fn poll(&mut self, events: &mut Vec<LogEvent>) {
        self.poll_commits();
        while let Some(event) = self.main.poll() {
            match event {
                QueueEvent::Assigned(partitions) => self.assigned(partitions.names()),
                QueueEvent::Revoked(partitions) => self.revoked(partitions.names()),
                QueueEvent::Error { error, severity } => self.failed(error, severity),
                QueueEvent::Statistics(json) => {
                    let report = self.coordinator.update(&Statistics::parse(&json));
                    self.ready.extend(report.map(|report| match report {
                        CoordinatorReport::Silent(reason) => LogEvent::CoordinatorSilent(reason),
                        CoordinatorReport::Responds => LogEvent::CoordinatorResponds,
                    }));
                }
                QueueEvent::Committed(_) | QueueEvent::Delivered(_) | QueueEvent::Response(_) | QueueEvent::Other => {}
            }
        }
        events.append(&mut self.ready);
    }

    /// Whether the group refused it because another client has its identity. This member cannot continue, but a new one may
    /// succeed: the other client may be dead, and its session may time out.
    pub(crate) fn is_identity_taken(&self) -> bool {
        self.is_identity_taken
    }

    fn failed(&mut self, error: NativeError, severity: Severity) {
        let fatal = self.client().fatal_error();
        if fatal.is_some_and(|fatal| fatal.code == Code::UnreleasedInstanceId) && !self.has_joined {
            self.is_identity_taken = true;
        } else {
            let error = self.with_topics(error);
            self.ready.extend(self.outages.on_error(self.main.client(), error, severity));
        }
    }

    /// Under the protocol of KIP-848 the broker does not name the topic that it refuses.
    fn with_topics(&self, error: NativeError) -> NativeError {
        let is_named = self.topics.iter().any(|topic| error.message.contains(topic.as_str()));
        if error.code != Code::TopicAuthorizationFailed || is_named {
            return error;
        }
        let topics: Vec<String> = self.topics.iter().map(|topic| format!("`{topic}`")).collect();
        NativeError { message: format!("one of the topics {}: {}", topics.join(", "), error.message), ..error }
    }

    fn assigned(&mut self, partitions: Vec<TopicPartition>) {
        self.pending_change = Some(Change::Assigned);
        if partitions.is_empty() && self.has_joined {
            self.finish_rebalance();
            return;
        }
        self.has_joined = true;
        self.ready.push(LogEvent::Assigned(partitions));
    }

    fn revoked(&mut self, partitions: Vec<TopicPartition>) {
        let is_lost = self.client().is_assignment_lost();
        self.pending_change = Some(Change::Revoked);
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

/// The first partition of a commit that has failed, and its error.
fn first_error(entries: Vec<Entry>) -> Option<(Option<TopicPartition>, NativeError)> {
    entries.into_iter().find_map(|entry| Some((Some(entry.partition), entry.result.err()?)))
}

/// The steps of leaving the group; see [`crate::group_exit`].
impl Member {
    /// Continues the commits that were begun before; returns whether all have ended.
    pub(crate) fn finish_commits(&mut self) -> bool {
        self.poll_commits();
        self.is_idle()
    }

    /// Begins to unsubscribe, if closing alone would keep the membership, as a static member's. Under KIP-848 a static member
    /// cannot end its membership: librdkafka always announces that it will return.
    ///
    /// # Errors
    /// When it is not a member.
    pub(crate) fn begin_to_unsubscribe(&mut self) -> Result<(), NativeError> {
        if !self.closing_keeps_membership {
            return Ok(());
        }
        self.finish_rebalance();
        self.client().unsubscribe()
    }

    /// Acknowledges rebalances meanwhile; returns whether the membership has ended.
    pub(crate) fn has_unsubscribed(&mut self) -> bool {
        while let Some(event) = self.main.poll() {
            self.acknowledge(&event);
        }
        !self.closing_keeps_membership || !self.client().has_member_id()
    }

    /// Begins to close the client.
    ///
    /// # Errors
    /// When it cannot be closed.
    pub(crate) fn begin_to_close(&mut self) -> Result<(), NativeError> {
        self.finish_rebalance();
        self.client().close(&self.commits)
    }

    /// Acknowledges rebalances meanwhile; returns whether the client is closed.
    pub(crate) fn is_closed(&mut self) -> bool {
        while let Some(event) = self.commits.poll() {
            self.acknowledge(&event);
        }
        self.client().is_closed()
    }

    /// Acknowledges a rebalance.
    fn acknowledge(&mut self, event: &QueueEvent) {
        match event {
            QueueEvent::Assigned(_) => self.pending_change = Some(Change::Assigned),
            QueueEvent::Revoked(_) => self.pending_change = Some(Change::Revoked),
            QueueEvent::Error { .. }
            | QueueEvent::Committed(_)
            | QueueEvent::Delivered(_)
            | QueueEvent::Response(_)
            | QueueEvent::Statistics(_)
            | QueueEvent::Other => {}
        }
        self.finish_rebalance();
    }
}
