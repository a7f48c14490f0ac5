//! An application before it starts: its topology, settings and components.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use millstream_core::{GeneratedNames, Topology, TopologyError};
use millstream_log::{Log, LogError, Signal};
use millstream_state::EngineSupplier;
use millstream_types::{MonotonicTime, TaskId};

use super::control::Control;
use super::handle::StreamsHandle;
use super::lifecycle::Lifecycle;
use super::policy::UncaughtErrors;
use super::supervisor::Supervisor;
use crate::StreamsConfig;
use crate::assignment::group::GroupMetadata;
use crate::channel::Channel;
use crate::config::{ConfigError, LogGroups, NamePolicy};
use crate::local_state::LocalState;
use crate::own_thread::ApplicationNumber;
use crate::pause::Pause;
use crate::shared::Shared;
use crate::state_directory::{ProcessId, StaleTasks, StateDirectory, StateDirectoryError};
use millstream_observe::alerts::{AlertConfig, AlertConfigError, Alerts};
use millstream_observe::events::{Event, EventKind, EventSink};
use millstream_observe::metrics::MetricsRegistry;
use millstream_observe::{Clock, Observer, SystemClock};
use millstream_task::{HandlerTopicError, Handlers};

/// Why an application did not start.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Stores or repartition topics have generated names, which [`StreamsConfig::names`] does not allow.
    #[error("setting `names` allows explicit names only, and these are generated: {0}")]
    GeneratedNames(GeneratedNames),
    /// The topology does not fit the application's id: the name of an internal topic is too long.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// A topic of the handlers cannot be used.
    #[error(transparent)]
    Handlers(#[from] HandlerTopicError),
    /// No log was given.
    #[error("the application has no log to read from; give it one by `with_log`")]
    NoLog,
    /// The state directory cannot be used.
    #[error(transparent)]
    StateDirectory(#[from] StateDirectoryError),
    /// The log did not create an administration client.
    #[error("the log refuses this application: {0}")]
    Log(#[from] LogError),
    /// The configuration of alerts is invalid.
    #[error(transparent)]
    Alerts(#[from] AlertConfigError),
    /// A thread could not be started.
    #[error("a thread could not be started: {0}")]
    Thread(#[from] io::Error),
    /// Signals cannot be received, which [`close_on_signals`](Streams::close_on_signals) asks for.
    #[cfg(all(feature = "signals", unix))]
    #[error("the system takes no handler for SIGTERM and Ctrl-C: {0}")]
    Signals(io::Error),
}

millstream_types::debug_as_sentence!(StartError);

/// An application that is not started: a topology, its settings, and its components.
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
    #[cfg(all(feature = "signals", unix))]
    closes_on_signals: bool,
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
            #[cfg(all(feature = "signals", unix))]
            closes_on_signals: false,
        }
    }

    /// Sets the log that the application reads from and writes to. Required.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::StreamsBuilder;
    /// # use millstream_log::InProcessLog;
    /// # use millstream_runtime::{StartError, Streams, StreamsConfig};
    /// # let builder = StreamsBuilder::new();
    /// # builder.stream::<String, String>("in").to("out");
    /// # let topology = builder.build()?;
    /// let streams = Streams::new(topology.clone(), StreamsConfig::new("copy"));
    /// assert!(matches!(streams.start(), Err(StartError::NoLog)));
    ///
    /// let log = InProcessLog::new();
    /// log.create_topic("in", 1)?;
    /// log.create_topic("out", 1)?;
    /// let streams = Streams::new(topology, StreamsConfig::new("copy")).with_log(log).start()?;
    /// # drop(streams);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_log(self, log: impl Log + 'static) -> Self {
        Self { log: Some(Arc::new(log)), ..self }
    }

    /// Sets the clock. By default it is the system's.
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

    /// Sets the seed of the stores' hash tables, so that a run can be repeated exactly. By default each start uses a random
    /// seed, so that a producer cannot choose keys that collide.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: millstream_runtime::Streams) -> millstream_runtime::Streams {
    /// streams.with_hash_seed(42)
    /// # }
    /// ```
    pub fn with_hash_seed(self, seed: u64) -> Self {
        Self { hash_seed: Some(seed), ..self }
    }

    /// Keeps the stores of each task in engines of this supplier, below `state_directory`, which is created if it does not
    /// exist. By default stores are in memory, and are restored completely from their changelogs; with an engine only the
    /// records that it does not have are restored. [`Materialized::in_memory`](millstream_core::Materialized) keeps a single
    /// store in memory.
    ///
    /// Processes and applications may share a state directory on a local disk: each application has its own directory
    /// there, and each task a locked directory in that. A task that moves to another process of the same host, or returns,
    /// reuses its state.
    ///
    /// # Examples
    /// ```no_run
    /// use millstream_runtime::Streams;
    /// use millstream_state::EngineSupplier;
    ///
    /// /// `engines` is for example the `RocksDb` of the crate `millstream-rocksdb`.
    /// fn on_disk(streams: Streams, engines: impl EngineSupplier + 'static) -> Streams {
    ///     streams.with_engines(engines, "/var/lib/orders")
    /// }
    /// ```
    pub fn with_engines(self, engines: impl EngineSupplier + 'static, state_directory: impl Into<PathBuf>) -> Self {
        Self { engines: Some((Arc::new(engines), state_directory.into())), ..self }
    }

    /// Sets the handlers that decide on records that cannot be read, processed or written. By default such a record stops its
    /// task.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: millstream_runtime::Streams) -> millstream_runtime::Streams {
    /// use millstream_task::{ErrorHandler, Handlers};
    ///
    /// let handlers = Handlers { deserialization: ErrorHandler::Continue, ..Handlers::default() };
    /// streams.with_handlers(handlers)
    /// # }
    /// ```
    pub fn with_handlers(self, handlers: Handlers) -> Self {
        Self { handlers, ..self }
    }

    /// Sets what happens to the application when a thread fails. By default it stops.
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

    /// Adds a listener, which is called with every event: state changes, restores, skipped records, failures. It is called in
    /// the thread where the event happens, so it should be quick. There may be several.
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

    /// Sends alerts, which are events of the level of an error, to this receiver. By default it is the one that the
    /// environment variable `MILLSTREAM_ALERT_URL` names, if that is set.
    ///
    /// # Examples
    /// ```no_run
    /// # #[cfg(feature = "alerts")]
    /// # fn example(streams: millstream_runtime::Streams) -> Result<millstream_runtime::Streams, Box<dyn std::error::Error>> {
    /// use millstream_observe::alerts::AlertConfig;
    ///
    /// let alerts = AlertConfig::new("https://alerts.example.com/hooks/orders")?.with_token("s3cret")?;
    /// Ok(streams.with_alerts(alerts))
    /// # }
    /// ```
    pub fn with_alerts(self, alerts: AlertConfig) -> Self {
        Self { alerts: Some(alerts), ..self }
    }

    /// Deletes the state of this application on this host, so that the next start restores all stores from their changelogs. Returns
    /// the tasks whose state was deleted; none without [engines](Self::with_engines). As Kafka Streams' `cleanUp`.
    ///
    /// Stores without a changelog cannot be restored, and are empty afterwards.
    ///
    /// # Errors
    /// When another process, or an application of this one, has a task open; the state of the others is deleted. Otherwise on an I/O
    /// error.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: millstream_runtime::Streams) -> Result<(), Box<dyn std::error::Error>> {
    /// let deleted = streams.clean_up()?;
    /// println!("{} tasks begin with empty stores", deleted.len());
    /// let streams = streams.start()?;
    /// # Ok(()) }
    /// ```
    pub fn clean_up(&self) -> Result<Vec<TaskId>, StateDirectoryError> {
        let Some((_, root)) = &self.engines else { return Ok(Vec::new()) };
        let directory = StateDirectory::open(root, &self.config.application_id, random_process_id())?;
        let deleted = StaleTasks::new(Duration::ZERO).clean(&directory, MonotonicTime::START)?;
        // What is left was open. The error names who has it.
        directory.tasks()?.into_iter().try_for_each(|task| directory.lock_task(task).map(drop))?;
        Ok(deleted)
    }

    /// Lets SIGTERM and Ctrl-C (SIGINT) close this application, as [`StreamsHandle::close`](crate::StreamsHandle::close) does,
    /// from before its first thread starts. What waits for the application's end, such as
    /// [`wait_until_ended`](crate::StreamsHandle::wait_until_ended), then returns.
    ///
    /// A signal closes all applications of the process that listen. If all of them are closing already or have ended, for
    /// example after a second Ctrl-C, the signal ends the process at once, as it does by default. Other signals, and a
    /// program's own handlers of these, are not affected. [`start`](Self::start) fails if the handler cannot be installed.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(application: millstream_runtime::Streams) -> Result<(), Box<dyn std::error::Error>> {
    /// let streams = application.close_on_signals().start()?;
    /// streams.wait_until_ended()?;
    /// # Ok(()) }
    /// ```
    #[cfg(all(feature = "signals", unix))]
    pub fn close_on_signals(mut self) -> Self {
        self.closes_on_signals = true;
        self
    }

    /// Starts the application and returns at once; it runs on its own threads. Topics that do not fit the topology lead to
    /// the state [`Error`](millstream_observe::events::State::Error).
    ///
    /// # Errors
    /// When a setting is invalid, the state directory cannot be used, the log or the alerts refuse their configuration, a
    /// thread cannot be started, or signals cannot be received.
    pub fn start(self) -> Result<StreamsHandle, StartError> {
        self.start_with(Pause::default())
    }

    /// Starts the application [paused](StreamsHandle::pause): it joins its group and gets its tasks, and processes nothing before it
    /// is [resumed](StreamsHandle::resume).
    ///
    /// # Errors
    /// As [`start`](Self::start).
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: millstream_runtime::Streams) -> Result<(), Box<dyn std::error::Error>> {
    /// let streams = streams.start_paused()?;
    /// // Whatever has to be ready first.
    /// streams.resume();
    /// # Ok(()) }
    /// ```
    pub fn start_paused(self) -> Result<StreamsHandle, StartError> {
        self.start_with(Pause::from_the_start())
    }

    fn start_with(self, pause: Pause) -> Result<StreamsHandle, StartError> {
        self.config.validate()?;
        check_names(self.config.names, &self.topology)?;
        self.topology.check_internal_topics(&self.config.application_id)?;
        self.handlers.check(&self.topology, &self.config.application_id)?;
        let log = self.log.ok_or(StartError::NoLog)?;
        if !log.takes_assignors() {
            self.config.check_without_assignor()?;
        }
        self.config.check_streams_group(&self.topology, LogGroups::of(&*log))?;
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
        let process_id = local_state.as_ref().map_or_else(random_process_id, |state| state.directory().process_id());
        let signal = Signal::new();
        let client_id = self.config.resolve_client_id();
        let admin = log.admin(&format!("{client_id}-admin"), &signal)?;
        let metrics = MetricsRegistry::new(Arc::clone(&id));
        let shared = Arc::new(Shared {
            number: ApplicationNumber::next(),
            client_id,
            process_id,
            observer: Observer::new(&events, metrics.clone()),
            metrics,
            id,
            config: self.config,
            pause,
            topology: self.topology,
            log,
            clock: self.clock,
            local_state,
            handlers: self.handlers,
            hash_seed: self.hash_seed.unwrap_or_else(random_seed),
            events: events.clone(),
            globals: OnceLock::new(),
            metadata: GroupMetadata::default(),
            thread_events: Channel::new(signal.clone()),
        });
        let control = Arc::new(Control {
            shared,
            lifecycle: Lifecycle::new(events),
            uncaught_errors: self.uncaught_errors,
            requests: Channel::new(signal),
        });
        #[cfg(all(feature = "signals", unix))]
        if self.closes_on_signals {
            super::signals::close_on_signals(&control).map_err(StartError::Signals)?;
        }
        Supervisor::new(Arc::clone(&control), admin, alerts).spawn()?;
        Ok(StreamsHandle::new(control))
    }
}

/// Returns an error if the topology has generated names that `policy` does not allow.
fn check_names(policy: NamePolicy, topology: &Topology) -> Result<(), StartError> {
    let generated = topology.generated_names();
    match policy {
        NamePolicy::ExplicitOnly if !generated.is_empty() => Err(StartError::GeneratedNames(generated)),
        NamePolicy::ExplicitOnly | NamePolicy::GeneratedAllowed => Ok(()),
    }
}

fn mode_tightened(directory: &StateDirectory, mode: u32) -> EventKind {
    EventKind::StateModeTightened {
        directory: directory.path().display().to_string(),
        from_mode: format!("{mode:04o}"),
        to_mode: "0700".to_owned(),
    }
}

/// A random seed for hash tables.
#[expect(
    clippy::disallowed_methods,
    reason = "a seed that can be foreseen protects from nothing; `with_hash_seed` fixes it"
)]
fn random_seed() -> u64 {
    RandomState::new().hash_one(0)
}

/// A random identity, for a process that finds no free one in the state directory.
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
