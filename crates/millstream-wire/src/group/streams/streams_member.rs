//! A member of a streams group (KIP-1071): the broker assigns the tasks.

use std::sync::Arc;
use std::time::Duration;

use millstream_log::{
    CommittedOffset, Lease, LogError, LogEvent, StreamsEndpoint, StreamsGroup, StreamsTaskOffset, StreamsTasks,
};
use millstream_protocol::ErrorCode;
use millstream_protocol::messages::streams_group_heartbeat::StreamsGroupHeartbeatResponse;
use millstream_types::{MonotonicTime, Topic, TopicPartition};

use super::described::described;
use super::heartbeat::{LEAVES, LEAVES_FOR_NOW, NO_ENDPOINTS, StreamsHeartbeat};
use super::refusal::refusal;
use super::settings;
use super::status::Status;
use super::tasks::{self, Tasks};
use crate::client::{Cluster, Lane, Task, poll_slot};
use crate::group::background::{Background, BackgroundHeartbeat};
use crate::group::changes::Changes;
use crate::group::commits::Commits;
use crate::group::config::MemberSettings;
use crate::group::coordinator::{Coordinator, CoordinatorError, RETRY_AFTER};
use crate::group::member::{Generation, MemberId};
use crate::group::membership::{ExitMode, Member};
use crate::group::sent_at::{SentAt, lease_length};

/// A coordinator that is not available is reported after this: one moves in less, and a new cluster makes its first one.
const REPORTED_AFTER: Duration = Duration::from_secs(2);

/// How often a static member tries to join while the group has an earlier one with its instance id.
const INSTANCE_LEAVES_AFTER: Duration = Duration::from_secs(1);

/// A member of a streams group. Its caller polls it.
///
/// It tells the broker the topology when it joins, and gets its tasks with responses to its heartbeats. It reports what is revoked and
/// what is assigned, one after the other, and tells the broker what it has once its caller has carried out all of it.
pub(crate) struct StreamsMember {
    settings: Arc<MemberSettings>,
    group: Arc<StreamsGroup>,
    coordinator: Coordinator,
    pub(super) phase: Phase,
    id: MemberId,
    pub(super) epoch: i32,
    /// When the last heartbeat was sent that has an answer: the coordinator has counted the session from then on or later.
    heard_at: MonotonicTime,
    in_flight: Option<(SentAt, Task<Result<StreamsGroupHeartbeatResponse, CoordinatorError>>)>,
    /// When the next heartbeat is due.
    due: MonotonicTime,
    interval: Duration,
    background: Option<Background<StreamsHeartbeat>>,
    lease: Lease,
    changes: Changes,
    commits: Commits,
    /// The tasks that the broker has assigned last.
    target: Tasks,
    /// Whether the broker has to be told what the member has.
    tells_tasks: bool,
    /// Of which epoch the endpoints are that the member knows.
    endpoints: i32,
    /// Whether a response was lost, and an assignment perhaps with it.
    has_lost_response: bool,
    look: Option<Task<Result<Option<Tasks>, CoordinatorError>>>,
    offsets: Offsets,
    is_coordinator_silent: bool,
    unavailable_since: Option<MonotonicTime>,
    ready: Vec<LogEvent>,
}

/// How far the copies of tasks' state are, and when to tell the broker.
#[derive(Default)]
struct Offsets {
    latest: Vec<StreamsTaskOffset>,
    told: Vec<StreamsTaskOffset>,
    interval: Duration,
    due: MonotonicTime,
}

pub(super) enum Phase {
    /// It has not subscribed.
    Outside,
    /// It compares the settings of the group.
    Checking(Task<Result<(), LogError>>),
    /// It compares them at this time.
    WillCheck(MonotonicTime),
    /// It joins when a heartbeat is due, once its caller has carried out what takes partitions away.
    Joining,
    Member,
    /// It left, or cannot be a member any more.
    Ended,
}

impl StreamsMember {
    pub(crate) fn new(cluster: &Cluster, settings: MemberSettings, group: Arc<StreamsGroup>) -> Self {
        Self {
            coordinator: Coordinator::new(cluster, &settings.group_id),
            interval: settings.heartbeat_interval,
            settings: Arc::new(settings),
            group,
            phase: Phase::Outside,
            id: MemberId::random(),
            epoch: 0,
            heard_at: MonotonicTime::START,
            in_flight: None,
            due: MonotonicTime::START,
            background: None,
            lease: Lease::default(),
            changes: Changes::default(),
            commits: Commits::default(),
            target: Tasks::default(),
            tells_tasks: false,
            endpoints: NO_ENDPOINTS,
            has_lost_response: false,
            look: None,
            offsets: Offsets::default(),
            is_coordinator_silent: false,
            unavailable_since: None,
            ready: Vec::new(),
        }
    }

