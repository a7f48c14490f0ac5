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

pub use spawn::SpawnError;
pub(crate) use spawn::spawn;
