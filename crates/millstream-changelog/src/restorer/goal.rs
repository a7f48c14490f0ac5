//! The goal of a restore.

/// The goal of a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Goal {
    /// For a task that will run: exactly to the end of the changelog as of the beginning of the restore.
    Run,
    /// For a standby: to the end and further, until the task is [removed](crate::Restorer::remove) or
    /// [released](crate::Restorer::release).
    StandBy,
}