    fn cluster(&self) -> &Cluster {
        &self.coordinator.cluster
    }

    fn poll_phase(&mut self, now: MonotonicTime) {
        match &mut self.phase {
            Phase::WillCheck(at) if now >= *at => {
                let (cluster, group) = (self.cluster().clone(), Arc::clone(&self.group));
                let check = settings::check(cluster, self.settings.group_id.clone(), group);
                self.phase = Phase::Checking(Task::new(check));
            }
            Phase::Checking(check) => match check.poll() {
                Some(Ok(())) => (self.phase, self.due) = (Phase::Joining, now),
                Some(Err(error)) if error.is_retriable() => {
                    self.unavailable(error.to_string());
                    self.phase = Phase::WillCheck(now + RETRY_AFTER);
                }
                Some(Err(error)) => self.fail(error),
                None => {}
            },
            Phase::Outside | Phase::WillCheck(_) | Phase::Joining | Phase::Member | Phase::Ended => {}
        }
    }

    /// Handles the answers to heartbeats, and sends one if it is due.
    fn poll_heartbeat(&mut self, now: MonotonicTime) {
        if let Some((sent_at, task)) = &mut self.in_flight
            && let Some(outcome) = task.poll()
        {
            let sent_at = *sent_at;
            self.in_flight = None;
            match outcome {
                Ok(response) => self.answered(&response, sent_at.of_caller, Some(sent_at), now),
                Err(error) => self.not_heard(error, now),
            }
        }
        let Some(background) = &self.background else { return self.send_if_due(now) };
        let is_sending = background.is_sending();
        let (answers, has_lost_answer) = (background.poll(), background.take_lost_answer());
        if matches!(self.phase, Phase::Member) {
            self.has_lost_response |= has_lost_answer;
            self.tells_tasks |= has_lost_answer;
            for (ago, answer) in answers {
                self.answered(&answer, now - ago, None, now);
            }
        }
        // Two at a time could be answered in another order.
        if !is_sending {
            self.send_if_due(now);
        }
    }

    fn send_if_due(&mut self, now: MonotonicTime) {
        let tells = self.tells_tasks && self.changes.are_carried_out();
        let is_due = match self.phase {
            Phase::Joining => now >= self.due && self.changes.has_given_away(),
            Phase::Member => now >= self.due || tells,
            Phase::Outside | Phase::WillCheck(_) | Phase::Checking(_) | Phase::Ended => false,
        };
        if self.in_flight.is_some() || !is_due {
            return;
        }
        let heartbeat = match self.phase {
            Phase::Joining => StreamsHeartbeat::joining(&self.settings, &self.group, self.id.as_str()),
            _ if tells => self.heartbeat().with_tasks(&self.owned()),
            _ => self.heartbeat(),
        };
        if tells {
            self.tells_tasks = false;
        }
        let heartbeat = if matches!(self.phase, Phase::Member) { self.with_offsets(heartbeat, now) } else { heartbeat };
        self.due = now + self.interval;
        let sent = heartbeat.send(self.coordinator.clone(), Lane::Group);
        self.in_flight = Some((SentAt::new(now), Task::new(sent)));
    }

    /// A heartbeat that says nothing new.
    fn heartbeat(&self) -> StreamsHeartbeat {
        StreamsHeartbeat::new(&self.settings, self.id.as_str(), self.epoch, self.endpoints)
    }

    /// Adds how far the copies are, if that has changed and it is time to tell it.
    fn with_offsets(&mut self, heartbeat: StreamsHeartbeat, now: MonotonicTime) -> StreamsHeartbeat {
        let Offsets { latest, told, interval, due } = &mut self.offsets;
        if interval.is_zero() || now < *due || latest == told {
            return heartbeat;
        }
        *due = now + *interval;
        told.clone_from(latest);
        heartbeat.with_offsets(latest)
    }

    /// The tasks that the member has.
    fn owned(&self) -> Tasks {
        let active = self.changes.held().iter().filter_map(|partition| self.group.task_of(partition)).collect();
        Tasks { active, ..self.target.clone() }
    }

