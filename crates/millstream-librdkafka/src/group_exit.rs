//! Leaves a group step by step, on its own thread, since each step waits for responses of the broker.
#![allow(clippy::disallowed_methods, reason = "this thread may block, and no caller polls it")]

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::member::Member;

/// How long to wait for commits that were begun before: an unreachable broker must not block a program that ends.
const COMMITS_TIMEOUT: Duration = Duration::from_secs(5);

/// How long leaving may take. After that, the group removes the member when its session has timed out.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);

/// How often responses are polled.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// What happens to the membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitMode {
    /// It ends at once, so that others get the partitions.
    Leave,
    /// A static member keeps it until its session times out.
    KeepMembership,
}

/// A member that is leaving its group. Dropping this waits for the end of that, for at most 15 s.
pub(crate) struct GroupExit(Receiver<()>);

impl GroupExit {
    pub(crate) fn begin(mut member: Member, mode: ExitMode) -> Self {
        let (sender, done) = channel();
        let leave = move || {
            until(COMMITS_TIMEOUT, || member.finish_commits());
            if mode == ExitMode::Leave && member.begin_to_unsubscribe().is_ok() {
                until(EXIT_TIMEOUT, || member.has_unsubscribed());
            }
            if member.begin_to_close().is_ok() {
                until(EXIT_TIMEOUT, || member.is_closed());
            }
            drop(member);
            // The caller may have stopped waiting.
            let _dropped = sender.send(());
        };
        // If no thread can be started, the member is dropped at once, and the group removes it when its session times out.
        let _refused = std::thread::Builder::new().name("millstream-exit".to_owned()).spawn(leave);
        Self(done)
    }
}

fn until(limit: Duration, mut is_done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_done() && begin.elapsed() < limit {
        std::thread::sleep(POLL_INTERVAL);
    }
}

impl Drop for GroupExit {
    fn drop(&mut self) {
        // The thread has ended, has panicked, or takes too long: there is nothing more to wait for.
        let _waited = self.0.recv_timeout(COMMITS_TIMEOUT + 2 * EXIT_TIMEOUT);
    }
}
