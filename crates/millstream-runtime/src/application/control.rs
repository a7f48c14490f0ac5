//! How the handle and the supervisor of an application work together: requests, the life cycle, what failures lead to.

use std::sync::Arc;
use std::time::Duration;

use super::lifecycle::Lifecycle;
use super::policy::UncaughtErrors;
use super::response::Responder;
use super::threads::ThreadCountError;
use crate::channel::Channel;
use crate::messages::StoreQuery;
use crate::shared::Shared;

/// An application, as its handle and its supervisor see it.
pub(super) struct Control {
    pub(super) shared: Arc<Shared>,
    pub(super) lifecycle: Lifecycle,
    pub(super) uncaught_errors: UncaughtErrors,
    pub(super) requests: Channel<Request>,
}

/// What a handle, or a signal to the process, asks of the supervisor.
pub(super) enum Request {
    /// Close within this time.
    Close(Duration),
    /// Start one more thread; the response is its name.
    AddThread(Responder<String, ThreadCountError>),
    /// Close one thread; the response, its name, comes when it has ended.
    RemoveThread(Responder<String, ThreadCountError>),
    /// Run a query on the stores of all threads.
    Query(Arc<dyn StoreQuery>),
}

impl Control {
    /// Refuses further requests and events: there is no supervisor any more.
    pub(super) fn close_channels(&self) {
        self.requests.close();
        self.shared.thread_events.close();
    }
}
