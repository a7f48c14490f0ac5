//! What the handle and the supervisor of an application share: requests and the life cycle.

use std::sync::Arc;
use std::time::Duration;

use super::lifecycle::Lifecycle;
use super::policy::UncaughtErrors;
use super::response::Responder;
use super::threads::ThreadCountError;
use crate::channel::Channel;
use crate::messages::StoreQuery;
use crate::shared::Shared;

/// The state of an application that its handle and its supervisor share.
pub(super) struct Control {
    pub(super) shared: Arc<Shared>,
    pub(super) lifecycle: Lifecycle,
    pub(super) uncaught_errors: UncaughtErrors,
    pub(super) requests: Channel<Request>,
}

/// A request of a handle, or of a signal to the process, to the supervisor.
pub(super) enum Request {
    /// Close within this time.
    Close(Duration),
    /// Start one more thread; the response is its name.
    AddThread(Responder<String, ThreadCountError>),
    /// Close one thread; the response, its name, comes when it has ended.
    RemoveThread(Responder<String, ThreadCountError>),
    /// The application was paused or resumed.
    PauseChanged,
    /// Run a query on the stores of all threads.
    Query(Arc<dyn StoreQuery>),
}

impl Control {
    /// Refuses further requests and events, because the supervisor has ended.
    pub(super) fn close_channels(&self) {
        self.requests.close();
        self.shared.thread_events.close();
    }
}
