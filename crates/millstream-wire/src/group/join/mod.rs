//! How a member joins a group, and what its leader does then.

mod counts;
mod joining;
mod lead;
mod not_joined;

#[cfg(test)]
pub(super) use self::lead::Chosen;
pub(super) use counts::{Counts, count};
pub(super) use joining::{Joined, Joining, join, millis};
pub(super) use not_joined::NotJoined;