    /// Handles an answer to a heartbeat that was sent then; `extends` if the lease was not extended yet.
    fn answered(
        &mut self,
        response: &StreamsGroupHeartbeatResponse,
        sent: MonotonicTime,
        extends: Option<SentAt>,
        now: MonotonicTime,
    ) {
        self.heard();
        match ErrorCode(response.error_code) {
            ErrorCode::NONE => {
                self.heard_at = self.heard_at.max(sent);
                if let Some(sent_at) = extends {
                    self.lease.extend(sent_at.of_system + lease_length(&self.settings));
                }
                self.accepted(response, now);
            }
            ErrorCode::FENCED_MEMBER_EPOCH | ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::GROUP_ID_NOT_FOUND => {
                self.lose(now);
            }
            ErrorCode::UNRELEASED_INSTANCE_ID => {
                let instance = self.settings.instance_id.clone().unwrap_or_default();
                self.ready.push(LogEvent::Unavailable(format!(
                    "group `{}`: an earlier member with the instance id `{instance}` has not left; it is waited for until its \
                     session is over",
                    self.settings.group_id
                )));
                self.due = now + INSTANCE_LEAVES_AFTER;
            }
            ErrorCode::TOPIC_AUTHORIZATION_FAILED => {
                let message = response.error_message.clone().unwrap_or_default();
                self.unavailable(format!("group `{}`: {message}; allow it at the brokers", self.settings.group_id));
                self.tell_again();
            }
            error if error.is_retriable() => {
                self.tell_again();
                self.due = now + RETRY_AFTER;
            }
            error => self.fail(refusal(&self.settings, error, response.error_message.as_deref().unwrap_or_default())),
        }
    }

    fn accepted(&mut self, response: &StreamsGroupHeartbeatResponse, now: MonotonicTime) {
        if let Ok(millis @ 1..) = u64::try_from(response.heartbeat_interval_ms) {
            self.interval = Duration::from_millis(millis);
            self.due = self.due.min(now + self.interval);
        }
        let millis = u64::try_from(response.task_offset_interval_ms).unwrap_or(0);
        self.offsets.interval = Duration::from_millis(millis);
        self.epoch = response.member_epoch;
        if matches!(self.phase, Phase::Joining) {
            self.phase = Phase::Member;
            self.offsets.told.clear();
            self.start_background();
        }
        self.background.iter().for_each(|background| background.set(Some(self.heartbeat())));
        for status in response.status.iter().flatten() {
            match Status::of(&self.settings.group_id, status) {
                Status::Fine => {}
                Status::Waits(reason) => self.ready.push(LogEvent::Unavailable(reason)),
                Status::Ends(reason) => return self.fail(LogError::Invalid { reason }),
            }
        }
        self.endpoints = response.endpoint_information_epoch;
        let endpoints = response.partitions_by_user_endpoint.as_deref().map(tasks::endpoints);
        match tasks::assigned(response) {
            Ok(Some(target)) => self.assign(target, endpoints),
            Ok(None) => {
                if endpoints.is_some() {
                    self.tell_caller(endpoints);
                }
                if std::mem::take(&mut self.has_lost_response) {
                    self.look_up();
                }
            }
            Err(reason) => self.fail_unreadable(&reason),
        }
    }

    fn start_background(&mut self) {
        let settings = MemberSettings { heartbeat_interval: self.interval, ..(*self.settings).clone() };
        let start = || Background::start(&self.coordinator, &Arc::new(settings), &self.lease);
        self.background.get_or_insert_with(start);
    }

    /// Takes an assignment: what it lacks is revoked, and the rest is assigned.
    fn assign(&mut self, target: Tasks, endpoints: Option<Vec<StreamsEndpoint>>) {
        (self.look, self.has_lost_response) = (None, false);
        let partitions = target.active.iter().map(|task| self.group.partition_of(*task).ok_or(*task));
        match partitions.collect() {
            Ok(partitions) => {
                (self.target, self.tells_tasks) = (target, true);
                self.tell_caller(endpoints);
                self.changes.assign(&partitions);
            }
            Err(task) => {
                self.fail_unreadable(&format!("{task} is assigned, of a sub-topology that this member does not have"));
            }
        }
    }

    fn tell_caller(&mut self, endpoints: Option<Vec<StreamsEndpoint>>) {
        let Tasks { active, standby, warm_up } = self.target.clone();
        self.changes.add_tasks(StreamsTasks { active, standby, warm_up, endpoints });
    }

    /// After a lost response: what the broker has not heard has to be told again.
    fn tell_again(&mut self) {
        self.tells_tasks |= matches!(self.phase, Phase::Member);
    }

    /// Looks up the assignment, since the broker does not send it a second time.
    fn look_up(&mut self) {
        self.look = Some(Task::new(described(self.coordinator.clone(), self.id.as_str().to_owned())));
    }

    fn poll_look(&mut self) {
        match poll_slot(&mut self.look) {
            Some(Ok(Some(target))) if target != self.target => self.assign(target, None),
            // A member that the group does not have is told so with the next heartbeat.
            Some(Ok(_)) | None => {}
            Some(Err(_)) => self.has_lost_response = true,
        }
    }

