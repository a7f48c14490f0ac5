//! The tasks of a group: what the threads of an application say when they join, how the one that leads assigns, and what they are told.
//!
//! Active tasks travel as the partitions of their lead topics, so that the group can change to the assignor `cooperative-sticky` and back
//! while members of the log on librdkafka, or of earlier versions, are in it. Standbys, warm-ups and the routing table are in the user
//! data, which the crate `millstream-assign` reads and writes.
//!
//! The topology of the leader counts. Members with another one get only tasks of sub-topologies that do the same in both
//! ([`SubTopology::digest`](millstream_core::SubTopology::digest)), and the others when a member with their topology leads.

mod claims;
mod group_metadata;
mod hold_back;
mod instance;
mod leader;
mod streams_group;
mod thread_assignor;

pub(crate) use group_metadata::GroupMetadata;
pub(crate) use instance::{Instance, logged_stores};
pub(crate) use streams_group::streams_group;
pub(crate) use thread_assignor::{Assigned, OnDisk, ThreadAssignor};
