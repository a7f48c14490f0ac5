//! Access to the health and metrics of an application, for other threads and servers.

use std::fmt;
use std::sync::Arc;

use crate::clock::Clock;
use crate::events::{EventSink, Health, HealthTracker};
use crate::metrics::{self, MetricsRegistry, MetricsSnapshot};

/// Gives the health and metrics of an application, from any thread. Clones observe the same application.
///
/// It holds none of the application's resources, and can be used after the application has ended. A server that outlives
/// the handle of the application should have an observer instead of the handle.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use millstream_observe::{Observer, SystemClock};
/// use millstream_observe::events::{EventSettings, EventSink, State};
/// use millstream_observe::metrics::MetricsRegistry;
///
/// let settings = EventSettings { lines: false, ..EventSettings::default() };
/// let events = EventSink::to_stdout("word-count", &settings, Arc::new(SystemClock::new()));
/// let observer = Observer::new(&events, MetricsRegistry::new("word-count"));
/// assert_eq!(observer.health().state, State::Created);
/// assert!(observer.metrics().to_prometheus().contains("millstream_log_available{application=\"word-count\"} 1\n"));
/// ```
#[derive(Clone)]
pub struct Observer {
    health: Arc<HealthTracker>,
    clock: Arc<dyn Clock>,
    metrics: MetricsRegistry,
}

impl Observer {
    /// Observes the application with these events and this registry. From now on, changes of its state are exported through
    /// the `metrics` facade too.
    #[must_use]
    pub fn new(events: &EventSink, metrics: MetricsRegistry) -> Self {
        let observer = Self { health: events.health_tracker(), clock: events.clock(), metrics };
        let exporting = observer.clone();
        // The listener holds the tracker and not the sink, so there is no cycle of references.
        events.add_listener(move |event| {
            if event.kind.changes_health() {
                metrics::export_health(&exporting.health());
            }
        });
        metrics::export_health(&observer.health());
        observer
    }

    /// The present health of the application.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health.health(self.clock.monotonic())
    }

    /// The metrics of the application, with its health. At most a second old.
    #[must_use]
    pub fn metrics(&self) -> MetricsSnapshot {
        MetricsSnapshot { health: Some(self.health()), ..self.metrics.snapshot() }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("health", &self.health()).finish_non_exhaustive()
    }
}
