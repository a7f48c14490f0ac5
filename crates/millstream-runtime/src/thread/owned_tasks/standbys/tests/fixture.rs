//! Members of a group in one test: threads without a loop, whose tasks the test assigns, on one log.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use millstream_changelog::Restorer;
use millstream_core::{PartitionCounts, Topology};
use millstream_log::{CommittedOffset, Fetching, InProcessLog, Log, LogEvent, Membership, Signal, StartAt};
use millstream_observe::events::{Event, Failure};
use millstream_observe::{Clock, ManualClock};
use millstream_state::{
    AnyStore, Batch, Direction, Engine, EngineError, EngineErrorKind, EngineRow, EngineSupplier, InMemoryEngine,
    RawRow, StoreSpace, TaskEngines,
};
use millstream_task::{CommitScope, Handlers, Outbox, Retentions};
use millstream_types::{MonotonicTime, Now, Offset, RecordBytes, TaskId, Timestamp, Topic, TopicPartition};

use crate::StreamsConfig;
use crate::assignment::WorkPlan;
use crate::local_state::LocalState;
use crate::shared::Shared;
use crate::state_directory::{ProcessId, StateDirectory};
use crate::thread::group_events::GroupEvents;
use crate::thread::group_tasks::GroupTasks;
use crate::thread::membership_check::MembershipCheck;
use crate::thread::owned_tasks::{Clients, OwnedTasks};
use crate::thread::restore::RestorePace;

/// The rows of all stores of each task, by the names of the stores.
pub(super) type Dump = BTreeMap<(TaskId, String), Vec<RawRow>>;

type Committed = BTreeMap<TopicPartition, CommittedOffset>;

/// Engines that outlive the members that open them. The rows of a store are gone if its directory is.
#[derive(Clone, Default)]
pub(super) struct Disk {
    engines: Arc<Mutex<BTreeMap<PathBuf, InMemoryEngine>>>,
    is_damaged: Arc<AtomicBool>,
}

impl Disk {
    pub(super) fn engines(&self) -> Vec<InMemoryEngine> {
        self.engines.lock().unwrap().values().cloned().collect()
    }

    /// Damages what is open, until it is deleted and opened again.
    pub(super) fn damage(&self) {
        self.is_damaged.store(true, Ordering::Relaxed);
    }
}

/// An engine on a disk that may be damaged.
struct OnDisk {
    engine: InMemoryEngine,
    is_damaged: Arc<AtomicBool>,
}

impl OnDisk {
    fn check(&self) -> Result<(), EngineError> {
        if self.is_damaged.load(Ordering::Relaxed) {
            return Err(EngineError::new("a checksum does not fit").of_kind(EngineErrorKind::Corrupt));
        }
        Ok(())
    }
}

impl Engine for OnDisk {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.check().and_then(|()| self.engine.get(key))
    }

    fn page(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<EngineRow>, EngineError> {
        self.check().and_then(|()| self.engine.page(from, to, direction, limit))
    }

    fn write(&mut self, batch: &Batch) -> Result<(), EngineError> {
        self.check().and_then(|()| self.engine.write(batch))
    }

    fn changelog_offset(&self) -> Result<Option<Offset>, EngineError> {
        self.check().and_then(|()| self.engine.changelog_offset())
    }

    fn approximate_len(&self) -> usize {
        self.engine.approximate_len()
    }

    fn unwritten_records_max(&self) -> u64 {
        self.engine.unwritten_records_max()
    }

    fn clear(&mut self) -> Result<(), EngineError> {
        self.check().and_then(|()| self.engine.clear())
    }
}

impl EngineSupplier for Disk {
    fn open(&self, directory: &Path, stores: &[StoreSpace]) -> Result<TaskEngines, EngineError> {
        let open = |store: &StoreSpace| {
            let path = directory.join(&*store.name);
            let mut engine = self.engines.lock().unwrap().entry(path.clone()).or_default().clone();
            if !path.exists() {
                engine.clear()?;
                self.is_damaged.store(false, Ordering::Relaxed);
                std::fs::write(&path, "").unwrap();
            }
            Ok(Box::new(OnDisk { engine, is_damaged: Arc::clone(&self.is_damaged) }) as Box<dyn Engine>)
        };
        let engines = stores.iter().map(open).collect::<Result<_, EngineError>>()?;
        Ok(TaskEngines { engines, unknown: Vec::new() })
    }
}

/// A group whose test decides who has what.
pub(super) struct Group {
    pub(super) log: InProcessLog,
    pub(super) topology: Topology,
    committed: Arc<Mutex<Committed>>,
    signal: Signal,
}

