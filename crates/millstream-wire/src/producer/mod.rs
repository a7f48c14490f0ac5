//! Writes records to the leaders of their partitions, each record once.

mod error_class;
mod event;
mod identity;
mod in_flight_batch;
mod link;
mod partition_state;
mod producer_id;
mod report;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_log::{DiscardScope, Lease, Sending, Signal};
use millstream_types::{MonotonicTime, Offset, RecordBytes, TopicPartition};

pub use self::event::ProduceEvent;
use self::identity::{Identity, NoId};
use self::link::{Link, Returned};
use self::partition_state::PartitionState;
use self::producer_id::ProducerId;
use self::report::Report;
use crate::batch::{HEADER_BYTES, record_bytes_max};
use crate::client::Cluster;
use crate::error::LinkError;
use crate::leaders::{Found, Leaders};
use crate::leased::Permit;
use crate::messages::produce::Produced;
use crate::settings::ProduceSettings;

/// A request that exceeds this size gets no further batch.
const REQUEST_BYTES_MAX: usize = 8 << 20;

/// How many buffers are kept for new batches.
const SPARE_MAX: usize = 8;

/// Writes records to partitions. It never blocks: one thread per broker sends requests and waits for the responses.
///
/// It is an idempotent producer: brokers append each batch once and in order, however often it is sent. A batch is sent again
/// until it is written or refused with an error that is not retriable.
///
/// One request per broker is in flight at a time, since a broker processes them one by one, and one more may wait. Batches
/// fill meanwhile: the slower a broker, the larger its requests.
///
/// # Examples
/// ```no_run
/// use std::time::Duration;
/// use millstream_log::Signal;
/// use millstream_types::{MonotonicTime, RecordBytes, Timestamp, TopicPartition};
/// use millstream_wire::{ClientSettings, ProduceEvent, ProduceSettings, Producer, Taken};
///
/// let signal = Signal::new();
/// let client = ClientSettings { bootstrap_servers: "localhost:9092".parse()?, ..ClientSettings::default() };
/// let mut producer = Producer::new(ProduceSettings { client, ..ProduceSettings::default() }, &signal);
/// let partition = producer.open(TopicPartition::new("lines", 0));
/// let record = RecordBytes::new(Timestamp::from_millis(0), None, Some(b"a line"));
/// assert_eq!(producer.append(partition, &record), Taken::Yes);
/// producer.flush();
///
/// let (mut events, mut now) = (Vec::new(), MonotonicTime::START);
/// while producer.completed() < producer.appended() {
///     producer.poll(now, &mut events);
///     for event in events.drain(..) {
///         match event {
///             ProduceEvent::Failed { partition, records, code, .. } => {
///                 eprintln!("{records} records of {partition} were refused with error {code}");
///             }
///             ProduceEvent::Refused { code } => eprintln!("no producer id: error {code}"),
///             ProduceEvent::Delayed(text) | ProduceEvent::Unreachable(text) | ProduceEvent::Unfit(text) => eprintln!("{text}"),
///         }
///     }
///     signal.wait(Duration::from_millis(5));
///     now = now + Duration::from_millis(5);
/// }
/// println!("the next offset is {:?}", producer.acknowledged(partition));
/// # Ok::<(), String>(())
/// ```
pub struct Producer {
    settings: ProduceSettings,
    signal: Signal,
    partitions: Vec<PartitionState>,
    leaders: Leaders,
    links: BTreeMap<i32, Link>,
    identity: Identity,
    /// How many records have been appended or skipped.
    appended: u64,
    /// Records up to this number are sent without lingering.
    flushed: u64,
    sending: Sending,
    buffered: Buffered,
    spare: Vec<Vec<u8>>,
    /// Rotates the partitions, for requests that cannot have all of them.
    turn: usize,
    now: MonotonicTime,
    lease: Option<Lease>,
    events: Vec<ProduceEvent>,
}

/// The records that wait to be sent or acknowledged.
#[derive(Default)]
struct Buffered {
    bytes: usize,
    records: usize,
}

/// A partition that a [`Producer`] has opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionHandle(usize);

