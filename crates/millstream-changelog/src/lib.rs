//! Changelogs: where a task's stores are logged, how far their engines are, and how they are restored.
//!
//! A changelog is a topic with one partition per task. A store's updates go there before the offsets of the records that
//! caused them are committed; after a restart or a move the store is brought back from there.
//!
//! * [`Changelogs`] holds the changelog partition of each of a task's stores, and after a commit brings the engines up to
//!   date, each with the changelog offset that covers it, in one atomic batch.
//! * [`Restorer`] brings stores from the offset that each carries to the changelog's end, or follows it as a standby. It
//!   is a state machine beside running tasks: its owner lends it stores for a turn, bounded by time ([`TurnLimit`]), and
//!   takes [`RestoreEvent`]s.
//!
//! This crate connects `millstream-state` and `millstream-log`, which do not depend on each other. Of tasks it has only
//! the ids; it reads no clock but the given one, and starts no threads.

mod changelogs;
mod error;
mod event;
mod limit;
mod pace;
mod restorer;

pub use changelogs::Changelogs;
pub use error::{RestoreError, RestoreFailure};
pub use event::{RestoreEvent, RestoringStore};
pub use limit::TurnLimit;
pub use pace::Pace;
pub use restorer::{DueStore, Goal, Restorer};
