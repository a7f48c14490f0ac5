//! The engine of a driver: the log, the tasks, and the loop that runs them until there is nothing left to process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream_changelog::{RestoreEvent, Restorer, TurnLimit};
use millstream_core::{PartitionCounts, StoreInfo, Topology, partition_for};
use millstream_log::{CommittedOffset, Fetching, InProcessLog, Log, LogError, LogEvent, Producing, Signal, StartAt};
use millstream_observe::events::{EventSettings, EventSink};
use millstream_observe::metrics::{MetricsRegistry, TaskMetrics};
use millstream_observe::{Clock, ManualClock};
use millstream_state::{AnyStore, Backing, InMemoryEngine, StoreIndex};
use millstream_task::{
    CommitProgress, CommitScope, Committer, GlobalTasks, Outbox, Participants, Task, TaskSettings, Tasks, Work,
    restore_stores,
};
use millstream_types::{Now, Partition, RecordBytes, TaskId, Timestamp, Topic, TopicPartition};

use crate::error::Names;
use crate::loops::Loops;
use crate::tap::{SharedOutputs, Tap};
use crate::{StoreBacking, TestConfig, TestError, topics};

/// The log and the tasks of a driver.
pub(crate) struct Engine {
    topology: Topology,
    config: TestConfig,
    counts: PartitionCounts,
    log: InProcessLog,
    signal: Signal,
    /// The producer for records of the test.
    input: Box<dyn Producing>,
    fetcher: Box<dyn Fetching>,
    participants: Participants,
    tasks: Tasks,
    /// What fills the global stores, if there are any.
    globals: Option<GlobalTasks>,
    committer: Committer,
    /// The topics the tasks read, with their partition counts.
    sources: HashMap<Topic, u32, FixedState>,
    /// The topics known to be written: fixed sinks and internal topics.
    sinks: Vec<Topic>,
    stores: BTreeMap<Arc<str>, StoreIndex>,
    pub(crate) outputs: SharedOutputs,
    clock: ManualClock,
    /// The time, which only the driver advances.
    now: Now,
    pub(crate) events: EventSink,
    pub(crate) metrics: MetricsRegistry,
    log_events: Vec<LogEvent>,
    loops: Loops,
    /// Whether the last fetch did not return all records.
    has_unfetched: bool,
    /// The failure that stopped the driver.
    failed: Option<String>,
}

impl Engine {
    pub(crate) fn new(topology: &Topology, config: &TestConfig) -> Result<Self, TestError> {
        topology.check_internal_topics(&config.application_id)?;
        config.handlers.check(topology, &config.application_id)?;
        let topology = &topics::match_known(topology, config)?;
        let (log, counts) = topics::create(topology, config)?;
        let signal = Signal::new();
        let clock = ManualClock::starting_at(config.initial_wall_clock);
        let application_id = config.application_id.as_str();
        let silent = EventSettings { lines: false, ..EventSettings::default() };
        let outputs = SharedOutputs::default();
        let tap = Tap::new(log.producer("tasks", &signal)?, outputs.clone());
        let mut engine = Self {
            topology: topology.clone(),
            config: config.clone(),
            counts,
            input: log.producer("test", &signal)?,
            fetcher: log.fetcher("tasks", &signal)?,
            participants: Participants::new(Outbox::new(Box::new(tap), config.handlers.clone())),
            tasks: Tasks::default(),
            globals: None,
            committer: Committer::default(),
            sources: HashMap::default(),
            sinks: Vec::new(),
            stores: stores_of(topology),
            outputs,
            events: EventSink::to_writer(application_id, &silent, Arc::new(clock.clone()), std::io::sink()),
            metrics: MetricsRegistry::new(application_id),
            now: clock.both(),
            clock,
            log_events: Vec::new(),
            loops: Loops::new(topology, application_id, config.loop_records_max),
            has_unfetched: false,
            failed: None,
            log,
            signal,
        };
        engine.sinks = sinks_of(topology, &engine.counts, application_id);
        engine.build_globals()?;
        engine.build_tasks()?;
        engine.outputs.lock().set_sources(engine.sources.keys().cloned().collect());
        engine.start_tasks(&BTreeMap::new())?;
        Ok(engine)
    }

