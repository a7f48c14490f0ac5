//! The in-process [`Producing`].

use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream_types::{MonotonicTime, Offset, Partition, RecordBytes, Topic, TopicPartition};

use super::shared::Shared;
use super::topics::TopicLog;
use crate::{ChunkBuilder, DiscardScope, LogError, LogEvent, PointerCache, Producing, Sending, Signal, TopicState};

/// A producer with a batch per partition, which is appended to the partition when it is full, at a flush or at a poll.
#[derive(Debug)]
pub(super) struct Producer {
    shared: Arc<Shared>,
    signal: Signal,
    open: Vec<OpenTopic>,
    by_name: HashMap<Topic, usize, FixedState>,
    /// The topics written to lately, known by the addresses of their names.
    recent: PointerCache<Topic>,
    /// Batches with something in them.
    waiting: Vec<(usize, usize)>,
    buffered_bytes: usize,
    appended: u64,
    acknowledged: u64,
    failures: Vec<LogEvent>,
    sending: Sending,
}

#[derive(Debug)]
struct OpenTopic {
    log: Arc<TopicLog>,
    batches: Vec<Batch>,
}

#[derive(Debug, Default)]
struct Batch {
    builder: ChunkBuilder,
    /// The number of its first record.
    first: u64,
    is_waiting: bool,
    acknowledged: Option<Offset>,
}

impl Producer {
    pub(super) fn new(shared: Arc<Shared>, signal: &Signal) -> Self {
        Self {
            shared,
            signal: signal.clone(),
            open: Vec::new(),
            by_name: HashMap::default(),
            recent: PointerCache::new(),
            waiting: Vec::new(),
            buffered_bytes: 0,
            appended: 0,
            acknowledged: 0,
            failures: Vec::new(),
            sending: Sending::Allowed,
        }
    }

    fn open(&mut self, topic: &Topic) -> Option<usize> {
        match self.recent.get(topic.as_str()) {
            Some(index) => Some(index),
            None => self.find_or_open(topic),
        }
    }

    fn find_or_open(&mut self, topic: &Topic) -> Option<usize> {
        let index = match self.by_name.get(topic.as_str()) {
            Some(index) => *index,
            None => self.open_anew(topic)?,
        };
        self.recent.insert(topic.as_str(), topic.clone(), index);
        Some(index)
    }

    fn open_anew(&mut self, topic: &Topic) -> Option<usize> {
        let log = self.shared.topic_for_writing(topic)?;
        let batches = log.partitions.iter().map(|_| Batch::default()).collect();
        self.by_name.insert(log.name.clone(), self.open.len());
        self.open.push(OpenTopic { log, batches });
        Some(self.open.len() - 1)
    }

    /// Emits that the last record was refused.
    #[cold]
    fn fail(&mut self, topic: &Topic, partition: Partition, record: &RecordBytes<'_>, error: LogError) {
        let (partition, record) = (TopicPartition { topic: topic.clone(), partition }, Some(Box::new(record.to_buf())));
        self.failures.push(LogEvent::ProduceFailed { partition, record, error });
        self.signal.raise();
    }

    /// Appends a batch to its partition, unless sending is held or the topic is unavailable.
    fn hand_over(&mut self, topic: usize, partition: usize) {
        let OpenTopic { log, batches } = &mut self.open[topic];
        let (batch, log_partition) = (&mut batches[partition], &log.partitions[partition]);
        if self.sending == Sending::Held || !self.shared.faults.is_available(&log.name) {
            return;
        }
        self.buffered_bytes -= batch.builder.size_bytes();
        if let Some(chunk) = batch.builder.take(log_partition.id()) {
            let count = chunk.next_offset.number();
            let base = log_partition.append(chunk);
            batch.acknowledged = Some(Offset::new(base.number() + count));
        }
    }

    fn hand_all_over(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain(|(topic, partition)| {
            self.hand_over(*topic, *partition);
            let batch = &mut self.open[*topic].batches[*partition];
            batch.is_waiting = !batch.builder.is_empty();
            batch.is_waiting
        });
        self.waiting = waiting;
    }