    /// Others may own all tasks by now. It joins again once its caller knows.
    fn lose(&mut self, now: MonotonicTime) {
        self.end_session();
        self.changes.lose();
        self.commits.fail_waiting(&mut self.ready);
        (self.phase, self.due) = (Phase::Joining, now);
    }

    fn end_session(&mut self) {
        (self.epoch, self.in_flight, self.look) = (0, None, None);
        (self.target, self.tells_tasks, self.has_lost_response) = (Tasks::default(), false, false);
        self.endpoints = NO_ENDPOINTS;
        self.lease.end();
        self.background.iter().for_each(|background| background.set(None));
    }

    fn lose_if_over(&mut self, now: MonotonicTime) {
        if matches!(self.phase, Phase::Member) && now >= self.heard_at + self.settings.session_timeout {
            self.lose(now);
        }
    }

    fn fail(&mut self, error: LogError) {
        self.ready.push(LogEvent::Fatal(error));
        self.end_session();
        self.phase = Phase::Ended;
    }

    fn fail_unreadable(&mut self, reason: &str) {
        let reason = format!("group `{}`: what the broker assigns cannot be read: {reason}", self.settings.group_id);
        self.fail(LogError::Invalid { reason });
    }

    fn heard(&mut self) {
        self.unavailable_since = None;
        if std::mem::take(&mut self.is_coordinator_silent) {
            self.ready.push(LogEvent::CoordinatorResponds);
        }
    }

    fn not_heard(&mut self, error: CoordinatorError, now: MonotonicTime) {
        self.due = now + RETRY_AFTER;
        self.has_lost_response |= matches!(self.phase, Phase::Member);
        self.tell_again();
        match error {
            CoordinatorError::Unavailable(reason) => self.unavailable(reason),
            CoordinatorError::Silent(reason) => {
                self.is_coordinator_silent = true;
                self.ready.push(LogEvent::CoordinatorSilent(reason));
            }
            CoordinatorError::Refused(error, message) => self.fail(refusal(&self.settings, error, &message)),
            CoordinatorError::Final(LogError::Invalid { reason }) => {
                self.fail(refusal(&self.settings, ErrorCode::UNSUPPORTED_VERSION, &reason));
            }
            CoordinatorError::Final(error) => self.fail(error),
        }
    }

    fn unavailable(&mut self, reason: String) {
        let now = self.cluster().now();
        if now >= *self.unavailable_since.get_or_insert(now) + REPORTED_AFTER {
            self.ready.push(LogEvent::Unavailable(reason));
        }
    }
}

impl Member for StreamsMember {
    fn lease(&self) -> &Lease {
        &self.lease
    }

    fn coordinator(&self) -> &Coordinator {
        &self.coordinator
    }

    // The broker knows the topics from the topology.
    fn subscribe(&mut self, _: &[Topic]) {
        if matches!(self.phase, Phase::Outside) {
            self.phase = Phase::WillCheck(self.cluster().now());
        }
    }

    // The broker hears what there is to say with heartbeats.
    fn rejoin(&mut self, _: &'static str) {}

    fn report_offsets(&mut self, offsets: &[StreamsTaskOffset]) {
        self.offsets.latest = offsets.to_vec();
    }

    fn finish_rebalance(&mut self) {
        self.changes.finish();
    }

    fn commit(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64 {
        self.commits.add(offsets)
    }

    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        self.poll_phase(now);
        self.poll_heartbeat(now);
        self.poll_look();
        self.lose_if_over(now);
        let generation = Generation::new(self.epoch).filter(|_| matches!(self.phase, Phase::Member));
        let identity = generation.map(|generation| (self.id.clone(), generation));
        self.commits.poll(&self.coordinator, &self.settings, identity, &mut self.ready);
        self.ready.extend(std::iter::from_fn(|| self.changes.report()));
        events.append(&mut self.ready);
    }

    fn has_committed(&self) -> bool {
        self.commits.is_empty()
    }

    fn end_membership(&mut self, mode: ExitMode) -> Option<Task<()>> {
        // One whose first response has not come may be a member by now.
        let may_be_member = matches!(self.phase, Phase::Joining | Phase::Member);
        self.end_session();
        self.phase = Phase::Ended;
        if !may_be_member {
            return None;
        }
        let epoch = if mode == ExitMode::KeepMembership { LEAVES_FOR_NOW } else { LEAVES };
        let leaving = StreamsHeartbeat::new(&self.settings, self.id.as_str(), epoch, NO_ENDPOINTS);
        let leaving = leaving.send(self.coordinator.clone(), Lane::General);
        // If it fails, the group removes the member when its session has timed out.
        Some(Task::new(async move { drop(leaving.await) }))
    }
}
