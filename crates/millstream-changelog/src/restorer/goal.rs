//! What a store is restored for.

/// What a store is restored for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Goal {
    /// For a task that is to run: exactly to the changelog's end as it is when restoring begins.
    Run,
    /// As a standby: to the end and further, until the task is removed or [promoted](crate::Restorer::promote).
    StandBy,
}
