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
//! | `process` | which task processes next, and for how long |
//! | `commit` | when to commit, and what is remembered of commits |
//! | `rebalance` | rebalances that wait to be answered |
//! | `membership_check` | whether a thread that has slept is still a member |
//! | `open` | tasks that take their state, or wait for it |
//! | `restore` | stores brought back, beside tasks that run |
//! | `offsets` | where partitions begin to be read |
//! | `pace` | how many records to take between two looks at the clock |
//! | `spawn` | clients, the system's thread, the loop |
//!
//! The parts do not know the thread, and of each other only what the table has above them needs below: they own their
//! state and return what is to be done.

mod commit;
mod membership_check;
mod offsets;
mod open;
mod pace;
mod process;
mod rebalance;
mod restore;
mod spawn;
mod stream_thread;

pub use spawn::SpawnError;
pub(crate) use spawn::spawn;
