//! Stream threads: each a member of the group with one consumer, one producer, one restorer and its tasks, sharing nothing.
//!
//! A thread is a state machine, [`StreamThread`](stream_thread::StreamThread), and a loop around it. A turn takes what the
//! log and the application have to tell, all of it of closed enums, and moves everything along a little: restoring,
//! processing, committing, giving tasks back. Nothing in a turn blocks; between turns that found nothing to do the
//! thread waits on its signal, which log and application raise.
//!
//! | module | what it does |
//! |---|---|
//! | `stream_thread` | the turn, and the order of things in it |
//! | `tasks` | the tasks by name and by partition |
//! | `rebalance` | partitions that come, go, or are lost |
//! | `open` | tasks that take their state, or wait for it |
//! | `restore` | stores brought back, beside tasks that run |
//! | `offsets` | where partitions begin to be read |
//! | `commit` | one commit at a time, in phases |
//! | `spawn` | clients, the system's thread, the loop |

mod commit;
mod offsets;
mod open;
mod rebalance;
mod restore;
mod spawn;
mod stream_thread;
mod tasks;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use spawn::SpawnError;
pub(crate) use spawn::{name, spawn};

use crate::application::AskStores;
use millstream_observe::events::Failure;

/// A thread's number in its application, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ThreadNumber(pub(crate) u32);

impl fmt::Display for ThreadNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What the application asks of a thread.
pub(crate) enum ThreadCommand {
    /// Finish, commit and end, within this time.
    Close(Duration),
    /// As [`Close`](Self::Close), and never come back: the others take over at once, from a static member too.
    Remove(Duration),
    /// The caches of its tasks may hold back this much in all.
    CacheBytes(usize),
    /// Ask the stores of its tasks.
    Query(Arc<dyn AskStores>),
}

/// How a thread ended.
#[derive(Debug)]
pub(crate) enum ThreadEnd {
    /// On request; `clean` if all that was processed is committed.
    Closed { clean: bool },
    /// By itself: its tasks were closed without a commit.
    Failed(Failure),
}
