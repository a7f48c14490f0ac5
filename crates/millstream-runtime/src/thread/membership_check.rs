//! Whether a thread that has slept is still a member of its group.
//!
//! A thread that was stopped for longer than its session (by SIGSTOP, by a machine that was suspended) does not notice:
//! it wakes up and goes on, while its partitions have gone to others. What it wrote then would stand in the changelogs
//! behind what the new owners have written. The group reports the loss a moment later, which is too late.
//!
//! So after a pause of half the session nothing is processed and nothing is sent until the group has accepted a commit of
//! offsets that changes nothing. A group accepts one from its members alone, and a member that was lost does not join anew
//! before it has heard so.

use std::time::Duration;

use millstream_log::LogError;
use millstream_types::MonotonicTime;

/// The wait after a commit that failed without saying anything of the membership.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Notices pauses, and what the group makes of them.
#[derive(Debug)]
pub(super) struct MembershipCheck {
    pause_max: Duration,
    /// When the clock was looked at last.
    last: MonotonicTime,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The thread is a member, as far as a member can know.
    Confirmed,
    /// It may have been lost. A commit is to be sent from this time on.
    InDoubt(MonotonicTime, Work),
    /// The commit with this token will tell.
    Checking(u64, Work),
}

/// What has become of the work from before the pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// It is held back.
    Held,
    /// It is dropped.
    Dropped,
}

/// What the group's response means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Checked {
    /// It is the response to another commit.
    NotAsked,
    /// The thread is still a member: it goes on, and what was held back is sent.
    Confirmed,
    /// It is no member: everything since the last commit is to be dropped. It is checked again.
    Refused,
    /// Nothing yet; it is checked again.
    Again,
    /// The log refuses for good.
    Failed(LogError),
}

impl MembershipCheck {
    /// A check for members with this session time-out.
    pub(super) fn new(session_timeout: Duration, now: MonotonicTime) -> Self {
        Self { pause_max: session_timeout / 2, last: now, state: State::Confirmed }
    }

    /// Takes note of the time. To be called whenever the clock is looked at, before anything is done.
    pub(super) fn observe(&mut self, now: MonotonicTime) {
        let has_slept = now - self.last > self.pause_max;
        self.last = now;
        if has_slept {
            // A response on its way may be from before the pause.
            self.state = State::InDoubt(now, self.work());
        }
    }

    /// Whether nothing may be processed or sent.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.state != State::Confirmed
    }

    /// Whether a commit is to be sent now to find out.
    pub(super) fn is_due(&self, now: MonotonicTime) -> bool {
        matches!(self.state, State::InDoubt(due, _) if now >= due)
    }

    /// The commit is sent; its response will have this token.
    pub(super) fn sent(&mut self, token: u64) {
        self.state = State::Checking(token, self.work());
    }

    /// There is no work that a loss of the membership could harm.
    pub(super) fn nothing_to_lose(&mut self) {
        self.state = State::Confirmed;
    }

    /// Takes the response to a commit.
    pub(super) fn answered(&mut self, token: u64, result: &Result<(), LogError>, now: MonotonicTime) -> Checked {
        let work = match self.state {
            State::Checking(awaited, work) if awaited == token => work,
            State::Checking(..) | State::InDoubt(..) | State::Confirmed => return Checked::NotAsked,
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

    /// One that has slept until second 100.
    fn slept() -> MembershipCheck {
        let mut check = MembershipCheck::new(SESSION, at(0));
        check.observe(at(100));
        check
    }

    #[test]
    fn a_pause_of_half_the_session_is_none_and_a_longer_one_is() {
        let mut check = MembershipCheck::new(SESSION, at(0));
        for second in [1, 6, 11, 11] {
            check.observe(at(second));
            assert!(!check.is_in_doubt(), "at {second} s");
        }
        check.observe(at(17));
        assert!(check.is_in_doubt() && check.is_due(at(17)));
        check.observe(at(18));
        assert!(check.is_in_doubt(), "until the group says otherwise");
    }

    #[test]
    fn only_the_response_to_a_commit_since_the_pause_confirms_it() {
        let mut check = slept();
        assert_eq!(check.answered(6, &Ok(()), at(100)), Checked::NotAsked);
        check.sent(7);
        assert!(check.is_in_doubt() && !check.is_due(at(101)));
        assert_eq!(check.answered(6, &Ok(()), at(101)), Checked::NotAsked);
        assert_eq!(check.answered(7, &Ok(()), at(101)), Checked::Confirmed);
        assert!(!check.is_in_doubt());
    }

    #[test]
    fn a_second_pause_asks_again() {
        let mut check = slept();
        check.sent(7);
        check.observe(at(200));
        assert_eq!(check.answered(7, &Ok(()), at(200)), Checked::NotAsked);
        assert!(check.is_in_doubt() && check.is_due(at(200)));
    }

    #[test]
    fn a_member_that_was_lost_drops_its_work_once() {
        let mut check = slept();
        check.sent(7);
        assert_eq!(check.answered(7, &Err(LogError::NotAMember), at(100)), Checked::Refused);
        assert!(check.is_in_doubt() && !check.is_due(at(100)) && check.is_due(at(101)));
        check.sent(8);
        assert_eq!(check.answered(8, &Err(LogError::NotAMember), at(101)), Checked::Again);
        check.sent(9);
        assert_eq!(check.answered(9, &Ok(()), at(102)), Checked::Confirmed);
        check.observe(at(300));
        check.sent(10);
        assert_eq!(check.answered(10, &Err(LogError::NotAMember), at(300)), Checked::Refused);
    }

    #[test]
    fn what_says_nothing_of_the_membership_is_tried_again() {
        for error in [LogError::RebalanceInProgress, LogError::Unavailable { reason: "a test".to_owned() }] {
            let mut check = slept();
            check.sent(7);
            assert_eq!(check.answered(7, &Err(error), at(100)), Checked::Again);
            assert!(check.is_in_doubt() && check.is_due(at(101)));
        }
        let mut check = slept();
        check.sent(7);
        let fenced = LogError::Fenced { identity: "app-1".to_owned() };
        assert_eq!(check.answered(7, &Err(fenced.clone()), at(100)), Checked::Failed(fenced));
    }
}
