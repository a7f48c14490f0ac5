//! Assignors that the members of a group bring along.

mod group_assignor;
mod outcome;

pub use group_assignor::{AssignorAssignment, AssignorMember, GroupAssignor};
pub use outcome::AssignorOutcome;
