//! Handles the events of the log: assignments, rebalances, the membership, and outages.

use std::time::Duration;

use millstream_log::{LogError, LogEvent};
use millstream_observe::Outage;
use millstream_observe::events::{EventKind, EventSink, Failure, FailureKind};
use millstream_task::{CommitOutcome, Task};
use millstream_types::{Now, TopicPartition};

use super::group_tasks::GroupTasks;
use super::membership_check::{Checked, MembershipCheck};
use super::offsets::FetchFailure;
use super::owned_tasks::OwnedTasks;
use super::rebalance::{RebalanceStep, Rebalances};

/// A thread's state in its group.
pub(super) struct GroupEvents {
    events: EventSink,
    session_timeout: Duration,
    rebalances: Rebalances,
    pub(super) membership: MembershipCheck,
    pub(super) outage: Outage,
    /// What the leader of the group tells besides active tasks.
    pub(super) tasks: GroupTasks,
    /// Whether the broker that coordinates the group does not respond, while others may.
    is_coordinator_silent: bool,
    /// Whether there has been an assignment.
    has_joined: bool,
}

impl GroupEvents {
    pub(super) fn new(
        events: EventSink,
        session_timeout: Duration,
        membership: MembershipCheck,
        tasks: GroupTasks,
    ) -> Self {
        let (rebalances, outage) = (Rebalances::default(), Outage::default());
        Self {
            events,
            session_timeout,
            rebalances,
            membership,
            outage,
            tasks,
            is_coordinator_silent: false,
            has_joined: false,
        }
    }

    pub(super) fn has_joined(&self) -> bool {
        self.has_joined
    }

    pub(super) fn is_rebalancing(&self) -> bool {
        !self.rebalances.is_empty()
    }

    /// Handles one event of the log.
    pub(super) fn handle(&mut self, event: LogEvent, owned: &mut OwnedTasks, now: Now) -> Result<(), Failure> {
        match event {
            LogEvent::Chunk(chunk) => {
                owned.tasks.add_chunk(chunk);
                self.end_outage(owned, now);
            }
            LogEvent::Assigned(partitions) => self.assigned(partitions, owned, now)?,
            LogEvent::Revoked(partitions) => self.revoked(partitions, owned, now),
            LogEvent::Lost(partitions) => self.lost(partitions, owned),
            LogEvent::Committed(committed) => {
                owned.note_committed(&committed);
                let starts = owned.offsets.begin(committed, &mut owned.tasks, &mut owned.commits, now.wall);
                owned.consumer.assign(&starts);
            }
            LogEvent::CommitDone { token, result } => self.commit_done(token, result, owned, now)?,
            LogEvent::FetchFailed { partition, error } => self.fetch_failed(partition, &error, owned, now)?,
            LogEvent::SessionTimeout(timeout) => {
                self.membership.limit_session_timeout(timeout);
                owned.participants.outbox.set_session_timeout(timeout);
            }
            LogEvent::CoordinatorSilent(reason) => {
                self.is_coordinator_silent = true;
                self.outage.report(&reason, now.monotonic, &self.events);
            }
            LogEvent::CoordinatorResponds => {
                self.is_coordinator_silent = false;
                self.end_outage(owned, now);
            }
            LogEvent::Stalled(partition) => owned.tasks.mark_stalled(&partition),
            LogEvent::Unavailable(reason) => self.outage.report(&reason, now.monotonic, &self.events),
            LogEvent::Fatal(error) => {
                self.events.emit(EventKind::LogFailed { reason: error.to_string() });
                return Err(Failure::from_error(FailureKind::Log, error));
            }
            LogEvent::AssignorFailed(reason) => self.outage.report(&reason, now.monotonic, &self.events),
            LogEvent::AssignmentData { user_data } => self.tasks.told(user_data.as_deref(), owned, now),
            LogEvent::StreamsTasks(tasks) => self.tasks.told_by_broker(tasks, owned, now),
            // Events of producers and administrators.
            LogEvent::Acknowledged { .. } | LogEvent::ProduceFailed { .. } | LogEvent::AdminDone { .. } => {}
        }
        Ok(())
    }

    /// Ends an outage, since a broker has responded, unless another one still does not.
    fn end_outage(&mut self, owned: &OwnedTasks, now: Now) {
        if !self.is_coordinator_silent && !owned.tasks.iter().any(Task::has_stalled) {
            self.outage.end(now.monotonic, &self.events);
        }
    }

    /// The group assigns partitions: their tasks are opened, and reading starts once the offsets are known.
    fn assigned(&mut self, assigned: Vec<TopicPartition>, owned: &mut OwnedTasks, now: Now) -> Result<(), Failure> {
        self.has_joined = true;
        let tasks = owned.ids_of(&assigned);
        self.events.emit(EventKind::Rebalanced { assigned, revoked: Vec::new(), lost: Vec::new() });
        owned.assign(tasks, now)?;
        self.rebalances.add_ready();
        Ok(())
    }

