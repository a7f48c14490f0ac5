//! Which member of a consumer group runs which task: active tasks, standbys and warm-ups.
//!
//! In the classic protocol of consumer groups the leader of the group, one of its members, assigns. It decodes the members' subscriptions, asks a
//! [`TaskAssignor`], and sends an assignment to each member. This crate is all of that but the sending: pure functions, without I/O, clocks and
//! threads, and with the same result for the same input.
//!
//! ```text
//! members ──SubscriptionData──► GroupSubscriptions ──GroupState──► StickyTaskAssignor ──Assignment──► GroupSubscriptions::encode ──► members
//! ```
//!
//! The rules are those of Kafka Streams' assignor: tasks stay where their state is, warm-ups (KIP-441), racks and tags of standbys (KIP-708), and hand-over in
//! two rebalances (KIP-429). The bytes are Millstream's own (`docs/formats/assignments.md`): a Java application cannot be in the same group.
//!
//! | module | contents |
//! |---|---|
//! | `group_state` | [`GroupState`]: what the leader knows of [`Process`]es, [`Member`]s and [`Subtopology`]s |
//! | `copy_state`, `process_report` | [`CopyState`], [`Lag`], [`ProcessReport`]: what is on whose disk, and how far it is |
//! | `settings` | [`Settings`], by the names of Kafka Streams |
//! | `assignor`, `assignment` | [`TaskAssignor`], and the [`Assignment`] that it makes |
//! | `sticky` | [`StickyTaskAssignor`]: step by step |
//! | `hand_over` | [`HandOver`]: in two rebalances, and why that ends |
//! | `subscription_data`, `assignment_data`, `routing_table` | [`SubscriptionData`], [`AssignmentData`], [`RoutingTable`]: what is sent |
//! | `group_subscriptions` | [`GroupSubscriptions`]: from bytes to [`GroupState`], and from [`Assignment`] to bytes |
//! | `group_bytes` | [`GroupBytes`]: whether the coordinator can keep the group |
//! | `wire` | the bytes, their versions, and [`DecodeError`] |
//!
//! Limits: at most [`TASKS_MAX`] tasks, and [`GROUP_BYTES_MAX`] bytes for all subscriptions and assignments. A group in which members have different topologies
//! (a rolling update) is assigned by the leader's: sub-topologies that only others have wait until one of those leads. Racks of brokers are not regarded
//! (KIP-925). A standby that moves is not warmed up first.
//!
//! # Examples
//! Two members join, the leader assigns, and a member reads what it got:
//! ```
//! use millstream_assign::*;
//!
//! let digests = vec![Digest::new(7)];
//! let sent: Vec<(MemberId, Vec<u8>)> = [("a", 1), ("b", 2)]
//!     .map(|(member, process)| (member.into(), SubscriptionData::new(ProcessId::new(process), digests.clone()).encode()))
//!     .into();
//!
//! let subscriptions = GroupSubscriptions::decode(sent.iter().map(|(member, bytes)| (member.clone(), bytes.as_slice())));
//! let group = subscriptions.group_state(vec![Subtopology::stateful(0, digests[0], 6)], Settings::default());
//! let assignment = StickyTaskAssignor.assign(&group)?;
//! let answers = subscriptions.encode(&group, &assignment)?;
//!
//! let mine = AssignmentData::decode(&answers.members[&"a".into()])?.renumbered(&digests);
//! assert_eq!(mine.tasks.active.len(), 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod assignment;
mod assignment_data;
mod assignor;
mod copy_state;
mod group_bytes;
mod group_state;
mod group_subscriptions;
mod hand_over;
mod identity;
mod process_report;
mod routing_table;
mod settings;
mod sticky;
mod subscription_data;
mod wire;

pub use assignment::{Assignment, FollowUp, MemberTasks, Move, MoveReason, MoveStage, Promise, Unassigned};
pub use assignment_data::{AssignmentData, Numbering, Outcome, Rejoin};
pub use assignor::{AssignError, TASKS_MAX, TaskAssignor};
pub use copy_state::{CopyState, Lag};
pub use group_bytes::{GROUP_BYTES_MAX, GroupBytes, GroupTooLarge};
pub use group_state::{GroupState, Member, Process, Storage, SubscriptionFormat, Subtopology};
pub use group_subscriptions::{EncodedAssignments, GroupSubscriptions};
pub use hand_over::{HandOver, HandOverStep};
pub use identity::{Digest, MemberId, ProcessId};
pub use process_report::ProcessReport;
pub use routing_table::{RoutingDetail, RoutingTable};
pub use settings::Settings;
pub use sticky::StickyTaskAssignor;
pub use subscription_data::SubscriptionData;
pub use wire::{DecodeError, LATEST_VERSION};