    /// Closes all tasks, and opens them again without any local state: stores are restored from the log, and reading continues at
    /// the committed offsets.
    pub(crate) fn restart(&mut self) -> Result<(), TestError> {
        self.check_not_failed()?;
        let committed: BTreeMap<TopicPartition, CommittedOffset> =
            self.tasks.iter().flat_map(Task::committed).collect();
        self.close();
        self.tasks = Tasks::default();
        self.fetcher = self.log.fetcher("tasks", &self.signal)?;
        let restarted =
            self.build_globals().and_then(|()| self.build_tasks()).and_then(|()| self.start_tasks(&committed));
        self.remember(restarted)
    }

    /// Builds what fills the global stores, which are empty.
    fn build_globals(&mut self) -> Result<(), TestError> {
        let (topology, config) = (&self.topology, &self.config);
        let partitions_of = |topic: &Topic| topics::count_of(config, topic.as_str());
        let settings = config.task_settings();
        self.globals = GlobalTasks::build(topology, &settings, &partitions_of, &self.events, &self.metrics)?;
        let Some(globals) = &mut self.globals else { return Ok(()) };
        globals.start(self.now)?;
        for partition in globals.partitions() {
            self.sources.insert(partition.topic.clone(), partitions_of(&partition.topic));
        }
        Ok(())
    }

    fn build_tasks(&mut self) -> Result<(), TestError> {
        let (topology, counts, config) = (&self.topology, &self.counts, &self.config);
        let globals = self.globals.as_ref().map(GlobalTasks::stores);
        let settings = TaskSettings { globals, ..config.task_settings() };
        let mut backing = |store: &StoreInfo| match config.backing {
            _ if store.in_memory => Backing::InMemory,
            StoreBacking::InMemory => Backing::InMemory,
            StoreBacking::Engine { cache_bytes_max } => {
                Backing::Engine { engine: Box::new(InMemoryEngine::new()), cache_bytes_max }
            }
        };
        for subtopology in topology.subtopologies() {
            for partition in 0..counts.tasks(subtopology.id) {
                let id = TaskId::new(subtopology.id, partition);
                let task = Task::build(topology, id, counts, &settings, &mut backing, &self.events, &self.metrics)?;
                self.tasks.insert(task);
            }
            for source in &subtopology.sources {
                let topic = source.topic.resolve(&config.application_id);
                self.sources.insert(topic, counts.partitions(&source.topic).unwrap_or(1));
            }
        }
        Ok(())
    }

    /// Starts all tasks: restores their stores, and reads their topics from the committed offsets on.
    fn start_tasks(&mut self, committed: &BTreeMap<TopicPartition, CommittedOffset>) -> Result<(), TestError> {
        let (log, signal) = (&self.log, &self.signal);
        let mut restorer = Restorer::new(log.fetcher("restore", signal)?, log.admin("restore", signal)?);
        let now = self.now;
        for partition in self.tasks.partitions().cloned().collect::<Vec<_>>() {
            let Some(task) = self.tasks.reader_of(&partition).and_then(|id| self.tasks.get_mut(id)) else { continue };
            match committed.get(&partition) {
                Some(offset) => task.resume_from(&partition, offset),
                None => task.resume_without_commit(&partition),
            }
        }
        while !self.tasks.are_all_running() {
            for task in self.tasks.iter_mut() {
                task.advance(now, &mut self.participants.outbox, &mut restorer)?;
            }
            let limit = &mut TurnLimit::none();
            for event in
                restore_stores(&mut restorer, self.tasks.by_id_mut(), &mut BTreeMap::new(), now.monotonic, limit)
            {
                if let RestoreEvent::Failed(error) = event {
                    return Err(error.into());
                }
            }
            self.participants.outbox.poll(now).map_err(TestError::Output)?;
        }
        let globals = self.globals.iter().flat_map(GlobalTasks::partitions);
        let partitions = self.tasks.partitions().cloned().chain(globals);
        let start_of = |partition: &TopicPartition| {
            committed.get(partition).map_or(StartAt::Earliest, |committed| StartAt::Offset(committed.offset))
        };
        let starts: Vec<_> = partitions.map(|partition| (partition.clone(), start_of(&partition))).collect();
        self.fetcher.assign(&starts);
        self.fetch()?;
        self.run_until_quiet()
    }

