//! Leaves a group on a thread of its own, since each step waits for responses of the coordinator.

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use millstream_log::Signal;
use millstream_types::MonotonicTime;

use crate::client::Task;
use crate::clock::now;
use crate::connection::spawn;
use crate::group::{ExitMode, Member};

/// How long to wait for commits that were begun before: an unreachable broker must not block a program that ends.
const COMMITS_TIMEOUT: Duration = Duration::from_secs(5);

/// How long leaving may take. After that, the group removes the member when its session has timed out.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);

/// How often deadlines are looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// A member that is leaving its group. Dropping this waits for the end of that, for at most 10 s.
pub(super) struct Exit(Receiver<()>);

impl Exit {
    /// Begins. The signal is the one that the member's calls raise.
    pub(super) fn begin(mut member: Box<dyn Member>, mode: ExitMode, signal: &Signal) -> Self {
        let (sender, done) = sync_channel(1);
        let signal = signal.clone();
        // If no thread can be started, the member is dropped at once, and the group removes it when its session times out.
        spawn("millstream-exit", move || {
            finish_commits(&mut *member, &signal);
            if let Some(leaving) = member.end_membership(mode) {
                leave(&*member, leaving, &signal);
            }
            // The caller may have stopped waiting.
            let _dropped = sender.send(());
        });
        Self(done)
    }
}

/// The time of the member's caller, which goes on without its polls.
struct Time {
    of_caller: MonotonicTime,
    here: MonotonicTime,
}

impl Time {
    fn of(member: &dyn Member) -> Self {
        Self { of_caller: member.coordinator().cluster.now(), here: now() }
    }

    /// The time since this was made, and the time now, which the member's tasks get to know.
    fn pass(&self, member: &dyn Member) -> (Duration, MonotonicTime) {
        let passed = now() - self.here;
        let now = self.of_caller + passed;
        member.coordinator().cluster.set_now(now);
        (passed, now)
    }
}

fn finish_commits(member: &mut dyn Member, signal: &Signal) {
    let (time, mut events) = (Time::of(member), Vec::new());
    while !member.has_committed() {
        let (passed, now) = time.pass(member);
        if passed >= COMMITS_TIMEOUT {
            return;
        }
        member.poll(now, &mut events);
        events.clear();
        signal.wait(POLL_INTERVAL);
    }
}

fn leave(member: &dyn Member, mut leaving: Task<()>, signal: &Signal) {
    let time = Time::of(member);
    while leaving.poll().is_none() {
        if time.pass(member).0 >= LEAVE_TIMEOUT {
            return;
        }
        signal.wait(POLL_INTERVAL);
    }
}

impl Drop for Exit {
    fn drop(&mut self) {
        // The thread has ended, has panicked, or takes too long: there is nothing more to wait for.
        let _waited = self.0.recv_timeout(COMMITS_TIMEOUT + LEAVE_TIMEOUT);
    }
}