impl Group {
    /// A group of this topology, whose topics have a partition each.
    pub(super) fn new(topology: Topology) -> Self {
        let log = InProcessLog::new();
        for part in topology.subtopologies() {
            let sources = part.sources.iter().map(|source| source.topic.resolve("app"));
            let sinks = part.sinks.iter().map(|sink| sink.resolve("app"));
            let changelogs = part.stores.iter().filter_map(|store| store.changelog.as_ref());
            let changelogs = changelogs.map(|changelog| changelog.name.resolve("app"));
            for topic in sources.chain(sinks).chain(changelogs) {
                // Some topics have a writer and a reader.
                _ = log.create_topic(topic, 1);
            }
        }
        Self { log, topology, committed: Arc::default(), signal: Signal::new() }
    }

    pub(super) fn tasks(&self) -> BTreeSet<TaskId> {
        self.topology.subtopologies().iter().map(|part| TaskId::new(part.id, 0)).collect()
    }

    pub(super) fn feed(&self, topic: &str, key: &str, value: Option<&str>, millis: i64) {
        let time = Timestamp::from_millis(millis);
        let record = RecordBytes::new(time, Some(key.as_bytes()), value.map(str::as_bytes));
        self.log.append(&TopicPartition::new(topic, 0), &record).unwrap();
    }

    /// A member whose stores are in memory.
    pub(super) fn member(&self) -> Member {
        self.member_with(None)
    }

    /// A member whose stores are on this disk, in its own directory.
    pub(super) fn member_on(&self, disk: &Disk, root: &Path) -> Member {
        let directory = StateDirectory::open(root, "app", ProcessId::new(1)).unwrap();
        self.member_with(Some(LocalState::new(Arc::new(disk.clone()), directory)))
    }

    fn member_with(&self, local_state: Option<LocalState>) -> Member {
        let (log, signal) = (&self.log, &self.signal);
        let clock = ManualClock::starting_at(Timestamp::from_millis(0));
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let shared = self.shared(local_state, &clock);
        let heard = Arc::clone(&events);
        shared.events.add_listener(move |event| heard.lock().unwrap().push(event.clone()));
        let consumer = TestConsumer {
            fetcher: log.fetcher("f", signal).unwrap(),
            committed: Arc::clone(&self.committed),
            ready: Vec::new(),
            last: 0,
        };
        let clients = Clients {
            consumer: Box::new(consumer),
            assignor: None,
            outbox: Outbox::new(log.producer("p", signal).unwrap(), Handlers::default()),
            restorer: Restorer::new(log.fetcher("r", signal).unwrap(), log.admin("a", signal).unwrap()),
        };
        let counts = PartitionCounts::resolve(self.topology.subtopologies(), |_| Some(1)).unwrap();
        let plan = WorkPlan::new(shared.process_id, &shared.config, self.topology.clone(), counts, Retentions::new([]));
        let timeout = shared.config.session_timeout;
        let membership = MembershipCheck::new(timeout, MonotonicTime::START);
        let group_tasks = GroupTasks::new(Arc::clone(&shared), shared.events.clone(), None);
        Member {
            owned: OwnedTasks::new(&shared, Arc::new(plan), shared.events.clone(), clients, 1 << 20),
            group: GroupEvents::new(shared.events.clone(), timeout, membership, group_tasks),
            membership: MembershipCheck::new(timeout, MonotonicTime::START),
            shared,
            clock,
            events,
        }
    }

    fn shared(&self, local_state: Option<LocalState>, clock: &ManualClock) -> Arc<Shared> {
        let config = StreamsConfig { commit_interval: Duration::from_millis(100), ..StreamsConfig::new("app") };
        let (topology, log, signal) = (self.topology.clone(), self.log.clone(), self.signal.clone());
        Arc::new(Shared::for_test(config, topology, log, Arc::new(clock.clone()), signal, local_state))
    }
}

