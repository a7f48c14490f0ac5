//! Changelogs: where a task's stores are logged, how far their engines are, and how they are restored.
//!
//! A changelog is a topic with one partition per task. A store's updates go there before the offsets of the records that
//! caused them are committed; after a restart or a move the store is brought back from there.
//!
//! * [`Changelogs`] knows the changelog partition of each of a task's stores, and after a commit brings the engines up to
//!   date, each with the changelog offset that covers it, in one atomic batch.
//! * [`Restorer`] restores stores in small steps beside running tasks, from the offset that each store itself carries to
//!   the changelog's end as it was at the beginning.
//!
//! This crate joins `millstream-state` and `millstream-log`, which do not know each other. It knows no tasks but their
//! ids, reads no clock, and starts no threads.

mod changelogs;
mod error;
mod listener;
mod restorer;

pub use changelogs::Changelogs;
pub use error::{RestoreError, RestoreFailure};
pub use listener::{NoListener, RestoreListener, RestoringStore};
pub use restorer::{Restorer, Stores};
