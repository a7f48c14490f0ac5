//! Checks whether a thread is still a member of its group after a pause.
//!
//! A thread that was stopped for longer than its session time-out (by SIGSTOP, or because the machine was suspended)
//! continues afterwards, although its partitions have other owners by now. Its records would follow those of the new owners
//! in the changelogs, because the group reports the loss only a moment later.
//!
//! A member with a lease knows when it may act: nothing is processed or sent while its lease does not hold. If a heartbeat
//! confirms the membership later, the thread continues where it was.
//!
//! Where members have no lease, nothing is processed or sent after a pause of more than half the session time-out until the
//! group has accepted a commit of unchanged offsets. A group accepts commits from its members only, and a member that was removed does not rejoin
//! before it has handled the loss.
//!
//! The same check follows any commit that the group refuses because the thread is not a member.

use std::time::Duration;

use millstream_log::{Lease, LogError};
use millstream_types::MonotonicTime;

/// The backoff after a commit whose error does not depend on the membership.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Detects pauses, and checks the membership after one.
#[derive(Debug)]
pub(super) struct MembershipCheck {
    /// The session time-out of the application's settings.
    session_timeout: Duration,
    pause_max: Duration,
    lease: Option<Lease>,
    /// When the clock was read last.
    last: MonotonicTime,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The thread is a member, as far as is known.
    Confirmed,
    /// The membership may be lost. A commit has to be sent, at this time at the earliest.
    InDoubt(MonotonicTime, Work),
    /// The commit with this token is in flight.
    Checking(u64, Work),
}

/// What has happened to the work from before the pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// It is held back.
    Held,
    /// It is dropped.
    Dropped,
}

/// The meaning of a response of the group.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Checked {
    /// It is the response to another commit.
    OtherCommit,
    /// The thread is still a member: it continues, and records that were held back are sent.
    Confirmed,
    /// The thread is not a member: everything since the last commit has to be dropped. The check is repeated.
    Refused,
    /// The response is not conclusive. The check is repeated.
    Again,
    /// The error is final.
    Failed(LogError),
}

impl MembershipCheck {
    /// A check for a member with this session time-out.
    pub(super) fn new(session_timeout: Duration, now: MonotonicTime) -> Self {
        Self { session_timeout, pause_max: session_timeout / 2, lease: None, last: now, state: State::Confirmed }
    }

    /// The same for a member with this lease, if it has one.
    pub(super) fn with_lease(self, lease: Option<Lease>) -> Self {
        Self { lease, ..self }
    }

    /// The group applies this session time-out. The shorter one counts, the group's or that of the settings.
    pub(super) fn limit_session_timeout(&mut self, of_group: Duration) {
        self.pause_max = self.session_timeout.min(of_group) / 2;
    }

    /// Records the time. Must be called after each reading of the clock, before anything else is done.
    pub(super) fn observe(&mut self, now: MonotonicTime) {
        let was_paused = now - self.last > self.pause_max;
        self.last = now;
        match &self.lease {
            Some(lease) => match self.state {
                State::Confirmed if !lease.holds() => self.state = State::InDoubt(now, Work::Held),
                State::InDoubt(_, Work::Held) if lease.holds() => self.state = State::Confirmed,
                State::Confirmed | State::InDoubt(..) | State::Checking(..) => {}
            },
            // A response in flight may be from before the pause.
            None if was_paused => self.state = State::InDoubt(now, self.work()),
            None => {}
        }
    }