/// Whether [`Producer::append`] has taken a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The record was copied into its partition's batch.
    Yes,
    /// The buffer is full. Poll, and append the record again.
    Full,
    /// The record exceeds [`record_bytes_max`](ProduceSettings::record_bytes_max).
    TooLarge {
        /// The most bytes that it can take in a batch.
        size: usize,
    },
}

impl Producer {
    /// A producer without partitions. The signal is raised when there is something to poll.
    #[must_use]
    pub fn new(settings: ProduceSettings, signal: &Signal) -> Self {
        Self::of(&Cluster::new(settings.client.clone(), signal), settings, signal)
    }

    /// The same, with the known brokers and the connections for look-ups of this cluster.
    pub(crate) fn of(cluster: &Cluster, settings: ProduceSettings, signal: &Signal) -> Self {
        Self {
            leaders: Leaders::new(cluster, settings.client.clone()),
            settings,
            signal: signal.clone(),
            partitions: Vec::new(),
            links: BTreeMap::new(),
            identity: Identity::default(),
            appended: 0,
            flushed: 0,
            sending: Sending::Allowed,
            buffered: Buffered::default(),
            spare: Vec::new(),
            turn: 0,
            now: MonotonicTime::START,
            lease: None,
            events: Vec::new(),
        }
    }

    /// Opens a partition for writing. Call it once per partition, which should exist.
    pub fn open(&mut self, partition: TopicPartition) -> PartitionHandle {
        self.partitions.push(PartitionState::new(partition));
        PartitionHandle(self.partitions.len() - 1)
    }

    /// Copies a record into its partition's batch. Records are numbered in the order in which they are taken, from 1 on.
    ///
    /// # Panics
    /// When the handle belongs to another producer.
    #[inline]
    pub fn append(&mut self, to: PartitionHandle, record: &RecordBytes<'_>) -> Taken {
        let bytes_max = record_bytes_max(record);
        if bytes_max + HEADER_BYTES > self.settings.record_bytes_max {
            return Taken::TooLarge { size: bytes_max };
        }
        if !self.buffered.has_room(bytes_max, &self.settings) {
            return Taken::Full;
        }
        self.appended += 1;
        let state = &mut self.partitions[to.0];
        self.buffered.bytes += state.push(record, bytes_max, self.appended, &self.settings, &mut self.spare);
        self.buffered.records += 1;
        Taken::Yes
    }

    /// Uses up the next number, for a record that is not written.
    pub fn skip(&mut self) {
        self.appended += 1;
    }

    /// How many records have been taken or skipped so far.
    pub fn appended(&self) -> u64 {
        self.appended
    }

    /// The number up to which all records are in the log or have been refused.
    pub fn completed(&self) -> u64 {
        let first = self.partitions.iter().filter_map(PartitionState::first_pending).min();
        first.map_or(self.appended, |first| first - 1)
    }

    /// The offset after the partition's last record that is known to be in the log.
    pub fn acknowledged(&self, partition: PartitionHandle) -> Option<Offset> {
        self.partitions.get(partition.0).and_then(|state| state.acknowledged)
    }

    /// Sends everything appended so far without lingering.
    pub fn flush(&mut self) {
        self.flushed = self.appended;
        self.advance();
    }

    /// Stops or resumes sending. Requests already passed to a broker's thread may still be sent.
    pub fn set_sending(&mut self, sending: Sending) {
        self.sending = sending;
    }

    /// Sets the lease of the group member that this producer writes for: nothing is sent while it does not hold.
    pub fn set_lease(&mut self, lease: Lease) {
        self.lease = Some(lease);
    }

    /// Discards records. They count as completed. Those in flight may still reach the log, but are not sent again.
    pub fn discard(&mut self, scope: DiscardScope<'_>) {
        let mut report = Report::default();
        let is_selected = |partition: &TopicPartition| match scope {
            DiscardScope::All => true,
            DiscardScope::Partitions(partitions) => partitions.contains(partition),
        };
        for state in self.partitions.iter_mut().filter(|state| is_selected(&state.partition)) {
            state.discard(&mut report);
        }
        self.settle(report);
    }

    /// Does what is due without blocking, and appends what happened to `events`.
    pub fn poll(&mut self, now: MonotonicTime, events: &mut Vec<ProduceEvent>) {
        self.now = now;
        self.advance();
        events.append(&mut self.events);
    }

