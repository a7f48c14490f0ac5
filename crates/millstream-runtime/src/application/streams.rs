//! An application before it starts: its topology, its settings and what it is made of.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use millstream_core::Topology;
use millstream_log::{Log, LogError, Signal};
use millstream_state::EngineSupplier;

use super::control::Control;
use super::handle::StreamsHandle;
use super::lifecycle::Lifecycle;
use super::policy::UncaughtErrors;
use super::supervisor::Supervisor;
use crate::StreamsConfig;
use crate::channel::Channel;
use crate::config::ConfigError;
use crate::local_state::LocalState;
use crate::own_thread::ApplicationNumber;
use crate::shared::Shared;
use crate::state_directory::{ProcessId, StateDirectory, StateDirectoryError};
use millstream_observe::alerts::{AlertConfig, AlertConfigError, Alerts};
use millstream_observe::events::{Event, EventKind, EventSink};
use millstream_observe::metrics::MetricsRegistry;
use millstream_observe::{Clock, Observer, SystemClock};
use millstream_task::Handlers;

/// Why an application did not start.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No log was given.
    #[error("the application has no log to read from; give it one by `with_log`")]
    NoLog,
    /// The state directory cannot be used.
    #[error(transparent)]
    StateDirectory(#[from] StateDirectoryError),
    /// The log made no administrator.
    #[error("the log does not let this application in: {0}")]
    Log(#[from] LogError),
    /// Alerts cannot be sent as configured.
    #[error(transparent)]
    Alerts(#[from] AlertConfigError),
    /// The system gave no thread.
    #[error("the system gave no thread: {0}")]
    Thread(#[from] io::Error),
}

millstream_types::debug_as_sentence!(StartError);

/// An application about to start: a topology, its settings, and the components it works with.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_core::StreamsBuilder;
/// use millstream_log::in_process::InProcessLog;
/// use millstream_runtime::{Streams, StreamsConfig};
/// use millstream_observe::events::State;
///
/// let log = InProcessLog::new();
/// log.create_topic("in", 1)?;
/// log.create_topic("out", 1)?;
/// let builder = StreamsBuilder::new();
/// builder.stream::<String, String>("in").to("out");
///
/// let streams = Streams::new(builder.build()?, StreamsConfig::new("copy")).with_log(log).start()?;
/// assert_eq!(streams.wait_until(State::Running, Duration::from_secs(10)), State::Running);
/// streams.close_blocking(Duration::from_secs(10))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "an application does nothing before `start`"]
pub struct Streams {
    topology: Topology,
    config: StreamsConfig,
    log: Option<Arc<dyn Log>>,
    clock: Arc<dyn Clock>,
    engines: Option<(Arc<dyn EngineSupplier>, PathBuf)>,
    handlers: Handlers,
    hash_seed: Option<u64>,
    uncaught_errors: UncaughtErrors,
    listeners: Vec<Box<dyn Fn(&Event) + Send + Sync>>,
    alerts: Option<AlertConfig>,
}

impl Streams {
    /// An application of this topology. It needs a [log](Self::with_log); the rest has defaults.
    pub fn new(topology: Topology, config: StreamsConfig) -> Self {
        Self {
            topology,
            config,
            log: None,
            clock: Arc::new(SystemClock::new()),
            engines: None,
            handlers: Handlers::default(),
            hash_seed: None,
            uncaught_errors: UncaughtErrors::default(),
            listeners: Vec::new(),
            alerts: None,
        }
    }

    /// Reads from and writes to this log.
    pub fn with_log(self, log: impl Log + 'static) -> Self {
        Self { log: Some(Arc::new(log)), ..self }
    }

    /// Takes the time from this clock instead of the system's.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: millstream_runtime::Streams) -> millstream_runtime::Streams {
    /// use millstream_observe::ManualClock;
    /// use millstream_types::Timestamp;
    ///
    /// streams.with_clock(ManualClock::starting_at(Timestamp::from_millis(0)))
    /// # }
    /// ```
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Seeds the stores' hash tables, for a run that is to repeat exactly. By default each start picks a random seed, so that
    /// no sender can choose keys that collide.
    pub fn with_hash_seed(self, seed: u64) -> Self {
        Self { hash_seed: Some(seed), ..self }
    }

    /// Keeps the stores of each task in engines of this supplier, below `state_directory`, which is made if it is not
    /// there. By default stores live in memory, and are restored whole from their changelogs; over an engine only what
    /// the engine missed is. Single stores stay in memory by [`Materialized::in_memory`](millstream_core::Materialized).
    ///
    /// Processes and applications may share a state directory on a local disk: each application has its own directory
    /// in it, each task in that, and a lock on it. A task that moves finds its state when it comes back, or when it went
    /// to another process of the same host.
    pub fn with_engines(self, engines: impl EngineSupplier + 'static, state_directory: impl Into<PathBuf>) -> Self {
        Self { engines: Some((Arc::new(engines), state_directory.into())), ..self }
    }

    /// Lets these decide on records that cannot be read, processed or written. By default such a record stops its task.
    pub fn with_handlers(self, handlers: Handlers) -> Self {
        Self { handlers, ..self }
    }

    /// Lets this decide what becomes of the application when a thread fails. By default it stops.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: millstream_runtime::Streams) -> millstream_runtime::Streams {
    /// use millstream_observe::events::ThreadAction;
    /// use millstream_runtime::UncaughtErrors;
    ///
    /// streams.with_uncaught_errors(UncaughtErrors::always(ThreadAction::Replace))
    /// # }
    /// ```
    pub fn with_uncaught_errors(self, uncaught_errors: UncaughtErrors) -> Self {
        Self { uncaught_errors, ..self }
    }

    /// Calls this listener with every event: state changes, restores, skipped records, failures. It is called in the thread
    /// where the event happens, so it should be quick. May be given several times.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: millstream_runtime::Streams) -> millstream_runtime::Streams {
    /// use millstream_observe::events::Level;
    ///
    /// streams.with_listener(|event| {
    ///     if event.level() >= Level::Warn {
    ///         eprintln!("{}", event.to_json());
    ///     }
    /// })
    /// # }
    /// ```
    pub fn with_listener(mut self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.listeners.push(Box::new(listener));
        self
    }

    /// Sends events that need a person to this receiver. By default to the one that the environment variable
    /// `MILLSTREAM_ALERT_URL` names, if it is set.
    pub fn with_alerts(self, alerts: AlertConfig) -> Self {
        Self { alerts: Some(alerts), ..self }
    }

    /// Starts the application and returns at once; everything else happens on its threads. Topics that do not fit show
    /// as the state [`Error`](millstream_observe::events::State::Error).
    ///
    /// # Errors
    /// When a setting cannot be, the state directory cannot be used, the log or the alerts refuse their configuration, or
    /// the system gives no thread.
    pub fn start(self) -> Result<StreamsHandle, StartError> {
        self.config.validate()?;
        let log = self.log.ok_or(StartError::NoLog)?;
        let id: Arc<str> = self.config.application_id.as_str().into();
        let events = EventSink::to_stdout(Arc::clone(&id), &self.config.events, Arc::clone(&self.clock));
        self.listeners.into_iter().for_each(|listener| events.add_listener(listener));
        let alert_config = self.alerts.map_or_else(AlertConfig::from_environment, |config| Ok(Some(config)))?;
        let alerts = alert_config.map(|config| Alerts::start(config, &events)).transpose()?;
        let open = |(engines, root): (_, PathBuf)| {
            let directory = StateDirectory::open(&root, &id, random_process_id())?;
            if let Some(mode) = directory.mode_before() {
                events.emit(mode_tightened(&directory, mode));
            }
            Ok::<_, StateDirectoryError>(LocalState::new(engines, directory))
        };
        let local_state = self.engines.map(open).transpose()?;
        let signal = Signal::new();
        let client_id = self.config.resolve_client_id();
        let admin = log.admin(&format!("{client_id}-admin"), &signal)?;
        let metrics = MetricsRegistry::new(Arc::clone(&id));
        let shared = Arc::new(Shared {
            number: ApplicationNumber::next(),
            client_id,
            observer: Observer::new(&events, metrics.clone()),
            metrics,
            id,
            config: self.config,
            topology: self.topology,
            log,
            clock: self.clock,
            local_state,
            handlers: self.handlers,
            hash_seed: self.hash_seed.unwrap_or_else(random_seed),
            events: events.clone(),
            thread_events: Channel::new(signal.clone()),
        });
        let control = Arc::new(Control {
            shared,
            lifecycle: Lifecycle::new(events),
            uncaught_errors: self.uncaught_errors,
            requests: Channel::new(signal),
        });
        Supervisor::new(Arc::clone(&control), admin, alerts).spawn()?;
        Ok(StreamsHandle::new(control))
    }
}

fn mode_tightened(directory: &StateDirectory, mode: u32) -> EventKind {
    EventKind::StateModeTightened {
        directory: directory.path().display().to_string(),
        from_mode: format!("{mode:04o}"),
        to_mode: "0700".to_owned(),
    }
}

/// A seed for the hash tables of a process.
#[expect(
    clippy::disallowed_methods,
    reason = "a seed that can be foreseen protects from nothing; `with_hash_seed` fixes it"
)]
fn random_seed() -> u64 {
    RandomState::new().hash_one(0)
}

/// An identity for a process that finds none to take up.
#[expect(clippy::disallowed_methods, reason = "two processes must not get the same, and nothing else depends on it")]
fn random_process_id() -> ProcessId {
    let [high, low] = [0, 1].map(|half| u128::from(RandomState::new().hash_one(half)));
    ProcessId::new(high << u64::BITS | low)
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams")
            .field("topology", &self.topology)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
