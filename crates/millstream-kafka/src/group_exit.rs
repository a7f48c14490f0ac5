//! Leaves a group in good order, on a thread of its own, since that takes responses of the broker.
#![allow(clippy::disallowed_methods, reason = "the thread that leaves has no clock and no signal of its own")]

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::member::Member;

/// Commits begun before the group exit get this long; a broker that is away must not hold a program that ends.
const COMMITS_TIMEOUT: Duration = Duration::from_secs(5);

/// Leaving itself gets this long; afterwards the group finds out by the session time.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);

/// How often is looked whether there is a response.
const PAUSE: Duration = Duration::from_millis(2);

/// What becomes of a member's place in its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitMode {
    /// It is free for the others at once.
    Leave,
    /// A static member's stays its own for as long as its session lasts.
    KeepMembership,
}

/// A member on its way out. Dropping it waits until it is out, for fifteen seconds at most.
pub(crate) struct GroupExit(Receiver<()>);

impl GroupExit {
    pub(crate) fn begin(mut member: Member, mode: ExitMode) -> Self {
        let (is_out, out) = channel();
        let leave = move || {
            until(COMMITS_TIMEOUT, || member.finish_commits());
            if mode == ExitMode::Leave && member.give_up_place().is_ok() {
                until(EXIT_TIMEOUT, || member.has_no_place());
            }
            if member.begin_to_leave().is_ok() {
                until(EXIT_TIMEOUT, || member.is_out());
            }
            drop(member);
            // The caller may have stopped waiting.
            let _unheard = is_out.send(());
        };
        // Without a thread the member is dropped here and now, and the group finds out by the session time.
        let _refused = std::thread::Builder::new().name("millstream-exit".to_owned()).spawn(leave);
        Self(out)
    }
}

fn until(limit: Duration, mut is_done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_done() && begin.elapsed() < limit {
        std::thread::sleep(PAUSE);
    }
}

impl Drop for GroupExit {
    fn drop(&mut self) {
        // Out, or too late, or the thread has panicked: there is nothing more to wait for.
        let _waited = self.0.recv_timeout(COMMITS_TIMEOUT + 2 * EXIT_TIMEOUT);
    }
}
