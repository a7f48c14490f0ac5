//! Tasks: state machines that run a sub-topology for a partition. They never block, sleep or spawn threads.
//!
//! A [`Task`] owns its input queues, its operators ([`Chain`](millstream_core::chain::Chain)) and its stores. Its driver, a
//! stream thread or the test driver, passes it chunks of records and the time, and lends it the [`Outbox`], to which it writes
//! output and changelog records.
//!
//! # A task's life
//! 1. [`Task::build`]: *created*. [`Task::advance`] looks up the topics it writes, has its stores restored by the
//!    [`Restorer`](millstream_changelog::Restorer), initialises its processors: *restoring*, then *running*.
//! 2. [`Task::add_chunk`] where [`Task::wants`] says so; [`Task::step`] processes, oldest timestamp first.
//! 3. The [`Committer`] commits tasks in phases, so that nothing waits inside: [`Task::prepare_commit`] logs and forwards
//!    what caches hold; the [`Participants`], the outbox first of all, make durable what was written; the
//!    [`Task::offsets_to_commit`] are committed; [`Task::finish_commit`] brings those stores' engines up to date for which
//!    it is time. After a failure in between, [`Task::abandon_commit`]: nothing is lost, everything is repeated.
//! 4. [`Task::suspend`] and [`Task::resume`] around a rebalance; [`Task::finish_stores`] and [`Task::close`].
//!
//! # Standbys
//! A [`StandbyTask`] is a copy of a task's stores that follows their changelogs, without processors. Both are built on
//! [`TaskStores`], which they hand to each other when the one becomes the other, so that the state is not read again.
//!
//! # Invariants
//! * Records of one partition are never reordered. Of several partitions, the head with the smallest timestamp is processed
//!   first; with equal timestamps, that of the source topic that was added first. (Kafka Streams does not specify this.)
//! * An offset is committed only when all results of its records are durable: outputs and changelogs.
//! * Engines have only rows that are in the changelog.
//! * A skipped record advances the offset like any other.

mod build;
mod call_log;
mod change_topics;
mod commit;
mod commit_metadata;
mod commit_state;
mod committer;
mod environment;
mod error;
mod global_tasks;
mod handlers;
mod held_state;
mod input_queue;
mod inputs;
mod lifecycle;
mod observe;
mod outbox;
mod records_apart;
mod recycle;
mod restore;
mod settings;
mod source_stores;
mod standby;
mod step;
mod task_stores;
mod tasks;

pub use call_log::call_log;
pub use change_topics::ChangedInputs;
pub use commit_metadata::{decode_partition_time, encode_partition_time};
pub use commit_state::{CoveredInput, Prepared};
pub use committer::{
    Commit, CommitBarrier, CommitOutcome, CommitProgress, CommitScope, Committer, Participant, Participants,
};
pub use error::TaskError;
pub use global_tasks::GlobalTasks;
pub use handlers::{ErrorContext, ErrorHandler, HandlerTopicError, Handlers, OutputRecord};
pub use held_state::{Damage, HeldState};
pub use lifecycle::{Task, TaskState, Work};
pub use outbox::{Outbox, Retentions, TooOld};
pub use restore::{emit_restore_event, restore_stores};
pub use settings::TaskSettings;
pub use standby::StandbyTask;
pub use step::{NextRecord, Step};
pub use task_stores::{ChangelogSums, TaskStores};
pub use tasks::Tasks;
