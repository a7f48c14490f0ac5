//! Writes texts to a topic, a record per line.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use millstream::clock::{Clock, MonotonicTime, SystemClock};
use millstream::logs::{Log, LogError, LogEvent, Producing, Signal, TopicState};
use millstream::{Partition, RecordBytes, Topic};

use super::blocks::Blocks;
use super::{Input, WordCountError};

/// How long writing waits for the log's signal.
const WAIT: Duration = Duration::from_millis(2);

/// The progress of feeding, shared with the thread that shows it.
#[derive(Debug, Default)]
pub(super) struct Fed {
    /// Bytes read.
    pub(super) bytes: AtomicU64,
    /// Lines written to the source topic.
    pub(super) lines: AtomicU64,
    /// Lines that were not UTF-8.
    pub(super) invalid_lines: AtomicU64,
    /// How often a line was cut because it was too long for one record.
    pub(super) cuts: AtomicU64,
    /// Set to stop feeding.
    pub(super) stop: AtomicBool,
}

impl Fed {
    /// Warnings about the texts that were fed.
    pub(super) fn notes(&self) -> Vec<String> {
        let (invalid, cuts) = (self.invalid_lines.load(Ordering::Relaxed), self.cuts.load(Ordering::Relaxed));
        let mut notes = Vec::new();
        if invalid > 0 {
            notes.push(format!("lines that are not UTF-8: {invalid}; what is unreadable in them was replaced"));
        }
        if cuts > 0 {
            notes.push(format!("lines longer than 256 KiB were cut between words: {cuts} cuts"));
        }
        notes
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Writes the lines of texts to a topic, each to the next partition in turn; they have no keys.
pub(super) struct LineWriter {
    producer: Box<dyn Producing>,
    signal: Signal,
    topic: Topic,
    partitions: u32,
    next: u32,
    acknowledged: u64,
    fed: Arc<Fed>,
}

impl LineWriter {
    /// A writer to a topic that has this many partitions.
    pub(super) fn new(log: &dyn Log, topic: &str, partitions: u32, fed: Arc<Fed>) -> Result<Self, LogError> {
        let signal = Signal::new();
        let producer = log.producer("wordcount-feeder", &signal)?;
        Ok(Self { producer, signal, topic: Topic::from(topic), partitions, next: 0, acknowledged: 0, fed })
    }

    /// Writes a whole text, unless it is stopped; `wait_for_room` is called between its blocks.
    ///
    /// # Errors
    /// When the text cannot be read, or the log refuses a line.
    pub(super) fn write_text(&mut self, input: &Input, mut wait_for_room: impl FnMut()) -> Result<(), WordCountError> {
        let mut blocks: Blocks<Box<dyn Read>> = Blocks::new(input.open()?);
        while let Some(block) = blocks.next().map_err(|error| input.unreadable(error))? {
            let lines = self.append_lines(&block.text)?;
            self.fed.bytes.fetch_add(block.bytes as u64, Ordering::Relaxed);
            self.fed.lines.fetch_add(lines, Ordering::Relaxed);
            self.fed.invalid_lines.fetch_add(block.invalid_lines as u64, Ordering::Relaxed);
            self.fed.cuts.fetch_add(u64::from(block.is_cut), Ordering::Relaxed);
            self.producer.flush();
            self.poll()?;
            wait_for_room();
            if self.fed.is_stopped() {
                break;
            }
        }
        Ok(())
    }

    /// Waits until all lines are durable, however long it takes, unless it is stopped.
    ///
    /// # Errors
    /// When the log refuses one.
    pub(super) fn finish(&mut self) -> Result<(), LogError> {
        self.producer.flush();
        while self.acknowledged < self.producer.appended() && !self.fed.is_stopped() {
            self.poll()?;
            self.signal.wait(WAIT);
        }
        Ok(())
    }

    /// How many lines were written.
    fn append_lines(&mut self, text: &str) -> Result<u64, LogError> {
        let (time, mut lines) = (SystemClock::new().now(), 0);
        for line in text.lines() {
            let partition = Partition::new(self.next);
            while !self.producer.append(&self.topic, partition, &RecordBytes::new(time, None, Some(line.as_bytes()))) {
                if self.fed.is_stopped() {
                    return Ok(lines);
                }
                self.poll()?;
                self.signal.wait(WAIT);
            }
            self.next = (self.next + 1) % self.partitions;
            lines += 1;
        }
        Ok(lines)
    }

    fn poll(&mut self) -> Result<(), LogError> {
        if self.producer.topic(&self.topic) == TopicState::Missing {
            return Err(LogError::UnknownTopic { topic: self.topic.clone() });
        }
        let mut events = Vec::new();
        self.producer.poll(now(), &mut events);
        for event in events {
            match event {
                LogEvent::Acknowledged { up_to } => self.acknowledged = up_to,
                LogEvent::ProduceFailed { error, .. } | LogEvent::Fatal(error) => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The monotonic time now, for polls.
pub(super) fn now() -> MonotonicTime {
    SystemClock::new().monotonic()
}
