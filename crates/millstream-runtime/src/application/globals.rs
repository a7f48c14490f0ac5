//! The thread of the global stores, as the supervisor sees it.

use std::sync::Arc;

use crate::assignment::WorkPlan;
use crate::channel::Channel;
use crate::global_thread;
use crate::messages::StopGlobals;
use crate::shared::Shared;
use crate::thread::SpawnError;

/// The thread that fills the global stores. Without global stores there is none.
#[derive(Default)]
pub(super) struct Globals {
    commands: Option<Channel<StopGlobals>>,
    /// The plan of the stream threads, which are started when the stores are filled.
    plan: Option<WorkPlan>,
}

impl Globals {
    /// Starts the thread if the topology has global stores; the stream threads then have to wait. Otherwise returns the plan.
    pub(super) fn start(&mut self, shared: &Arc<Shared>, plan: WorkPlan) -> Result<Option<WorkPlan>, SpawnError> {
        if shared.topology.globals().is_empty() {
            return Ok(Some(plan));
        }
        self.commands = Some(global_thread::spawn(shared)?);
        self.plan = Some(plan);
        Ok(None)
    }

    /// The stores are filled. Returns the plan of the stream threads, which can be started.
    pub(super) fn filled(&mut self) -> Option<WorkPlan> {
        self.plan.take()
    }

    /// Lets the thread end.
    pub(super) fn close(&self) {
        if let Some(commands) = &self.commands {
            // Refused, it has ended.
            _ = commands.send(StopGlobals);
        }
    }

    pub(super) fn ended(&mut self) {
        self.commands = None;
    }

    /// Whether the thread is not running.
    pub(super) fn have_ended(&self) -> bool {
        self.commands.is_none()
    }
}
