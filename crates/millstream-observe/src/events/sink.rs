//! The sink for events: writes them as lines of JSON, and calls listeners.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use millstream_types::{Skipped, TaskId, catch_panic};
use serde::{Deserialize, Serialize};

use super::event::Event;
use super::health::{Health, HealthTracker};
use super::kind::EventKind;
use super::level::Level;
use super::record_data::{Audience, RecordData};
use super::throttle::{Pending, Throttle};
use crate::clock::Clock;

/// Which events are written as lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventSettings {
    /// Whether lines are written. Default: yes. This does not affect listeners and alerts.
    pub lines: bool,
    /// The minimum level of lines. Default: [`Level::Info`]. Listeners get events of every level.
    pub level: Level,
    /// Whether lines may contain data of records, such as excerpts of bytes that could not be read. Default:
    /// [`RecordData::Hidden`]. Listeners get all texts.
    pub record_data: RecordData,
}

impl Default for EventSettings {
    fn default() -> Self {
        Self { lines: true, level: Level::Info, record_data: RecordData::Hidden }
    }
}

type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// A sink for events of any thread. Clones share the output and the listeners.
///
/// Each line is written in one piece, so lines of several threads never mix. If the output fails, lines are lost and
/// listeners get an event; nothing panics or stops. As with most loggers, the emitting thread writes the line, so an output
/// that blocks blocks that thread.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use millstream_observe::SystemClock;
/// use millstream_observe::events::{EventKind, EventSettings, EventSink};
/// use millstream_types::TaskId;
///
/// let events = EventSink::to_stdout("word-count", &EventSettings::default(), Arc::new(SystemClock::new()));
/// let of_task = events.for_thread("word-count-1").for_task(TaskId::new(0, 3));
/// of_task.emit(EventKind::TaskRunning);
/// // {"time":"…","level":"info","event":"task_running","application":"word-count","thread":"word-count-1","task":"0_3",…
/// ```
#[derive(Clone)]
pub struct EventSink {
    shared: Arc<Shared>,
    thread: Option<Arc<str>>,
    task: Option<TaskId>,
}

struct Shared {
    application: Arc<str>,
    clock: Arc<dyn Clock>,
    settings: EventSettings,
    output: Mutex<Output>,
    listeners: RwLock<Vec<Listener>>,
    throttle: Mutex<Throttle>,
    health: Arc<HealthTracker>,
}

struct Output {
    writer: Box<dyn Write + Send>,
    /// Whether the last line was lost, so that one event is emitted until lines can be written again.
    failing: bool,
}

impl EventSink {
    /// A sink for events of `application` that writes lines to standard output.
    #[must_use]
    pub fn to_stdout(application: impl Into<Arc<str>>, settings: &EventSettings, clock: Arc<dyn Clock>) -> Self {
        Self::to_writer(application, settings, clock, io::stdout())
    }

    /// A sink for events of `application` that writes lines to `writer`. Each line is one `write_all`, followed by a `flush`.
    #[must_use]
    pub fn to_writer(
        application: impl Into<Arc<str>>,
        settings: &EventSettings,
        clock: Arc<dyn Clock>,
        writer: impl Write + Send + 'static,
    ) -> Self {
        let application = application.into();
        let shared = Shared {
            health: Arc::new(HealthTracker::new(Arc::clone(&application))),
            application,
            clock,
            settings: settings.clone(),
            output: Mutex::new(Output { writer: Box::new(writer), failing: false }),
            listeners: RwLock::default(),
            throttle: Mutex::default(),
        };
        Self { shared: Arc::new(shared), thread: None, task: None }
    }

    /// The same sink, for events of this thread.
    #[must_use]
    pub fn for_thread(&self, thread: impl Into<Arc<str>>) -> Self {
        Self { thread: Some(thread.into()), ..self.clone() }
    }

    /// The same sink, for events of this task.
    #[must_use]
    pub fn for_task(&self, task: TaskId) -> Self {
        Self { task: Some(task), ..self.clone() }
    }

    /// The thread whose events these are, if it was set.
    #[must_use]
    pub fn thread(&self) -> Option<Arc<str>> {
        self.thread.clone()
    }

    /// The present health of the application, derived from its events.
    #[must_use]
    pub fn health(&self) -> Health {
        self.shared.health.health(self.shared.clock.monotonic())
    }

