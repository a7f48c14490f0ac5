//! The thread that fills the global stores of an application, and keeps them up to date.
//!
//! It reads all partitions of their topics from the beginning, outside the group. Stream threads are started when the stores have what the
//! topics had at the start. A failure ends the application.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use millstream_log::{
    AdminRequest, AdminResponse, Administration, Chunk, Fetching, LogError, LogEvent, Signal, StartAt,
};
use millstream_observe::events::{EventKind, EventSink, Failure, FailureKind};
use millstream_observe::{Outage, catch_panic};
use millstream_task::{GlobalTasks, Outbox, Participant, TaskSettings};
use millstream_types::{MonotonicTime, Now, Offset, Topic, TopicPartition};

use crate::channel::Channel;
use crate::messages::{StopGlobals, ThreadEvent};
use crate::shared::Shared;
use crate::thread::SpawnError;

/// The longest wait for records, after which metrics are published.
const TICK: Duration = Duration::from_millis(500);

/// How long a request to the log that failed is not repeated.
const REQUEST_BACKOFF: Duration = Duration::from_millis(500);

/// How long an application that is closed waits for the log to have what the thread has sent.
const SEND_LIMIT: Duration = Duration::from_secs(5);

/// How long it waits for one response of the log meanwhile.
const FLUSH_TICK: Duration = Duration::from_millis(10);

/// The name of the thread.
pub(crate) fn thread_name(client_id: &str) -> String {
    format!("{client_id}-GlobalStreamThread")
}

/// Starts the thread. A message to the channel ends it.
///
/// # Errors
/// When the log does not create a client, or the thread cannot be started.
#[expect(clippy::disallowed_methods, reason = "the application's threads begin here and in the thread module only")]
pub(crate) fn spawn(shared: &Arc<Shared>) -> Result<Channel<StopGlobals>, SpawnError> {
    let signal = Signal::new();
    let (commands, name) = (Channel::new(signal.clone()), thread_name(&shared.client_id));
    let sends = shared.handlers.dead_letters.is_some() || shared.handlers.dropped_records.is_some();
    let producer = sends.then(|| shared.log.producer(&name, &signal)).transpose()?;
    let mut thread = GlobalThread {
        events: shared.events.for_thread(name.as_str()),
        fetcher: shared.log.fetcher(&name, &signal)?,
        admin: shared.log.admin(&name, &signal)?,
        shared: Arc::clone(shared),
        commands: commands.clone(),
        phase: Phase::Waiting(MonotonicTime::START),
        globals: None,
        outbox: producer.map(|producer| Outbox::new(producer, shared.handlers.clone())),
        missing: BTreeMap::new(),
        outage: Outage::default(),
    };
    let run = move || {
        thread.shared.number.mark_current_thread();
        let ended =
            catch_panic(|| thread.run()).unwrap_or_else(|message| Err(Failure::new(FailureKind::Panic, message)));
        let shared = Arc::clone(&thread.shared);
        _ = catch_panic(|| drop(thread));
        // Refused, the application has ended without waiting for this thread.
        _ = shared.thread_events.send(ThreadEvent::GlobalsEnded(ended.err()));
    };
    std::thread::Builder::new().name(name).spawn(run)?;
    Ok(commands)
}

/// How far the thread has come.
enum Phase {
    /// The next request is sent at this time.
    Waiting(MonotonicTime),
    /// The numbers of partitions are requested.
    Counting(u64),
    /// The ends of the partitions are requested.
    Measuring(u64),
    /// Reads what the topics had at the start.
    Filling,
    /// Follows the topics.
    Following,
}

/// How far a store is filled from a partition.
struct Filling {
    store: Arc<str>,
    /// The offset after the last record that the partition had at the start.
    end: Offset,
    began: MonotonicTime,
    records: u64,
}

struct GlobalThread {
    shared: Arc<Shared>,
    events: EventSink,
    commands: Channel<StopGlobals>,
    fetcher: Box<dyn Fetching>,
    admin: Box<dyn Administration>,
    phase: Phase,
    globals: Option<GlobalTasks>,
    /// For records that go no further, if they have a topic.
    outbox: Option<Outbox>,
    /// The partitions of which records are still to be read.
    missing: BTreeMap<TopicPartition, Filling>,
    outage: Outage,
}

