//! Leaving a group in good order, on a thread of its own, since it takes the broker's answers.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::member::Member;

/// Commits begun before leaving get this long; a broker that is away must not hold a program that ends.
const COMMITS_MAX: Duration = Duration::from_secs(5);

/// Leaving itself gets this long; afterwards the group finds out by the session time.
const LEAVING_MAX: Duration = Duration::from_secs(5);

/// How often is looked whether there is an answer.
const PAUSE: Duration = Duration::from_millis(2);

/// A member on its way out. Dropping it waits until it is out, for ten seconds at most.
pub(crate) struct Leaving(Option<JoinHandle<()>>);

impl Leaving {
    pub(crate) fn begin(mut member: Member) -> Self {
        let leave = move || {
            until(COMMITS_MAX, || member.finish_commits());
            if member.begin_to_leave().is_ok() {
                until(LEAVING_MAX, || member.is_out());
            }
        };
        // Without a thread the member is dropped, and the group finds out by the session time.
        Self(std::thread::Builder::new().name("millstream-leaving".to_owned()).spawn(leave).ok())
    }
}

fn until(limit: Duration, mut is_done: impl FnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !is_done() && Instant::now() < deadline {
        std::thread::sleep(PAUSE);
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // A panic over there has been reported; the member is gone either way.
            let _panicked = thread.join();
        }
    }
}