    /// The group revokes partitions and waits: their tasks are suspended, committed and closed.
    fn revoked(&mut self, revoked: Vec<TopicPartition>, owned: &mut OwnedTasks, now: Now) {
        let tasks = owned.ids_of(&revoked);
        self.events.emit(EventKind::Rebalanced { assigned: Vec::new(), revoked, lost: Vec::new() });
        owned.opening.forget(&tasks);
        for id in &tasks {
            if let Some(task) = owned.tasks.get_mut(*id) {
                task.suspend();
            }
        }
        self.rebalances.add_revoked(tasks, now.monotonic + self.session_timeout);
    }

    /// The partitions have other owners already: their tasks are closed without a commit.
    fn lost(&mut self, lost: Vec<TopicPartition>, owned: &mut OwnedTasks) {
        let tasks = owned.ids_of(&lost);
        self.events.emit(EventKind::Rebalanced { assigned: Vec::new(), revoked: Vec::new(), lost });
        owned.opening.forget(&tasks);
        self.rebalances.add_ready();
        owned.close_lost(tasks);
    }

    /// Advances the oldest rebalances, and completes those whose tasks are closed. Returns whether anything happened.
    pub(super) fn step_rebalance(&mut self, owned: &mut OwnedTasks, now: Now) -> bool {
        let mut has_moved = false;
        loop {
            match self.rebalances.next(&owned.tasks, &owned.commits, now.monotonic) {
                RebalanceStep::Nothing | RebalanceStep::Wait => return has_moved,
                RebalanceStep::Commit(uncommitted) => owned.commits.begin(&owned.tasks, &uncommitted, now),
                RebalanceStep::Finish(tasks) => {
                    owned.close_revoked(tasks);
                    owned.consumer.finish_rebalance();
                }
            }
            has_moved = true;
        }
    }

    fn fetch_failed(
        &mut self,
        partition: TopicPartition,
        error: &LogError,
        owned: &mut OwnedTasks,
        now: Now,
    ) -> Result<(), Failure> {
        if owned.tasks.reader_of(&partition).is_none() || owned.note_unreadable(&partition, error) {
            return Ok(());
        }
        match owned.offsets.fetch_failed(&partition, error, now.wall) {
            FetchFailure::OutOfRange { resume_at, event } => {
                self.events.emit(event);
                owned.consumer.assign(&[(partition, resume_at)]);
            }
            FetchFailure::Undecodable { first, last } => return owned.skip_or_fail(partition, first, last, error),
            FetchFailure::Retriable => self.outage.report(&error.to_string(), now.monotonic, &self.events),
            FetchFailure::Final(failure) => return Err(failure),
        }
        Ok(())
    }

    /// Handles the end of a commit.
    pub(super) fn commit_ended(
        &mut self,
        outcome: &CommitOutcome,
        owned: &mut OwnedTasks,
        now: Now,
    ) -> Result<(), Failure> {
        self.rebalances.commit_ended(outcome);
        let CommitOutcome::Failed(error) = outcome else {
            // The coordinator has responded.
            self.is_coordinator_silent = false;
            self.outage.end(now.monotonic, &self.events);
            return Ok(());
        };
        let retried = outcome.is_refused() || error.is_retriable() || owned.note_gone(error);
        self.events.emit(EventKind::CommitFailed { reason: error.to_string(), retried });
        if *error == LogError::NotAMember {
            // The event of the loss may come much later, with the response to a heartbeat.
            self.membership.lost(now.monotonic);
            owned.participants.outbox.hold();
            owned.drop_work();
            return Ok(());
        }
        if retried { Ok(()) } else { Err(not_committed(error.clone())) }
    }

    fn commit_done(
        &mut self,
        token: u64,
        result: Result<(), LogError>,
        owned: &mut OwnedTasks,
        now: Now,
    ) -> Result<(), Failure> {
        let gone = match &result {
            Err(error) if owned.note_gone(error) => Some(Err(LogError::Unavailable { reason: error.to_string() })),
            Ok(()) | Err(_) => None,
        };
        let checked = self.membership.take_response(token, gone.as_ref().unwrap_or(&result), now.monotonic);
        if let (Checked::Refused | Checked::Again, Err(error)) = (&checked, &result) {
            self.events.emit(EventKind::CommitFailed { reason: error.to_string(), retried: true });
        }
        match checked {
            Checked::OtherCommit => drop(owned.commits.take_response(token, result)),
            Checked::Confirmed => owned.participants.outbox.release(),
            Checked::Refused => owned.drop_work(),
            Checked::Again => {}
            Checked::Failed(error) => return Err(not_committed(error)),
        }
        Ok(())
    }

    /// Checks with the group that this thread is still a member, after a pause.
    pub(super) fn check_membership(&mut self, owned: &mut OwnedTasks, now: Now) {
        if owned.is_empty() {
            self.membership.confirm_without_work();
            owned.participants.outbox.release();
        } else if self.membership.is_due(now.monotonic) && !owned.commits.is_sent() {
            let unchanged = owned.commits.unchanged_offsets(&owned.tasks);
            if !unchanged.is_empty() {
                self.membership.sent(owned.consumer.commit(&unchanged));
            }
        }
    }
}

fn not_committed(error: LogError) -> Failure {
    Failure::new(FailureKind::Log, format!("offsets cannot be committed: {error}")).caused_by(error)
}
