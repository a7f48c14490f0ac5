//! Which member of a consumer group runs which task: active tasks, standbys and warm-ups.
//!
//! No I/O, no clock, no threads.

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