impl GlobalThread {
    fn run(&mut self) -> Result<(), Failure> {
        let signal = self.commands.signal().clone();
        let mut events = Vec::new();
        while self.commands.receive().is_none() {
            let now = self.shared.clock.monotonic();
            self.request(now);
            self.admin.poll(now, &mut events);
            self.send(self.shared.clock.both())?;
            let accepts = self.outbox.as_ref().is_none_or(Outbox::accepts_records);
            self.fetcher.poll(now, &mut |_| accepts, &mut events);
            let is_idle = events.is_empty();
            for event in events.drain(..) {
                self.handle(event, now)?;
            }
            self.report_filled();
            if is_idle {
                self.globals.iter_mut().for_each(GlobalTasks::publish_metrics);
                signal.wait(if matches!(self.phase, Phase::Waiting(_)) { REQUEST_BACKOFF } else { TICK });
            }
        }
        self.close();
        self.finish_sending()
    }

    /// Sends what is pending, and handles what the log says to it.
    fn send(&mut self, now: Now) -> Result<(), Failure> {
        self.outbox.as_mut().map_or(Ok(()), |outbox| outbox.poll(now))
    }

    /// Waits until the log has what was sent, for a bounded time. It is sent again at the next start anyway.
    fn finish_sending(&mut self) -> Result<(), Failure> {
        let signal = self.commands.signal().clone();
        let end = self.shared.clock.monotonic() + SEND_LIMIT;
        if let Some(outbox) = &mut self.outbox {
            outbox.begin_flush();
        }
        while self.outbox.as_ref().is_some_and(|outbox| !outbox.is_flushed()) && self.shared.clock.monotonic() < end {
            self.send(self.shared.clock.both())?;
            signal.wait(FLUSH_TICK);
        }
        Ok(())
    }

    /// Requests the numbers of partitions, if that is due.
    fn request(&mut self, now: MonotonicTime) {
        if let Phase::Waiting(at) = self.phase
            && now >= at
        {
            let sources = self.shared.topology.globals().iter().flat_map(|global| &global.sources);
            let topics = sources.map(|source| source.topic.resolve(&self.shared.id)).collect();
            self.phase = Phase::Counting(self.admin.request(AdminRequest::PartitionCounts(topics)));
        }
    }

    fn handle(&mut self, event: LogEvent, now: MonotonicTime) -> Result<(), Failure> {
        match event {
            LogEvent::AdminDone { token, result } if self.is_awaited(token) => self.take_response(result, now),
            LogEvent::Chunk(chunk) => {
                self.outage.end(now, &self.events);
                if let Some(globals) = &mut self.globals {
                    let written = globals.process(&chunk, self.shared.clock.both(), self.outbox.as_mut());
                    written.map_err(|error| error.failure)?;
                }
                self.filled_by(&chunk, now);
                Ok(())
            }
            // What was deleted meanwhile was in the table only for a moment: the rest is read from its first record.
            LogEvent::FetchFailed { partition, error: LogError::OffsetOutOfRange { .. } } => {
                self.fetcher.assign(&[(partition, StartAt::Earliest)]);
                Ok(())
            }
            LogEvent::FetchFailed { error, .. } if !error.is_retriable() => Err(of_log(error)),
            LogEvent::Fatal(error) => Err(of_log(error)),
            LogEvent::Unavailable(reason) => {
                self.outage.report(&reason, now, &self.events);
                Ok(())
            }
            // Reading resumes by itself. The others are events of other clients.
            _ => Ok(()),
        }
    }

    fn is_awaited(&self, token: u64) -> bool {
        matches!(self.phase, Phase::Counting(awaited) | Phase::Measuring(awaited) if awaited == token)
    }

    fn take_response(&mut self, result: Result<AdminResponse, LogError>, now: MonotonicTime) -> Result<(), Failure> {
        if result.is_ok() {
            self.outage.end(now, &self.events);
        }
        match result {
            Ok(AdminResponse::PartitionCounts(counts)) => self.counted(counts),
            Ok(AdminResponse::OffsetRanges(ranges)) => self.measured(ranges, now),
            Ok(_) => Ok(()),
            Err(error) => self.retry(error, now),
        }
    }

    /// Tries again later, unless the error is permanent.
    fn retry(&mut self, error: LogError, now: MonotonicTime) -> Result<(), Failure> {
        if !error.is_retriable() {
            return Err(of_log(error));
        }
        self.outage.report(&error.to_string(), now, &self.events);
        self.phase = Phase::Waiting(now + REQUEST_BACKOFF);
        Ok(())
    }

    /// Builds the operators for these numbers of partitions, once, and requests the ends of the partitions.
    fn counted(&mut self, counts: Vec<(Topic, Option<u32>)>) -> Result<(), Failure> {
        if let Some((topic, _)) = counts.iter().find(|(_, count)| count.is_none()) {
            let error = format!("the topic `{topic}` of a global store does not exist; create it, and start again");
            return Err(Failure::new(FailureKind::Topology, error));
        }
        let counts: BTreeMap<Topic, u32> =
            counts.into_iter().filter_map(|(topic, count)| Some((topic, count?))).collect();
        if self.globals.is_none() {
            self.globals = self.build(&counts)?;
        }
        let partitions = self.globals.iter().flat_map(GlobalTasks::partitions).collect();
        self.phase = Phase::Measuring(self.admin.request(AdminRequest::OffsetRanges(partitions)));
        Ok(())
    }

