//! What an application and its threads share: settings and components. They do not change while it runs.

use std::sync::{Arc, OnceLock};

use millstream_assign::ProcessId;
use millstream_core::{GlobalStores, Topology};
use millstream_log::Log;
use millstream_observe::events::EventSink;
use millstream_observe::metrics::MetricsRegistry;
use millstream_observe::{Clock, Observer};
use millstream_task::Handlers;

use crate::StreamsConfig;
use crate::assignment::group::GroupMetadata;
use crate::channel::Channel;
use crate::local_state::LocalState;
use crate::messages::ThreadEvent;
use crate::own_thread::ApplicationNumber;
use crate::pause::Pause;

/// An application's settings and components.
pub(crate) struct Shared {
    pub(crate) number: ApplicationNumber,
    pub(crate) id: Arc<str>,
    pub(crate) client_id: String,
    /// The identity of this process in the group.
    pub(crate) process_id: ProcessId,
    pub(crate) config: StreamsConfig,
    pub(crate) pause: Pause,
    pub(crate) topology: Topology,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) clock: Arc<dyn Clock>,
    /// `None`: all stores are in memory.
    pub(crate) local_state: Option<LocalState>,
    pub(crate) handlers: Handlers,
    /// Seed of the stores' hash tables.
    pub(crate) hash_seed: u64,
    pub(crate) events: EventSink,
    pub(crate) metrics: MetricsRegistry,
    pub(crate) observer: Observer,
    /// The global stores, once they are filled.
    pub(crate) globals: OnceLock<GlobalStores>,
    /// Where the tasks of the group are.
    pub(crate) metadata: GroupMetadata,
    /// The channel for the events of the threads.
    pub(crate) thread_events: Channel<ThreadEvent>,
}

#[cfg(test)]
impl Shared {
    /// What an application on a log in memory has, for tests of parts of its threads. It writes no lines.
    pub(crate) fn for_test(
        config: StreamsConfig,
        topology: Topology,
        log: millstream_log::InProcessLog,
        clock: Arc<dyn Clock>,
        signal: millstream_log::Signal,
        local_state: Option<LocalState>,
    ) -> Self {
        use millstream_observe::events::EventSettings;

        let id: Arc<str> = config.application_id.as_str().into();
        let silent = EventSettings { lines: false, ..EventSettings::default() };
        let events = EventSink::to_writer(Arc::clone(&id), &silent, Arc::clone(&clock), std::io::sink());
        let metrics = MetricsRegistry::new(Arc::clone(&id));
        Self {
            number: ApplicationNumber::next(),
            client_id: config.application_id.clone(),
            process_id: ProcessId::new(1),
            id,
            config,
            pause: Pause::default(),
            topology,
            log: Arc::new(log),
            clock,
            local_state,
            handlers: Handlers::default(),
            hash_seed: 0,
            observer: Observer::new(&events, metrics.clone()),
            events,
            metrics,
            globals: OnceLock::new(),
            metadata: GroupMetadata::default(),
            thread_events: Channel::new(signal),
        }
    }
}
