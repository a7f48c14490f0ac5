//! Where the tasks of the group are, for those that ask.

use std::sync::{Arc, PoisonError, RwLock};

use millstream_assign::RoutingTable;

use crate::assignment::WorkPlan;

/// Where the tasks of the group are, as its leader has told a thread of this process last, and the plan that says which tasks there are.
#[derive(Default)]
pub(crate) struct GroupMetadata {
    routing: RwLock<Arc<RoutingTable>>,
    plan: RwLock<Option<Arc<WorkPlan>>>,
}

impl GroupMetadata {
    pub(crate) fn set_routing(&self, table: Arc<RoutingTable>) {
        *self.routing.write().unwrap_or_else(PoisonError::into_inner) = table;
    }

    pub(crate) fn routing(&self) -> Arc<RoutingTable> {
        Arc::clone(&self.routing.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_plan(&self, plan: Arc<WorkPlan>) {
        *self.plan.write().unwrap_or_else(PoisonError::into_inner) = Some(plan);
    }

    /// The plan; `None` before start-up is complete.
    pub(crate) fn plan(&self) -> Option<Arc<WorkPlan>> {
        self.plan.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
