//! Which member of a consumer group runs which task: active tasks, standbys and warm-ups.
//!
//! No I/O, no clock, no threads.

mod assignment;
mod assignor;
mod copy_state;
mod group_state;
mod identity;
mod process_report;
mod settings;
mod sticky;

pub use assignment::{Assignment, FollowUp, MemberTasks, Move, MoveReason, MoveStage, Unassigned};
pub use assignor::{AssignError, TASKS_MAX, TaskAssignor};
pub use copy_state::{CopyState, Lag};
pub use group_state::{GroupState, Member, Process, Storage, SubscriptionFormat, Subtopology};
pub use identity::{Digest, MemberId, ProcessId};
pub use process_report::ProcessReport;
pub use settings::Settings;
pub use sticky::StickyTaskAssignor;