/// A thread without its loop.
pub(super) struct Member {
    pub(super) owned: OwnedTasks,
    pub(super) shared: Arc<Shared>,
    pub(super) clock: ManualClock,
    group: GroupEvents,
    membership: MembershipCheck,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Member {
    pub(super) fn now(&self) -> Now {
        self.clock.both()
    }

    pub(super) fn stand_by(&mut self, tasks: &BTreeSet<TaskId>) {
        self.owned.set_standbys(tasks, &BTreeSet::new());
    }

    pub(super) fn assign(&mut self, tasks: &BTreeSet<TaskId>) {
        let now = self.now();
        self.owned.assign(tasks.iter().copied().collect(), now).unwrap();
    }

    /// A turn, as those of a stream thread, without commits.
    pub(super) fn try_turn(&mut self) -> Result<(), Failure> {
        self.clock.advance(Duration::from_millis(1));
        let now = self.now();
        let (consumer, tasks) = (&mut self.owned.consumer, &self.owned.tasks);
        let mut events = Vec::new();
        consumer.poll(now.monotonic, &mut |partition| tasks.wants(partition), &mut events);
        events.into_iter().try_for_each(|event| self.group.handle(event, &mut self.owned, now))?;
        self.owned.participants.outbox.poll(now)?;
        self.owned.open_waiting(now)?;
        self.owned.keep_standbys(now)?;
        self.owned.restore(RestorePace::Full, &mut self.group.outage, now)?;
        self.owned.process(&mut self.membership, now).map(drop)
    }

    /// Turns until nothing is left to do.
    pub(super) fn run(&mut self) {
        (0..60).for_each(|_| self.try_turn().unwrap());
        assert!(self.owned.are_all_running());
    }

    /// Commits what was processed.
    pub(super) fn commit(&mut self) {
        let now = self.now();
        let uncommitted = self.owned.tasks.uncommitted();
        self.owned.commits.begin(&self.owned.tasks, &uncommitted, now);
        while !self.owned.commits.is_idle() {
            let OwnedTasks { tasks, participants, consumer, commits, .. } = &mut self.owned;
            let scope = &mut CommitScope { tasks, participants };
            commits.advance(scope, &mut **consumer, &self.clock, now).unwrap();
            let mut events = Vec::new();
            consumer.poll(now.monotonic, &mut |_| false, &mut events);
            events.into_iter().for_each(|event| self.group.handle(event, &mut self.owned, now).unwrap());
            self.owned.participants.outbox.poll(now).unwrap();
        }
        self.owned.note_offset_sums();
    }

    /// The group has revoked tasks, which were committed.
    pub(super) fn revoke(&mut self, tasks: &BTreeSet<TaskId>) {
        self.owned.close_revoked(tasks.iter().copied().collect());
    }

    /// What its active tasks have, if all of them run.
    pub(super) fn active(&mut self) -> Dump {
        let mut dump = Dump::new();
        for task in self.owned.tasks.iter_mut() {
            let id = task.id();
            task.stores_mut().for_each(|store| dump_store(id, store, &mut dump));
        }
        dump
    }

    /// What its standbys have.
    pub(super) fn standbys(&mut self) -> Dump {
        let mut dump = Dump::new();
        for (id, standby) in &mut self.owned.standbys.tasks {
            standby.write_back(&mut self.owned.restoring.restorer).unwrap();
            standby.stores_mut().for_each(|store| dump_store(*id, store, &mut dump));
        }
        dump
    }

    /// The names and the tasks of its events about restoring and standbys, without progress.
    pub(super) fn told(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let names = events.iter().map(|event| event.kind.name());
        let is_meant = |name: &&str| {
            (name.starts_with("standby") || name.starts_with("restore") || *name == "store_outside_changelog")
                && !name.ends_with("progress")
        };
        names.filter(is_meant).map(str::to_owned).collect()
    }

    /// The messages of its events of a name.
    pub(super) fn messages(&self, name: &str) -> Vec<String> {
        let events = self.events.lock().unwrap();
        events.iter().filter(|event| event.kind.name() == name).map(Event::message).collect()
    }
}

fn dump_store(task: TaskId, store: &mut dyn AnyStore, dump: &mut Dump) {
    let rows = store.dump(None, usize::MAX).unwrap();
    dump.insert((task, store.name().to_owned()), rows);
}

/// A member whose group does what the test says: offsets are committed at once, whoever asks.
struct TestConsumer {
    fetcher: Box<dyn Fetching>,
    committed: Arc<Mutex<Committed>>,
    ready: Vec<LogEvent>,
    last: u64,
}

impl Membership for TestConsumer {
    fn subscribe(&mut self, _topics: &[Topic]) {}

    fn finish_rebalance(&mut self) {}

    fn fetch_committed(&mut self, partitions: &[TopicPartition]) {
        let committed = self.committed.lock().unwrap();
        let of = |partition: &TopicPartition| (partition.clone(), committed.get(partition).cloned());
        self.ready.push(LogEvent::Committed(partitions.iter().map(of).collect()));
    }

    fn commit(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64 {
        self.committed.lock().unwrap().extend(offsets.iter().cloned());
        self.last += 1;
        self.ready.push(LogEvent::CommitDone { token: self.last, result: Ok(()) });
        self.last
    }

    fn leave(&mut self) {}
}

impl Fetching for TestConsumer {
    fn assign(&mut self, partitions: &[(TopicPartition, StartAt)]) {
        self.fetcher.assign(partitions);
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        self.fetcher.unassign(partitions);
    }

    fn poll(&mut self, now: MonotonicTime, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<LogEvent>) {
        events.append(&mut self.ready);
        self.fetcher.poll(now, wants, events);
    }
}

/// The end of a topic of one partition.
pub(super) fn end_of(log: &InProcessLog, topic: &str) -> Offset {
    log.offset_range(&TopicPartition::new(topic, 0)).unwrap().1
}