    fn advance(&mut self) {
        let mut report = Report::default();
        self.poll_links(&mut report);
        if self.buffered.records > 0 {
            self.poll_identity(&mut report);
            self.poll_leaders(&mut report);
        }
        self.settle(report);
        self.send();
    }

    fn poll_links(&mut self, report: &mut Report) {
        let mut ended = Vec::new();
        for (broker, link) in &mut self.links {
            loop {
                match link.poll(self.now) {
                    Ok(None) => {
                        let waited = link.waited(self.now);
                        if Leaders::is_silence(waited) {
                            report.events.extend(self.leaders.silent(*broker, waited).map(ProduceEvent::Unreachable));
                        }
                        break;
                    }
                    Ok(Some((partitions, Returned::Requeued, _))) => {
                        partitions.into_iter().for_each(|state| self.partitions[state].requeue(report));
                    }
                    Ok(Some((partitions, Returned::Response(response), took))) => {
                        self.leaders.responded(*broker, took);
                        let mut produced: BTreeMap<TopicPartition, Produced> =
                            response.partitions.into_iter().map(|one| (one.partition.clone(), one)).collect();
                        for number in partitions {
                            let state = &mut self.partitions[number];
                            state.on_response(produced.remove(&state.partition), &self.settings, self.now, report);
                        }
                    }
                    Err(error) => {
                        ended.push((*broker, error));
                        break;
                    }
                }
            }
        }
        for (broker, error) in ended {
            if error.is_regular_end() {
                self.replace_link(broker, report);
            } else {
                self.end_link(broker, &error, report);
            }
        }
    }

    /// Handles a connection that has ended between requests. The next request opens another one.
    fn replace_link(&mut self, broker: i32, report: &mut Report) {
        if let Some(link) = self.links.remove(&broker) {
            link.partitions_in_flight().for_each(|state| self.partitions[state].requeue(report));
        }
    }

    /// Handles a failed connection. The leaders of its partitions will be looked up again.
    fn end_link(&mut self, broker: i32, error: &LinkError, report: &mut Report) {
        if let Some(link) = self.links.remove(&broker) {
            link.partitions_in_flight().for_each(|state| self.partitions[state].connection_lost(report));
        }
        for state in self.partitions.iter_mut().filter(|state| state.leader == Some(broker)) {
            state.leader = None;
        }
        let failed = self.leaders.failed(broker, error, self.now);
        if error.is_final() {
            report.events.push(ProduceEvent::Unfit(error.to_string()));
        } else {
            report.events.extend(failed.map(ProduceEvent::Unreachable));
        }
    }

    fn poll_identity(&mut self, report: &mut Report) {
        match self.identity.poll(self.leaders.cluster(), self.now) {
            Ok(()) => {}
            Err(NoId::Refused { code }) => report.events.push(ProduceEvent::Refused { code }),
            Err(NoId::Failed(error)) => report.events.push(ProduceEvent::Unfit(error.to_string())),
        }
    }

    fn poll_leaders(&mut self, report: &mut Report) {
        match self.leaders.poll(self.now) {
            Some(Ok(found)) => {
                self.end_silent_links(&found, report);
                let is_requested = |state: &PartitionState| {
                    state.leader.is_none() && self.leaders.has_requested(&state.partition.topic)
                };
                for state in self.partitions.iter_mut().filter(|state| is_requested(state)) {
                    let leader = found.get(&state.partition).map(|leader| leader.map(|leader| leader.broker));
                    state.found(leader, &self.settings, self.now, report);
                }
            }
            Some(Err(error)) if !error.is_retriable() => report.events.push(ProduceEvent::Unfit(error.to_string())),
            // That no broker responds is reported by the look-ups of topics.
            Some(Err(_)) | None => {}
        }
        let silent = self.silent();
        let is_lost = |state: &&PartitionState| state.leader.is_none_or(|leader| silent.contains(&leader));
        let lost = self.partitions.iter().filter(is_lost).filter(|state| state.first_pending().is_some());
        let topics: Vec<_> = lost.map(|state| state.partition.topic.clone()).collect();
        self.leaders.look_up(topics.iter(), self.now);
    }

    fn silent(&self) -> Vec<i32> {
        let is_silent = |link: &Link| Leaders::is_silence(link.waited(self.now));
        self.links.iter().filter(|(_, link)| is_silent(link)).map(|(broker, _)| *broker).collect()
    }

