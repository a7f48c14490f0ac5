//! Changelogs of stores: logging, the offsets of engines, and restoring.
//!
//! A changelog is a topic with one partition per task. The updates of a store are written to it before the offsets of their
//! records are committed; after a restart or a move of the task the store is restored from it.
//!
//! * [`Changelogs`] has the changelog partitions of a task's stores, and writes rows to their engines after a commit, each with
//!   the changelog offset that they reach, in one atomic batch.
//! * [`Restorer`] restores stores from their offsets to the end of the changelog, or follows it as a standby. It is a state
//!   machine that runs beside tasks: its owner lends it stores for turns of bounded time ([`TurnLimit`]), and takes
//!   [`RestoreEvent`]s.
//!
//! Records of another topic than a changelog are restored through a [`Conversion`].
//!
//! This crate connects `millstream-state` and `millstream-log`, which do not depend on each other. It knows tasks only by their
//! ids, uses the given clock only, and starts no threads.

mod changelogs;
mod conversion;
mod error;
mod event;
mod limit;
mod pace;
mod positions;
mod restorer;

pub use changelogs::Changelogs;
pub use conversion::Conversion;
pub use error::{RestoreError, RestoreFailure};
pub use event::{RestoreEvent, RestoringStore};
pub use limit::TurnLimit;
pub use pace::Pace;
pub use positions::Positions;
pub use restorer::{DueStore, Goal, Restorer};
