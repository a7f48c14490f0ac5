//! Members of groups, and committed offsets.

mod background;
mod changes;
mod commit;
mod commits;
mod committed;
mod config;
mod consumer_protocol;
mod cooperative_sticky;
mod coordinator;
mod group_member;
mod join;
mod leave;
mod member;
mod membership;
mod partition_watch;
mod sent_at;
mod session;
mod streams;
#[cfg(test)]
mod tests;

pub(crate) use committed::{Committed, committed_offsets};
pub use config::MemberSettings;
pub(crate) use coordinator::Coordinator;
pub(crate) use group_member::GroupMember;
pub(crate) use membership::{ExitMode, Member};
pub(crate) use streams::StreamsMember;
