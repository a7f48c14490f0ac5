//! What all threads of one application share.

use std::sync::Arc;

use millstream_core::Topology;
use millstream_log::Log;

use super::lifecycle::Lifecycle;
use super::policy::UncaughtErrors;
use super::supervisor::Notice;
use crate::StreamsConfig;
use crate::local_state::LocalState;
use crate::mailbox::Mailbox;
use millstream_observe::events::EventSink;
use millstream_observe::metrics::MetricsRegistry;
use millstream_observe::{Clock, Observer};
use millstream_task::Handlers;

/// An application's settings and components; they do not change while it runs.
pub(crate) struct Shared {
    pub(crate) id: Arc<str>,
    pub(crate) client_id: String,
    pub(crate) config: StreamsConfig,
    pub(crate) topology: Topology,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) clock: Arc<dyn Clock>,
    /// `None`: all stores are in memory.
    pub(crate) local_state: Option<LocalState>,
    pub(crate) handlers: Handlers,
    pub(crate) uncaught_errors: UncaughtErrors,
    pub(crate) events: EventSink,
    pub(crate) metrics: MetricsRegistry,
    pub(crate) observer: Observer,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) supervisor: Mailbox<Notice>,
}
