//! A member of a group under Kafka's classic protocol, with cooperative rebalances.

use std::sync::Arc;
use std::time::Duration;

use millstream_log::{CommittedOffset, Lease, LogError, LogEvent, StreamsTaskOffset};
use millstream_protocol::ErrorCode;
use millstream_types::{MonotonicTime, Topic, TopicPartition};

use super::background::{Background, BackgroundHeartbeat};
use super::changes::Changes;
use super::commits::Commits;
use super::config::MemberSettings;
use super::consumer_protocol::Subscription;
use super::cooperative_sticky;
use super::coordinator::{Coordinator, CoordinatorError, RETRY_AFTER, Watched};
use super::join::{self, Joined, Joining, NotJoined};
use super::leave::leave;
use super::member::MemberSlot;
use super::membership::{ExitMode, Member};
use super::partition_watch::PartitionWatch;
use super::session::{Heartbeat, Session};
use crate::backoff::Backoff;
use crate::client::{Cluster, Lane, Task, about_group};

/// A coordinator that is not available is reported after this: one moves in less, and a new cluster makes its first one.
const REPORTED_AFTER: Duration = Duration::from_secs(2);

/// Reported when the group has members with another assignor. Kafka Streams is one, and remains in the group for a while after
/// it was closed.
const OTHER_ASSIGNOR: &str = "the group has members that divide the work by another protocol, such as Kafka Streams with \
                              this application id; stop them, and wait until their session is over";

/// The remedy for a session time-out that the broker refuses.
const SESSION_TIMEOUTS: &str = "set a session time-out from the broker's `group.min.session.timeout.ms` (6 s) to its \
                                `group.max.session.timeout.ms` (30 min), or change these";

/// How often a member tries to join a group whose members have another assignor.
const OTHERS_LEAVE_AFTER: Duration = Duration::from_millis(500);

/// After how long a leader whose assignor has failed begins another rebalance: first, and at most.
const ASSIGNS_AGAIN_AFTER: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];

/// A member of a group. Its caller polls it.
///
/// It keeps its partitions while it joins again. After each rebalance it reports what is revoked and what is assigned, one
/// after the other, and joins again when it has given something away.
pub(crate) struct GroupMember {
    settings: Arc<MemberSettings>,
    coordinator: Coordinator,
    pub(super) topics: Vec<Topic>,
    pub(super) phase: Phase,
    /// The id that the coordinator has given it, which it keeps over rebalances.
    pub(super) member: MemberSlot,
    /// The session in which it has its partitions; `None` before the first rebalance, and once they are lost.
    pub(super) session: Option<Session>,
    /// Sends heartbeats while the caller does not poll, once the member has joined.
    background: Option<Background<Heartbeat>>,
    /// While it does not hold, others may have the partitions.
    lease: Lease,
    pub(super) changes: Changes,
    /// Of the leader: the numbers of partitions, which it watches.
    watch: Option<PartitionWatch>,
    /// Of a leader whose assignor has failed.
    assigns_again: Option<Backoff>,
    /// Why it joins again once it has joined.
    rejoins: Option<&'static str>,
    commits: Commits,
    is_coordinator_silent: bool,
    /// Since when the coordinator cannot be reached, or is not known.
    unavailable_since: Option<MonotonicTime>,
    ready: Vec<LogEvent>,
}

pub(super) enum Phase {
    /// It has not subscribed.
    Outside,
    /// It joins at this time, once its caller has carried out what takes partitions away.
    WillJoin {
        at: MonotonicTime,
        reason: &'static str,
    },
    Joining {
        join: Task<Result<Joined, NotJoined>>,
        watch: Task<Watched>,
    },
    Member,
    /// It left, or cannot be a member any more.
    Ended,
}

#[cfg(test)]
impl GroupMember {
    pub(super) fn brings_assignor(&self) -> bool {
        self.settings.assignor.is_some()
    }
}

#[cfg(test)]
impl Phase {
    /// Its name, for tests that fail.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::WillJoin { .. } => "will join",
            Self::Joining { .. } => "joining",
            Self::Member => "member",
            Self::Ended => "ended",
        }
    }
}