    fn build(&self, counts: &BTreeMap<Topic, u32>) -> Result<Option<GlobalTasks>, Failure> {
        let settings = TaskSettings {
            hash_seed: self.shared.hash_seed,
            handlers: self.shared.handlers.clone(),
            ..TaskSettings::new(Arc::clone(&self.shared.id))
        };
        let partitions_of = |topic: &Topic| counts.get(topic).copied().unwrap_or(0);
        let (topology, metrics) = (&self.shared.topology, &self.shared.metrics);
        let built = GlobalTasks::build(topology, &settings, &partitions_of, &self.events, metrics);
        let mut globals = built.map_err(|error| Failure::from_error(FailureKind::Topology, error))?;
        if let Some(globals) = &mut globals {
            globals.start(self.shared.clock.both()).map_err(|error| error.failure)?;
        }
        Ok(globals)
    }

    /// Reads the partitions from their beginning. Those that end there are read already.
    fn measured(
        &mut self,
        ranges: Vec<(TopicPartition, Result<(Offset, Offset), LogError>)>,
        now: MonotonicTime,
    ) -> Result<(), Failure> {
        let measured: Result<Vec<_>, LogError> =
            ranges.into_iter().map(|(partition, range)| Ok((partition, range?))).collect();
        let measured = match measured {
            Ok(measured) => measured,
            Err(error) => return self.retry(error, now),
        };
        let starts: Vec<_> = measured.iter().map(|(partition, _)| (partition.clone(), StartAt::Earliest)).collect();
        measured.into_iter().for_each(|(partition, range)| self.begin_filling(partition, range, now));
        self.fetcher.assign(&starts);
        self.phase = Phase::Filling;
        Ok(())
    }

    /// Reports that a store is filled from a partition with this range. One without records is filled at once.
    fn begin_filling(&mut self, partition: TopicPartition, (begin, end): (Offset, Offset), now: MonotonicTime) {
        let store = self.globals.as_ref().and_then(|globals| globals.store_of(&partition.topic));
        let filling = Filling { store: store.unwrap_or_default(), end, began: now, records: 0 };
        self.events.emit(EventKind::RestoreStarted {
            store: Arc::clone(&filling.store),
            changelog: partition.clone(),
            from_offset: begin,
            to_offset: end,
        });
        if begin < end {
            self.missing.insert(partition, filling);
        } else {
            self.emit_filled(partition, &filling, now);
        }
    }

    /// Takes note of the records of a chunk, of those that are still to be read.
    fn filled_by(&mut self, chunk: &Chunk, now: MonotonicTime) {
        let Some(filling) = self.missing.get_mut(&chunk.partition) else { return };
        filling.records += chunk.iter().filter(|record| record.offset() < filling.end).count() as u64;
        if chunk.next_offset >= filling.end {
            if let Some((partition, filling)) = self.missing.remove_entry(&chunk.partition) {
                self.emit_filled(partition, &filling, now);
            }
            return;
        }
        self.events.emit(EventKind::RestoreProgress {
            store: Arc::clone(&filling.store),
            changelog: chunk.partition.clone(),
            records: filling.records,
            from_offset: chunk.next_offset,
            to_offset: filling.end,
        });
    }

    fn emit_filled(&self, changelog: TopicPartition, filling: &Filling, now: MonotonicTime) {
        let Filling { store, records, began, .. } = filling;
        let (store, records, took) = (Arc::clone(store), *records, now - *began);
        self.events.emit(EventKind::RestoreEnded { store, changelog, records, took });
    }

    /// Reports once that the stores have what the topics had at the start.
    fn report_filled(&mut self) {
        if !matches!(self.phase, Phase::Filling) || !self.missing.is_empty() {
            return;
        }
        self.phase = Phase::Following;
        let stores = self.globals.as_ref().map(GlobalTasks::stores).unwrap_or_default();
        // Refused, the application has ended.
        _ = self.shared.thread_events.send(ThreadEvent::GlobalsFilled(stores));
    }

    fn close(&mut self) {
        for failure in self.globals.iter_mut().flat_map(GlobalTasks::close) {
            self.events.emit(EventKind::TaskFailed(failure));
        }
    }
}

fn of_log(error: LogError) -> Failure {
    Failure::from_error(FailureKind::Log, error)
}