    /// Discards a batch, if it is in the scope. Returns whether it is.
    fn discard_batch(&mut self, topic: usize, partition: usize, scope: DiscardScope<'_>) -> bool {
        let OpenTopic { log, batches } = &mut self.open[topic];
        let (batch, id) = (&mut batches[partition], log.partitions[partition].id());
        let is_in_scope = match scope {
            DiscardScope::All => true,
            DiscardScope::Partitions(partitions) => partitions.contains(id),
        };
        if is_in_scope {
            self.buffered_bytes -= batch.builder.size_bytes();
            drop(batch.builder.take(id));
            batch.is_waiting = false;
        }
        is_in_scope
    }

    /// The number of the last record without pending ones before it.
    fn durable(&self) -> u64 {
        let firsts = self.waiting.iter().map(|(topic, partition)| self.open[*topic].batches[*partition].first);
        firsts.min().map_or(self.appended, |first| first - 1)
    }
}

/// The size of key, value and headers in bytes.
pub(super) fn size_of_record(record: &RecordBytes<'_>) -> usize {
    let of_header = |header: &millstream_types::Header| header.name.len() + header.value.as_ref().map_or(0, Vec::len);
    record.size_bytes() + record.headers.iter().map(of_header).sum::<usize>()
}

impl Producing for Producer {
    fn topic(&mut self, topic: &Topic) -> TopicState {
        let open = self.open(topic).map(|index| self.open[index].log.partition_count());
        open.map_or(TopicState::Missing, |partitions| TopicState::Ready { partitions })
    }

    fn append(&mut self, topic: &Topic, partition: Partition, record: &RecordBytes<'_>) -> bool {
        let settings = self.shared.settings;
        if self.buffered_bytes >= settings.producer_bytes_max || self.shared.faults.refuses_appends() {
            return false;
        }
        self.appended += 1;
        let Some(index) = self.open(topic) else {
            self.fail(topic, partition, record, LogError::UnknownTopic { topic: topic.clone() });
            return true;
        };
        let open = &mut self.open[index];
        let checked = open.log.check(partition, record.key, size_of_record(record));
        let faulty = || self.shared.faults.append_failure(topic).map_or(Ok(()), Err);
        if let Err(error) = checked.and_then(|()| faulty()) {
            self.fail(topic, partition, record, error);
            return true;
        }
        let batch = &mut open.batches[partition.index()];
        if batch.builder.is_empty() {
            batch.first = self.appended;
            if !std::mem::replace(&mut batch.is_waiting, true) {
                self.waiting.push((index, partition.index()));
            }
        }
        let before = batch.builder.size_bytes();
        batch.builder.push_next(record);
        let bytes = batch.builder.size_bytes();
        self.buffered_bytes += bytes - before;
        if bytes >= settings.batch_bytes || batch.builder.len() >= settings.batch_records {
            self.hand_over(index, partition.index());
            self.signal.raise();
        }
        true
    }

    fn appended(&self) -> u64 {
        self.appended
    }

    fn acknowledged_offset(&self, partition: &TopicPartition) -> Option<Offset> {
        let open = &self.open[*self.by_name.get(partition.topic.as_str())?];
        open.batches.get(partition.partition.index())?.acknowledged
    }

    fn flush(&mut self) {
        if !self.waiting.is_empty() {
            self.hand_all_over();
            self.signal.raise();
        }
    }

    fn set_sending(&mut self, sending: Sending) {
        self.sending = sending;
        // The next poll appends the held batches.
        self.signal.raise();
    }

    fn discard(&mut self, scope: DiscardScope<'_>) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain(|(topic, partition)| !self.discard_batch(*topic, *partition, scope));
        self.waiting = waiting;
    }

    fn poll(&mut self, _now: MonotonicTime, events: &mut Vec<LogEvent>) {
        self.hand_all_over();
        events.append(&mut self.failures);
        let durable = self.durable();
        if durable > self.acknowledged {
            self.acknowledged = durable;
            events.push(LogEvent::Acknowledged { up_to: durable });
        }
    }
}
