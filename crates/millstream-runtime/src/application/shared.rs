//! What all threads of one application share.

use std::sync::Arc;

use millstream_core::{StoreInfo, Topology};
use millstream_log::Log;
use millstream_state::Backing;
use millstream_types::TaskId;

use super::lifecycle::Lifecycle;
use super::policy::UncaughtErrors;
use super::supervisor::Notice;
use crate::events::EventSink;
use crate::mailbox::Mailbox;
use crate::metrics::MetricsRegistry;
use crate::task::Handlers;
use crate::{Clock, StreamsConfig};

/// Chooses where a store of a task keeps its data.
pub(crate) type ChooseBacking = Arc<dyn Fn(TaskId, &StoreInfo) -> Backing + Send + Sync>;

/// An application's settings and components; they do not change while it runs.
pub(crate) struct Shared {
    pub(crate) id: Arc<str>,
    pub(crate) client_id: String,
    pub(crate) config: StreamsConfig,
    pub(crate) topology: Topology,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) backing: ChooseBacking,
    pub(crate) handlers: Handlers,
    pub(crate) uncaught_errors: UncaughtErrors,
    pub(crate) events: EventSink,
    pub(crate) metrics: MetricsRegistry,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) supervisor: Mailbox<Notice>,
}