    /// Closes the connections to silent brokers that no longer lead one of their partitions.
    fn end_silent_links(&mut self, found: &Found, report: &mut Report) {
        let has_moved = |state: &PartitionState, broker: i32| {
            let leader = found.get(&state.partition).copied().flatten();
            state.leader == Some(broker) && leader.is_some_and(|leader| leader.broker != broker)
        };
        let mut replaced = self.silent();
        replaced.retain(|broker| self.partitions.iter().any(|state| has_moved(state, *broker)));
        for broker in replaced {
            let after = self.links.get(&broker).map_or(Duration::ZERO, |link| link.waited(self.now));
            self.end_link(broker, &LinkError::TimedOut { after }, report);
        }
    }

    fn settle(&mut self, report: Report) {
        self.buffered.bytes -= report.freed_bytes;
        self.buffered.records -= report.freed_records;
        report.dropped_ids.into_iter().for_each(|id| self.identity.drop_id(id));
        let missing = SPARE_MAX.saturating_sub(self.spare.len());
        self.spare.extend(report.rooms.into_iter().take(missing));
        self.events.extend(report.events);
    }

    /// Sends to each broker what waits for it, if it is due.
    fn send(&mut self) {
        let is_held = || self.sending == Sending::Held || self.lease.as_ref().is_some_and(|lease| !lease.holds());
        if self.buffered.records == 0 || is_held() {
            return;
        }
        let identity = self.identity.get();
        let mut waiting: BTreeMap<i32, Waiting> = BTreeMap::new();
        let is_half_full = self.buffered.bytes > self.settings.buffer_bytes_max / 2
            || self.buffered.records > self.settings.buffer_records_max / 2;
        for (number, state) in self.partitions.iter().enumerate() {
            if let Some(broker) = state.receiver(identity, self.now) {
                let waiting = waiting.entry(broker).or_default();
                waiting.partitions.push(number);
                waiting.is_due |= is_half_full || state.is_full() || state.first_queued() <= Some(self.flushed);
            }
        }
        for (broker, waiting) in waiting {
            self.send_to(broker, waiting, identity);
        }
    }

    fn send_to(&mut self, broker: i32, mut waiting: Waiting, identity: Option<ProducerId>) {
        let Some(link) = self.links.get_mut(&broker) else {
            if let Some(address) = self.leaders.address(broker, self.now) {
                let timeout = self.leaders.request_timeout(broker);
                let link = Link::open(address, self.settings.clone(), &self.signal, timeout, self.now);
                self.links.insert(broker, link);
            } else if !self.leaders.has_address(broker) {
                // The broker left the cluster during its backoff.
                waiting.partitions.iter().for_each(|state| self.partitions[*state].leader = None);
            }
            return;
        };
        let may_send = if waiting.is_due { link.has_room() } else { link.is_idle() };
        if !may_send {
            return;
        }
        let first = self.turn % waiting.partitions.len();
        waiting.partitions.rotate_left(first);
        self.turn = self.turn.wrapping_add(1);
        let (mut partitions, mut batches, mut bytes) = (Vec::new(), Vec::new(), 0);
        for number in waiting.partitions {
            let state = &mut self.partitions[number];
            if bytes > REQUEST_BYTES_MAX {
                break;
            }
            if let Some(batch) = state.send(identity, self.settings.compression) {
                bytes += batch.bytes().len();
                partitions.push(number);
                batches.push((state.partition.clone(), batch));
            }
        }
        batches.sort_by(|(one, _), (other, _)| one.cmp(other));
        link.send(partitions, batches, self.now, Permit::of(self.lease.as_ref()));
    }
}

/// The partitions with records that wait for a broker.
#[derive(Default)]
struct Waiting {
    partitions: Vec<usize>,
    /// Whether a batch of one of them need not linger.
    is_due: bool,
}

impl Buffered {
    /// Whether there is room for this many bytes. A single record may be larger than the buffer.
    fn has_room(&self, bytes: usize, settings: &ProduceSettings) -> bool {
        let fits = self.bytes + bytes <= settings.buffer_bytes_max && self.records < settings.buffer_records_max;
        fits || self.records == 0
    }
}