impl GroupMember {
    pub(crate) fn new(cluster: &Cluster, settings: MemberSettings) -> Self {
        Self {
            coordinator: Coordinator::new(cluster, &settings.group_id),
            settings: Arc::new(settings),
            topics: Vec::new(),
            phase: Phase::Outside,
            member: MemberSlot::default(),
            session: None,
            background: None,
            lease: Lease::default(),
            changes: Changes::default(),
            watch: None,
            assigns_again: None,
            rejoins: None,
            commits: Commits::default(),
            is_coordinator_silent: false,
            unavailable_since: None,
            ready: Vec::new(),
        }
    }

    fn cluster(&self) -> &Cluster {
        &self.coordinator.cluster
    }

    /// Joins again as soon as nothing is left to be given away.
    fn join_again(&mut self, reason: &'static str) {
        self.join_at(self.cluster().now(), reason);
    }

    fn join_at(&mut self, at: MonotonicTime, reason: &'static str) {
        if let Phase::Joining { .. } = self.phase
            && let Some(broker) = self.coordinator.joins_at()
        {
            // What waits there belongs to an attempt that was given up.
            self.cluster().close(broker, Lane::Group);
        }
        self.phase = Phase::WillJoin { at, reason };
    }

    fn poll_session(&mut self, now: MonotonicTime) {
        let answers = self.background.as_ref().map(Background::poll).unwrap_or_default();
        let kept = answers.iter().rfind(|(_, answer)| Heartbeat::keeps_member(answer));
        if let (Some(session), Some((ago, _))) = (&mut self.session, kept) {
            session.keep(now - *ago);
        }
        let Some(session) = &mut self.session else { return };
        // While it joins, the coordinator keeps it without heartbeats. They show that it still does, and on a connection of their
        // own, since the other one waits for the response.
        let is_joining = matches!(self.phase, Phase::Joining { .. });
        match session.poll(now, if is_joining { Lane::Probe } else { Lane::Group }) {
            // The next generation has begun, whose response is on its way.
            Some(Ok(ErrorCode::ILLEGAL_GENERATION)) if is_joining => {}
            Some(Ok(error)) => {
                self.heard();
                self.on_heartbeat(error);
            }
            Some(Err(error)) => self.not_heard(error),
            None => {}
        }
        self.lose_if_over(now);
    }

    fn on_heartbeat(&mut self, error: ErrorCode) {
        match error {
            ErrorCode::NONE => {}
            ErrorCode::REBALANCE_IN_PROGRESS => {
                if matches!(self.phase, Phase::Member) {
                    self.join_again("the group is rebalancing");
                }
            }
            ErrorCode::ILLEGAL_GENERATION => self.lose("the generation is over"),
            ErrorCode::UNKNOWN_MEMBER_ID => {
                self.member.take();
                self.lose("the group has removed the member");
            }
            error if error.is_retriable() => {}
            error => self.end(error, ""),
        }
    }

    /// Others may own all partitions by now. It joins again once its caller knows.
    fn lose(&mut self, reason: &'static str) {
        self.end_session();
        self.watch = None;
        self.changes.lose();
        self.commits.fail_waiting(&mut self.ready);
        self.join_again(reason);
    }

    /// It cannot be a member any more.
    fn end(&mut self, error: ErrorCode, message: &str) {
        let error = match error {
            ErrorCode::FENCED_INSTANCE_ID | ErrorCode::UNRELEASED_INSTANCE_ID => {
                LogError::Fenced { identity: self.settings.instance_id.clone().unwrap_or_default() }
            }
            ErrorCode::INVALID_SESSION_TIMEOUT => about_group(error, SESSION_TIMEOUTS, &self.settings.group_id),
            error => about_group(error, message, &self.settings.group_id),
        };
        self.fail(error);
    }

    fn fail(&mut self, error: LogError) {
        self.ready.push(LogEvent::Fatal(error));
        self.end_session();
        (self.watch, self.phase) = (None, Phase::Ended);
    }

    fn end_session(&mut self) {
        self.session = None;
        self.lease.end();
        self.background.iter().for_each(|background| background.set(None));
    }

