//! Texts into the source topic, a line a record, no faster than the words are counted.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use millstream::log::{AdminRequest, Administration, InProcessLog, Log, LogError, LogEvent, Producing, Signal};
use millstream::{Headers, Partition, Timestamp, Topic, TopicPartition};

use super::blocks::Blocks;
use super::topology::{APPLICATION_ID, LINES, REPARTITION};
use super::{Input, WordCountError};

/// Feeding waits while more lines than this are unread in a partition. What waits briefly is still in the processor's
/// caches when it is read; what waits long is not, besides taking up memory.
const LINES_UNREAD_MAX: u64 = 8 * 1024;

/// Feeding waits while more words than this are unread in a partition of the repartition topic.
const WORDS_UNREAD_MAX: u64 = 64 * 1024;

/// Lines that have been processed are deleted when this many bytes of them are there.
const LINES_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How long feeding waits before it looks again.
const WAIT: Duration = Duration::from_millis(2);

/// How far feeding is; shared with whoever watches.
#[derive(Debug, Default)]
pub(super) struct Fed {
    /// Bytes read.
    pub(super) bytes: AtomicU64,
    /// Lines written to the source topic.
    pub(super) lines: AtomicU64,
    /// Lines that were not UTF-8.
    pub(super) invalid_lines: AtomicU64,
    /// Nobody counts any more: stop.
    pub(super) stop: AtomicBool,
}

/// Feeds the source topic.
pub(super) struct Feeder {
    log: InProcessLog,
    producer: Box<dyn Producing>,
    admin: Box<dyn Administration>,
    signal: Signal,
    topic: Topic,
    partitions: u32,
    next: u32,
    events: Vec<LogEvent>,
    fed: Arc<Fed>,
}

impl Feeder {
    pub(super) fn new(log: &InProcessLog, partitions: u32, fed: Arc<Fed>) -> Result<Self, LogError> {
        let signal = Signal::new();
        Ok(Self {
            producer: log.producer("wordcount-feeder", &signal)?,
            admin: log.admin("wordcount-feeder", &signal)?,
            log: log.clone(),
            signal,
            topic: Topic::from(LINES),
            partitions,
            next: 0,
            events: Vec::new(),
            fed,
        })
    }

    /// Feeds all inputs, one after the other.
    ///
    /// # Errors
    /// When an input cannot be read, or the log refuses a line.
    pub(super) fn feed(mut self, inputs: &[Input]) -> Result<(), WordCountError> {
        for input in inputs {
            self.feed_one(input, Blocks::new(input.open()?))?;
        }
        Ok(())
    }

    fn feed_one<R: Read>(&mut self, input: &Input, mut blocks: Blocks<R>) -> Result<(), WordCountError> {
        while let Some(block) = blocks.next().map_err(|error| input.unreadable(error))? {
            let lines = self.append_lines(&block.text)?;
            self.fed.bytes.fetch_add(block.bytes as u64, Ordering::Relaxed);
            self.fed.lines.fetch_add(lines, Ordering::Relaxed);
            self.fed.invalid_lines.fetch_add(block.invalid_lines as u64, Ordering::Relaxed);
            self.hand_over()?;
            self.wait_for_room();
            if self.fed.stop.load(Ordering::Relaxed) {
                break;
            }
        }
        Ok(())
    }

    /// Appends each line to the next partition in turn; they have no keys.
    fn append_lines(&mut self, text: &str) -> Result<u64, LogError> {
        let (time, none, mut lines) = (now(), Headers::new(), 0);
        for line in text.lines() {
            let partition = Partition::new(self.next);
            while !self.producer.append(&self.topic, partition, time, None, Some(line.as_bytes()), &none) {
                self.hand_over()?;
                self.signal.wait(WAIT);
            }
            self.next = (self.next + 1) % self.partitions;
            lines += 1;
        }
        Ok(lines)
    }

    /// Hands what is appended to the log.
    fn hand_over(&mut self) -> Result<(), LogError> {
        self.producer.flush();
        self.producer.poll(now(), &mut self.events);
        let failed = self.events.drain(..).find_map(|event| match event {
            LogEvent::ProduceFailed { error, .. } => Some(error),
            _ => None,
        });
        failed.map_or(Ok(()), Err)
    }

    /// Waits while the application is behind.
    fn wait_for_room(&mut self) {
        if self.log.topic_bytes(LINES).is_some_and(|bytes| bytes > LINES_BYTES_MAX) {
            self.delete_processed();
        }
        while self.is_ahead() && !self.fed.stop.load(Ordering::Relaxed) {
            thread::sleep(WAIT);
        }
    }

    fn is_ahead(&self) -> bool {
        let partitions = u64::from(self.partitions);
        let unread = |topic| self.log.unread_records(topic).unwrap_or(0) / partitions;
        unread(LINES) > LINES_UNREAD_MAX || unread(REPARTITION) > WORDS_UNREAD_MAX
    }

    /// Deletes the lines that have been processed. The application does the same in the repartition topic, which is its
    /// own; the source topic is ours.
    fn delete_processed(&mut self) {
        let committed = self.log.committed(APPLICATION_ID).into_iter();
        let of_lines = committed.filter(|(partition, _)| partition.topic == self.topic);
        let cuts: Vec<(TopicPartition, _)> = of_lines.map(|(partition, place)| (partition, place.offset)).collect();
        if !cuts.is_empty() {
            self.admin.request(AdminRequest::DeleteRecords(cuts));
            self.admin.poll(now(), &mut self.events);
            // A deletion that failed is made up for by the next.
            self.events.clear();
        }
    }
}

fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(0) + since_epoch
}