    /// Whether nothing may be processed or sent.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.state != State::Confirmed
    }

    /// Whether the commit has to be sent now. With a lease, a heartbeat confirms work that is held back.
    pub(super) fn is_due(&self, now: MonotonicTime) -> bool {
        matches!(self.state, State::InDoubt(due, work) if now >= due && (self.lease.is_none() || work == Work::Dropped))
    }

    /// Records that the commit was sent. Its response will have this token.
    pub(super) fn sent(&mut self, token: u64) {
        self.state = State::Checking(token, self.work());
    }

    /// Confirms the membership without a commit, because there is no work that its loss would affect.
    pub(super) fn confirm_without_work(&mut self) {
        self.state = State::Confirmed;
    }

    /// Records that the group has refused a commit because the thread is not a member. Its work has to be dropped.
    pub(super) fn lost(&mut self, now: MonotonicTime) {
        self.state = State::InDoubt(now + RETRY_AFTER, Work::Dropped);
    }

    /// Handles the response to a commit.
    pub(super) fn take_response(&mut self, token: u64, result: &Result<(), LogError>, now: MonotonicTime) -> Checked {
        let work = match self.state {
            State::Checking(awaited, work) if awaited == token => work,
            State::Checking(..) | State::InDoubt(..) | State::Confirmed => return Checked::OtherCommit,
        };
        let retry_at = now + RETRY_AFTER;
        match result {
            Ok(()) => {
                self.state = State::Confirmed;
                Checked::Confirmed
            }
            Err(LogError::NotAMember) => {
                self.state = State::InDoubt(retry_at, Work::Dropped);
                if work == Work::Held { Checked::Refused } else { Checked::Again }
            }
            Err(error) if *error == LogError::RebalanceInProgress || error.is_retriable() => {
                self.state = State::InDoubt(retry_at, work);
                Checked::Again
            }
            Err(error) => Checked::Failed(error.clone()),
        }
    }

    fn work(&self) -> Work {
        match self.state {
            State::Confirmed => Work::Held,
            State::InDoubt(_, work) | State::Checking(_, work) => work,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: Duration = Duration::from_secs(10);

    fn at(seconds: u64) -> MonotonicTime {
        MonotonicTime::START + Duration::from_secs(seconds)
    }

    /// A check after a pause that ended at second 100.
    fn paused() -> MembershipCheck {
        let mut check = MembershipCheck::new(SESSION, at(0));
        check.observe(at(100));
        check
    }

    #[test]
    fn only_a_pause_longer_than_half_the_session_is_in_doubt() {
        let mut check = MembershipCheck::new(SESSION, at(0));
        for second in [1, 6, 11, 11] {
            check.observe(at(second));
            assert!(!check.is_in_doubt(), "at {second} s");
        }
        check.observe(at(17));
        assert!(check.is_in_doubt() && check.is_due(at(17)));
        check.observe(at(18));
        assert!(check.is_in_doubt(), "until the group responds");
    }

    /// Under KIP-848 the broker decides on the session. With 45 s in the settings and 2 s at the broker, a pause of 20 s
    /// went unnoticed, and the member wrote into the changelogs of the new owners.
    #[test]
    fn the_shorter_session_of_settings_and_group_counts() {
        let mut check = MembershipCheck::new(SESSION, at(0));
        check.limit_session_timeout(Duration::from_secs(2));
        check.observe(at(1));
        assert!(!check.is_in_doubt());
        check.observe(at(3));
        assert!(check.is_in_doubt());

        let mut check = MembershipCheck::new(SESSION, at(0));
        check.limit_session_timeout(Duration::from_secs(45));
        check.observe(at(6));
        assert!(check.is_in_doubt(), "a longer session of the group changes nothing");
    }

    /// A pause that is shorter than the rest of the lease changes nothing, however long it is; a lease that is over does, without
    /// any pause.
    #[test]
    fn with_a_lease_the_lease_decides() {
        let lease = Lease::default();
        let mut check = MembershipCheck::new(SESSION, at(0)).with_lease(Some(lease.clone()));
        check.observe(at(0));
        assert!(check.is_in_doubt() && !check.is_due(at(0)), "without a commit");
        lease.extend(MonotonicTime::START + Duration::MAX);
        check.observe(at(100));
        assert!(!check.is_in_doubt());
        lease.end();
        check.observe(at(100));
        assert!(check.is_in_doubt());
        lease.extend(MonotonicTime::START + Duration::MAX);
        check.observe(at(101));
        assert!(!check.is_in_doubt(), "a heartbeat has confirmed it");
        check.lost(at(101));
        check.observe(at(200));
        assert!(check.is_in_doubt() && check.is_due(at(200)), "work that was dropped needs more than that");
    }

    #[test]
    fn only_the_response_to_a_commit_since_the_pause_confirms_it() {
        let mut check = paused();
        assert_eq!(check.take_response(6, &Ok(()), at(100)), Checked::OtherCommit);
        check.sent(7);
        assert!(check.is_in_doubt() && !check.is_due(at(101)));
        assert_eq!(check.take_response(6, &Ok(()), at(101)), Checked::OtherCommit);
        assert_eq!(check.take_response(7, &Ok(()), at(101)), Checked::Confirmed);
        assert!(!check.is_in_doubt());
    }

    #[test]
    fn a_second_pause_is_checked_again() {
        let mut check = paused();
        check.sent(7);
        check.observe(at(200));
        assert_eq!(check.take_response(7, &Ok(()), at(200)), Checked::OtherCommit);
        assert!(check.is_in_doubt() && check.is_due(at(200)));
    }

    #[test]
    fn a_member_that_was_lost_drops_its_work_once() {
        let mut check = paused();
        check.sent(7);
        assert_eq!(check.take_response(7, &Err(LogError::NotAMember), at(100)), Checked::Refused);
        assert!(check.is_in_doubt() && !check.is_due(at(100)) && check.is_due(at(101)));
        check.sent(8);
        assert_eq!(check.take_response(8, &Err(LogError::NotAMember), at(101)), Checked::Again);
        check.sent(9);
        assert_eq!(check.take_response(9, &Ok(()), at(102)), Checked::Confirmed);
        check.observe(at(300));
        check.sent(10);
        assert_eq!(check.take_response(10, &Err(LogError::NotAMember), at(300)), Checked::Refused);
    }

    #[test]
    fn an_error_that_does_not_depend_on_the_membership_is_retried() {
        for error in [LogError::RebalanceInProgress, LogError::Unavailable { reason: "a test".to_owned() }] {
            let mut check = paused();
            check.sent(7);
            assert_eq!(check.take_response(7, &Err(error), at(100)), Checked::Again);
            assert!(check.is_in_doubt() && check.is_due(at(101)));
        }
        let mut check = paused();
        check.sent(7);
        let fenced = LogError::Fenced { identity: "app-1".to_owned() };
        assert_eq!(check.take_response(7, &Err(fenced.clone()), at(100)), Checked::Failed(fenced));
    }
}