    fn poll_phase(&mut self, now: MonotonicTime) {
        match &mut self.phase {
            Phase::WillJoin { at, reason } => {
                if now >= *at && self.changes.has_given_away() {
                    let reason = *reason;
                    self.join(reason);
                }
            }
            Phase::Joining { join, watch } => {
                if let Some(result) = join.poll() {
                    match result {
                        Ok(joined) => self.joined(joined, now),
                        Err(error) => self.not_joined(error, now),
                    }
                } else if let Some(watched) = watch.poll() {
                    *watch = Task::new(self.coordinator.clone().watch());
                    self.watched(watched, now);
                }
            }
            Phase::Outside | Phase::Member | Phase::Ended => {}
        }
    }

    fn watched(&mut self, watched: Watched, now: MonotonicTime) {
        match watched {
            Watched::Moved { from } => {
                self.cluster().close(from, Lane::Group);
                self.join_again("the coordinator has moved");
            }
            Watched::Responds { sent } => {
                self.heard();
                if let Some(session) = &mut self.session {
                    session.keep(sent);
                }
            }
            Watched::Silent(reason) => {
                self.not_heard(CoordinatorError::Silent(reason));
                self.lose_if_over(now);
            }
        }
    }

    fn join(&mut self, reason: &'static str) {
        let generation = self.session.as_ref().map(|session| session.generation);
        let subscription = Subscription {
            topics: self.topics.clone(),
            user_data: Some(cooperative_sticky::user_data(generation)),
            owned: self.changes.held().into_iter().collect(),
            generation,
            rack: None,
        };
        self.rejoins = None;
        let settings = Arc::clone(&self.settings);
        let user_data = settings.assignor.as_ref().map(|assignor| assignor.subscription());
        let joining = Joining { settings, member: self.member.clone(), subscription, user_data, reason };
        self.phase = Phase::Joining {
            join: Task::new(join::join(self.coordinator.clone(), joining)),
            watch: Task::new(self.coordinator.clone().watch()),
        };
    }

    fn joined(&mut self, joined: Joined, now: MonotonicTime) {
        self.heard();
        let Joined { member, generation, assigned, user_data, sent_at, counts, fault } = joined;
        let session = Session::new(&self.coordinator, &self.settings, member, generation, sent_at, &self.lease);
        let start = || Background::start(&self.coordinator, &self.settings, &self.lease);
        self.background.get_or_insert_with(start).set(Some(session.heartbeat()));
        self.session = Some(session);
        let watch = counts.zip(self.settings.metadata_age_max);
        self.watch = watch.map(|(counts, age)| PartitionWatch::new(counts, age, now));
        self.phase = Phase::Member;
        self.assignor_ended(fault, now);
        if self.settings.assignor.is_some() {
            self.changes.add_user_data(user_data);
        }
        if self.changes.assign(&assigned) {
            self.join_again("the member has given partitions away");
        } else if let Some(reason) = self.rejoins.take() {
            self.join_again(reason);
        }
    }

    /// Whether its assignor has failed, if it leads.
    fn assignor_ended(&mut self, fault: Option<String>, now: MonotonicTime) {
        let Some(fault) = fault else {
            self.assigns_again = None;
            return;
        };
        let [first, longest] = ASSIGNS_AGAIN_AFTER;
        self.assigns_again.get_or_insert_with(|| Backoff::new(first, longest)).fail(now);
        self.ready.push(LogEvent::AssignorFailed(fault));
    }

    fn not_joined(&mut self, error: NotJoined, now: MonotonicTime) {
        let reason = "the last attempt has failed";
        match error {
            NotJoined::NoCoordinator(error) => {
                self.not_heard(error);
                if !matches!(self.phase, Phase::Ended) {
                    self.join_at(now + RETRY_AFTER, reason);
                }
            }
            NotJoined::Refused { error } => {
                self.heard();
                self.refused(error, now);
            }
            NotJoined::Unreadable(reason) => {
                self.fail(LogError::Invalid { reason: format!("group `{}`: {reason}", self.settings.group_id) });
            }
            NotJoined::RefusedTopic(error) => self.fail(error),
        }
        if !matches!(self.phase, Phase::Ended) {
            self.lose_if_over(now);
        }
    }

    /// While it joins, no heartbeat notices that the session is over.
    fn lose_if_over(&mut self, now: MonotonicTime) {
        if self.session.as_ref().is_some_and(|session| session.is_over(now)) {
            self.lose("the session has timed out");
        }
    }