    pub(crate) fn health_tracker(&self) -> Arc<HealthTracker> {
        Arc::clone(&self.shared.health)
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.shared.clock)
    }

    /// Adds a listener, which is called with all later events of every level, whether lines are written or not.
    ///
    /// It is called in the emitting thread, so it should be quick. A listener that panics is removed, and an event reports
    /// that.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use millstream_observe::SystemClock;
    /// use millstream_observe::events::{EventKind, EventSettings, EventSink, Level};
    ///
    /// let settings = EventSettings { lines: false, ..EventSettings::default() };
    /// let events = EventSink::to_stdout("word-count", &settings, Arc::new(SystemClock::new()));
    /// let warnings = Arc::new(AtomicUsize::new(0));
    /// let counter = Arc::clone(&warnings);
    /// events.add_listener(move |event| {
    ///     if event.level() >= Level::Warn {
    ///         counter.fetch_add(1, Ordering::Relaxed);
    ///     }
    /// });
    /// events.emit(EventKind::TaskRunning);
    /// events.emit(EventKind::CommitFailed { reason: "the group is rebalancing".to_owned(), retried: true });
    /// assert_eq!(warnings.load(Ordering::Relaxed), 1);
    /// ```
    pub fn add_listener(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.shared.listeners.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(listener));
    }

    /// Emits an event. Returns once the line is written and all listeners have returned.
    pub fn emit(&self, kind: EventKind) {
        let event = self.event(kind);
        self.shared.health.observe(&event, self.shared.clock.monotonic());
        let failure = self.shared.write_line(&event);
        self.call_listeners(&event);
        if let Some(error) = failure {
            let reason = error.kind().to_string();
            self.call_listeners(&self.event(EventKind::OutputFailed { reason }));
        }
    }

    /// Emits an event about a skipped record. The first of its reason and node is emitted at once; those of the next ten
    /// seconds are emitted together, as one event with their count. The metrics count all of them.
    pub fn record_skipped(&self, skipped: &Skipped<'_>) {
        let due = lock(&self.shared.throttle).skipped(skipped, self.task, self.shared.clock.monotonic());
        if let Some(records) = due {
            self.emit(EventKind::RecordsSkipped(records));
        }
    }

    /// Emits events that are due: about skipped records that have been held back for ten seconds, and about an outage of the
    /// log that lasts. Should be called about once a second.
    pub fn tick(&self) {
        for (thread, outage) in self.shared.health.overdue_outages(self.shared.clock.monotonic()) {
            Self { thread, task: None, shared: self.shared.clone() }.emit(outage);
        }
        self.emit_pending(Pending::Due);
    }

    /// Emits events about all skipped records that are held back. Should be called when the application closes.
    pub fn flush(&self) {
        self.emit_pending(Pending::All);
    }

    fn emit_pending(&self, which: Pending) {
        let pending = lock(&self.shared.throttle).pending(self.shared.clock.monotonic(), which);
        for (records, task) in pending {
            let of_task = Self { thread: None, task, shared: self.shared.clone() };
            of_task.emit(EventKind::RecordsSkipped(records));
        }
    }

    fn event(&self, kind: EventKind) -> Event {
        Event {
            time: self.shared.clock.now(),
            application: self.shared.application.clone(),
            thread: self.thread.clone(),
            task: self.task,
            kind,
        }
    }

    fn call_listeners(&self, event: &Event) {
        // Called outside the lock: a listener may add another or emit itself.
        let listeners = self.shared.listeners.read().unwrap_or_else(PoisonError::into_inner).clone();
        for listener in &listeners {
            if catch_panic(|| listener(event)).is_err() {
                self.shared.remove_listener(listener);
                self.emit(EventKind::ListenerFailed);
            }
        }
    }
}

impl Shared {
    /// Writes the line, if its level is high enough. Returns an error only if the previous line was written.
    fn write_line(&self, event: &Event) -> Option<io::Error> {
        if !self.settings.lines || event.level() < self.settings.level {
            return None;
        }
        let mut line = match self.settings.record_data {
            RecordData::Hidden => event.for_audience(Audience::Operator).to_json(),
            RecordData::Shown => event.to_json(),
        };
        line.push('\n');
        let mut output = lock(&self.output);
        let result = output.writer.write_all(line.as_bytes()).and_then(|()| output.writer.flush());
        let failed_before = std::mem::replace(&mut output.failing, result.is_err());
        result.err().filter(|_| !failed_before)
    }

    fn remove_listener(&self, listener: &Listener) {
        let mut listeners = self.listeners.write().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|other| !Arc::ptr_eq(other, listener));
    }
}

impl fmt::Debug for EventSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSink")
            .field("application", &self.shared.application)
            .field("thread", &self.thread)
            .field("task", &self.task)
            .finish_non_exhaustive()
    }
}

/// Locks `mutex`. No holder leaves the data inconsistent, so a poisoned lock is used all the same.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
