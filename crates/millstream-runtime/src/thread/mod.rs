//! Stream threads. Each is a member of the group with its own consumer, producer, restorer and tasks.
//!
//! A thread is a state machine, [`StreamThread`](stream_thread::StreamThread), and a loop around it. A turn handles the
//! events of the log and the commands of the application, and then restores, processes, commits and rebalances for a short
//! time. Nothing in a turn blocks; after a turn that found nothing to do the thread waits on its signal, which the log and
//! the application raise.
//!
//! | module | what it does |
//! |---|---|
//! | `spawn` | clients, the system's thread, the loop |
//! | `stream_thread` | the turn, and the order of things in it |
//! | `group_events` | handling of the log's events: assignments, the membership, outages |
//! | `group_tasks` | standbys and warm-ups that the group's leader assigns, and when to join again |
//! | `owned_tasks` | the tasks with their clients: opened, run, failed, closed; what they wait for |
//! | `closing` | committing until the deadline of a close |
//! | `query` | queries of the tasks' stores |
//! | `process` | which task processes next, and for how long |
//! | `rebalance` | rebalances in progress |
//! | `offsets` | the offsets that partitions are read from |
//! | `commit` | when to commit, and what is remembered of commits |
//! | `membership_check` | whether a thread that was paused is still a member |
//! | `standbys` | which standbys there are to be, and when their engines are written |
//! | `task_timeouts` | whether a task has waited for the log for too long |
//! | `open` | tasks whose state is opened, or waited for |
//! | `restore` | stores being restored, beside tasks that run |
//!
//! The parts do not import the thread, and import only parts below them in this table. They own their state, and return
//! what the thread has to do.

mod changing_topics;
mod closing;
mod commit;
mod group_events;
mod group_tasks;
mod membership_check;
mod offsets;
mod open;
mod owned_tasks;
mod process;
mod query;
mod rebalance;
mod restore;
mod spawn;
mod standbys;
mod stream_thread;
mod task_timeouts;

pub use spawn::SpawnError;
pub(crate) use spawn::spawn;