    /// Creates a topic, and lets the tasks read it, if it matches a pattern of the topology.
    fn read_if_matching(&mut self, topic: &Topic) -> Result<(), TestError> {
        if !self.topology.has_patterns() {
            return Ok(());
        }
        let application_id = self.config.application_id.as_str();
        let known = self.sources.keys().chain([topic]);
        let topology = self.topology.with_topics(application_id, known)?;
        let sources = topology.subtopologies().iter().flat_map(|part| &part.sources);
        if !sources.map(|source| source.topic.resolve(application_id)).any(|source| source == *topic) {
            return Ok(());
        }
        match self.log.create_topic(topic.clone(), topics::count_of(&self.config, topic.as_str())) {
            Ok(()) | Err(LogError::TopicExists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        self.counts = topics::counts(&topology, &self.config)?;
        self.loops.add_readers(&topology, application_id);
        self.topology = topology;
        let added = self.tasks.change_topics(&self.topology, &self.counts, &BTreeSet::new()).added;
        let starts: Vec<_> = added.into_iter().map(|partition| (partition, StartAt::Earliest)).collect();
        self.fetcher.assign(&starts);
        self.sources.insert(topic.clone(), topics::count_of(&self.config, topic.as_str()));
        self.outputs.lock().set_sources(self.sources.keys().cloned().collect());
        Ok(())
    }

    /// The wall-clock time.
    pub(crate) fn now(&self) -> Timestamp {
        self.now.wall
    }

    /// Writes a record to a source topic, and processes it and all records that follow from it.
    pub(crate) fn pipe(
        &mut self,
        topic: &Topic,
        partition: Option<u32>,
        record: &RecordBytes<'_>,
    ) -> Result<(), TestError> {
        self.check_not_failed()?;
        if !self.sources.contains_key(topic) {
            self.read_if_matching(topic)?;
        }
        let Some(&partitions) = self.sources.get(topic) else { return Err(self.not_an_input(topic)) };
        let partition = match (partition, record.key) {
            (Some(partition), _) if partition >= partitions => {
                return Err(TestError::NoSuchPartition { topic: topic.to_string(), partition, partitions });
            }
            (Some(partition), _) => Partition::new(partition),
            (None, Some(key)) if partitions > 1 => partition_for(key, partitions),
            (None, _) => Partition::new(0),
        };
        self.input.append(topic, partition, record);
        self.input.poll(self.now.monotonic, &mut self.log_events);
        for event in self.log_events.drain(..) {
            if let LogEvent::ProduceFailed { error, .. } = event {
                return Err(error.into());
            }
        }
        let fetched = self.fetch();
        self.remember(fetched)?;
        self.run()
    }

    /// Advances the wall clock: runs the schedules that are due, commits, and processes the records that were sent.
    pub(crate) fn advance_wall_clock(&mut self, step: Duration) -> Result<(), TestError> {
        self.check_not_failed()?;
        self.clock.advance(step);
        self.now = self.clock.both();
        let result = self.punctuate(self.now);
        self.remember(result)?;
        self.run()
    }

    fn punctuate(&mut self, now: Now) -> Result<(), TestError> {
        for id in self.tasks.ids() {
            let outbox = &mut self.participants.outbox;
            self.tasks.run(id, |task| task.punctuate(now, outbox)).transpose()?;
            self.commit(id, now)?;
        }
        Ok(())
    }

    /// Runs a whole commit: the in-process log acknowledges records with the next poll, and the offsets are not committed to a
    /// group.
    fn commit(&mut self, id: TaskId, now: Now) -> Result<(), TestError> {
        self.committer.begin(&self.tasks, &[id], now);
        loop {
            let mut scope = CommitScope { tasks: &mut self.tasks, participants: &mut self.participants };
            match self.committer.advance(&mut scope, now, &mut TurnLimit::none())? {
                CommitProgress::TurnOver => {}
                CommitProgress::Advanced | CommitProgress::Waiting => {
                    self.participants.outbox.poll(now).map_err(TestError::Output)?;
                }
                CommitProgress::OffsetsReady => self.committer.offsets_settled(Ok(())),
                CommitProgress::Ended => return Ok(()),
            }
        }
    }

    fn run(&mut self) -> Result<(), TestError> {
        let result = self.run_until_quiet();
        self.remember(result)
    }

    /// Processes one record at a time, of the task with the oldest head, and commits after each.
    fn run_until_quiet(&mut self) -> Result<(), TestError> {
        let now = self.now;
        self.loops.begin();
        let mut fed = self.outputs.lock().take_fed();
        loop {
            if !fed.is_empty() || self.has_unfetched {
                self.fetch()?;
            }
            let mut oldest: Option<(Timestamp, TaskId)> = None;
            for task in self.tasks.iter_mut() {
                if let Some(timestamp) = task.next_timestamp(now, &mut self.participants.outbox)?
                    && oldest.is_none_or(|(smallest, _)| timestamp < smallest)
                {
                    oldest = Some((timestamp, task.id()));
                }
            }
            let Some((_, id)) = oldest else { return Ok(()) };
            let outbox = &mut self.participants.outbox;
            self.tasks.run(id, |task| task.step(now, 1, outbox)).transpose()?;
            self.commit(id, now)?;
            fed = self.outputs.lock().take_fed();
            self.loops.note(id.subtopology, &fed)?;
        }
    }

    /// Fetches the new records of the tasks' topics.
    fn fetch(&mut self) -> Result<(), TestError> {
        self.has_unfetched = false;
        self.fetcher.poll(self.now.monotonic, &mut |_| true, &mut self.log_events);
        for event in self.log_events.drain(..) {
            match event {
                LogEvent::Chunk(chunk) => {
                    self.has_unfetched |= chunk.next_offset < chunk.end_offset;
                    match &mut self.globals {
                        Some(globals) if globals.reads(&chunk.partition.topic) => {
                            globals.process(&chunk, self.now, Some(&mut self.participants.outbox))?;
                        }
                        Some(_) | None => self.tasks.add_chunk(chunk),
                    }
                }
                LogEvent::FetchFailed { error, .. } | LogEvent::Fatal(error) => return Err(error.into()),
                // The in-process log is always available; the others are events of other clients.
                LogEvent::Stalled(_)
                | LogEvent::Unavailable(_)
                | LogEvent::AssignmentData { .. }
                | LogEvent::StreamsTasks(_)
                | LogEvent::AssignorFailed(_)
                | LogEvent::Assigned(_)
                | LogEvent::Revoked(_)
                | LogEvent::Lost(_)
                | LogEvent::Committed(_)
                | LogEvent::CommitDone { .. }
                | LogEvent::Acknowledged { .. }
                | LogEvent::ProduceFailed { .. }
                | LogEvent::AdminDone { .. }
                | LogEvent::CoordinatorSilent(_)
                | LogEvent::CoordinatorResponds
                | LogEvent::SessionTimeout(_) => {}
            }
        }
        if self.globals.is_some() {
            self.participants.outbox.poll(self.now).map_err(TestError::Output)?;
        }
        Ok(())
    }

    fn check_not_failed(&self) -> Result<(), TestError> {
        self.failed.clone().map_or(Ok(()), |earlier| Err(TestError::Stopped { earlier }))
    }

    fn remember(&mut self, result: Result<(), TestError>) -> Result<(), TestError> {
        if let Err(error) = &result {
            self.failed = Some(error.to_string());
        }
        result
    }

    fn not_an_input(&self, topic: &Topic) -> TestError {
        let patterns = self.topology.subtopologies().iter().flat_map(|subtopology| &subtopology.patterns);
        let mut known: Vec<String> = self.sources.keys().map(Topic::to_string).collect();
        known.sort();
        known.extend(patterns.map(ToString::to_string));
        TestError::NotAnInput { topic: topic.to_string(), known: Names(known) }
    }

    /// Returns an error unless the topic was written, or the topology is known to write it.
    pub(crate) fn check_output(&self, topic: &Topic) -> Result<(), TestError> {
        let outputs = self.outputs.lock();
        if self.sinks.contains(topic) || outputs.has_topic(topic.as_str()) {
            return Ok(());
        }
        let mut known = outputs.topic_names();
        known.extend(self.sinks.iter().map(Topic::to_string));
        known.sort();
        known.dedup();
        Err(TestError::NotAnOutput { topic: topic.to_string(), known: Names(known) })
    }

    pub(crate) fn store_names(&self) -> Vec<String> {
        self.stores.keys().map(ToString::to_string).collect()
    }

    /// Visits the stores of this name: one for each task that has it, or the global one.
    pub(crate) fn visit_stores(
        &mut self,
        name: &str,
        visit: &mut dyn FnMut(&mut dyn AnyStore) -> Result<(), TestError>,
    ) -> Result<(), TestError> {
        let Some(&index) = self.stores.get(name) else {
            return Err(TestError::UnknownStore { store: name.to_owned(), known: Names(self.store_names()) });
        };
        if let Some(globals) = &self.globals
            && let Some(store) = globals.stores().lock().get_mut(index)
        {
            return visit(store);
        }
        self.tasks.iter_mut().filter_map(|task| task.store_mut(index)).try_for_each(visit)
    }

    /// The metrics of all tasks, and of what fills the global stores.
    pub(crate) fn task_metrics(&self) -> impl Iterator<Item = &TaskMetrics> {
        self.tasks.iter().map(Task::metrics).chain(self.globals.iter().flat_map(GlobalTasks::metrics))
    }

    /// Publishes the metrics of all tasks.
    pub(crate) fn publish_metrics(&mut self) {
        let outbox = &self.participants.outbox;
        self.tasks.iter_mut().for_each(|task| task.publish_metrics_now(outbox));
        self.globals.iter_mut().for_each(GlobalTasks::publish_metrics);
    }

    pub(crate) fn close(&mut self) {
        self.tasks.iter_mut().for_each(|task| task.close(Work::Committed));
        self.globals.iter_mut().for_each(|globals| drop(globals.close()));
    }
}

fn sinks_of(topology: &Topology, counts: &PartitionCounts, application_id: &str) -> Vec<Topic> {
    let internal = counts.internal_topics(topology.subtopologies(), application_id).map(|(topic, ..)| topic);
    let sinks = topology.subtopologies().iter().flat_map(|subtopology| &subtopology.sinks);
    let mut all: Vec<Topic> = sinks.map(|sink| sink.resolve(application_id)).chain(internal).collect();
    all.sort();
    all.dedup();
    all
}

fn stores_of(topology: &Topology) -> BTreeMap<Arc<str>, StoreIndex> {
    let parts = topology.subtopologies().iter().chain(topology.globals());
    let stores = parts.flat_map(|subtopology| &subtopology.stores);
    stores.map(|store| (Arc::clone(&store.name), store.index)).collect()
}