    fn refused(&mut self, error: ErrorCode, now: MonotonicTime) {
        match error {
            ErrorCode::UNKNOWN_MEMBER_ID => {
                self.member.take();
                self.lose("the group does not know the member");
            }
            ErrorCode::ILLEGAL_GENERATION => self.lose("the generation is over"),
            ErrorCode::REBALANCE_IN_PROGRESS => self.join_again("the group is rebalancing"),
            ErrorCode::INCONSISTENT_GROUP_PROTOCOL => {
                self.ready.push(LogEvent::Unavailable(OTHER_ASSIGNOR.to_owned()));
                self.join_at(now + OTHERS_LEAVE_AFTER, "members with another assignor may have left");
            }
            error if error.is_retriable() => self.join_at(now + RETRY_AFTER, "the last attempt has failed"),
            error => self.end(error, ""),
        }
    }

    fn heard(&mut self) {
        self.unavailable_since = None;
        if std::mem::take(&mut self.is_coordinator_silent) {
            self.ready.push(LogEvent::CoordinatorResponds);
        }
    }

    fn not_heard(&mut self, error: CoordinatorError) {
        match error {
            CoordinatorError::Unavailable(reason) => {
                let now = self.cluster().now();
                if now >= *self.unavailable_since.get_or_insert(now) + REPORTED_AFTER {
                    self.ready.push(LogEvent::Unavailable(reason));
                }
            }
            CoordinatorError::Silent(reason) => {
                self.is_coordinator_silent = true;
                self.ready.push(LogEvent::CoordinatorSilent(reason));
            }
            CoordinatorError::Refused(error, message) => self.end(error, &message),
            CoordinatorError::Final(error) => self.fail(error),
        }
    }
}

impl Member for GroupMember {
    fn lease(&self) -> &Lease {
        &self.lease
    }

    fn coordinator(&self) -> &Coordinator {
        &self.coordinator
    }

    fn subscribe(&mut self, topics: &[Topic]) {
        self.topics = topics.to_vec();
        if !matches!(self.phase, Phase::Ended) {
            self.join_again("the member subscribes to topics");
        }
    }

    fn rejoin(&mut self, reason: &'static str) {
        match self.phase {
            Phase::Member => self.join_again(reason),
            Phase::Joining { .. } => self.rejoins = Some(reason),
            // One that will join has the new user data then.
            Phase::WillJoin { .. } | Phase::Outside | Phase::Ended => {}
        }
    }

    // The leader of the group asks for them in the user data.
    fn report_offsets(&mut self, _: &[StreamsTaskOffset]) {}

    fn finish_rebalance(&mut self) {
        self.changes.finish();
    }

    fn commit(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64 {
        self.commits.add(offsets)
    }

    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        self.poll_session(now);
        self.poll_phase(now);
        let identity = self.session.as_ref().map(|session| (session.member.clone(), session.generation));
        self.commits.poll(&self.coordinator, &self.settings, identity, &mut self.ready);
        let has_other_counts =
            self.watch.as_mut().is_some_and(|watch| watch.poll(&self.coordinator, &self.topics, now));
        if has_other_counts && matches!(self.phase, Phase::Member) {
            self.join_again("topics have other numbers of partitions");
        }
        let is_assigned_again = self.assigns_again.as_ref().is_some_and(|backoff| backoff.is_over(now));
        if is_assigned_again && matches!(self.phase, Phase::Member) {
            self.join_again("the assignor has failed");
        }
        self.ready.extend(std::iter::from_fn(|| self.changes.report()));
        events.append(&mut self.ready);
    }

    fn has_committed(&self) -> bool {
        self.commits.is_empty()
    }

    fn end_membership(&mut self, mode: ExitMode) -> Option<Task<()>> {
        if let (Phase::Joining { .. }, Some(broker)) = (&self.phase, self.coordinator.joins_at()) {
            self.cluster().close(broker, Lane::Group);
        }
        self.phase = Phase::Ended;
        self.end_session();
        let member = self.member.take().filter(|_| mode == ExitMode::Leave)?;
        Some(Task::new(leave(self.coordinator.clone(), Arc::clone(&self.settings), member)))
    }
}
