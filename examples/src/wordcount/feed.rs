//! Writes texts to the source topic of the log in the process, no faster than the words are counted.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use millstream::TopicPartition;
use millstream::logs::{AdminRequest, Administration, InProcessLog, Log, LogError, Signal};

use super::lines::{Fed, LineWriter, now};
use super::topology::{APPLICATION_ID, LINES, REPARTITION};
use super::{Input, WordCountError};

/// Feeding waits while more lines than this are unread in a partition. Lines that wait only briefly are still in the
/// processor's caches when they are read, and take little memory.
const LINES_UNREAD_MAX: u64 = 8 * 1024;

/// Feeding waits while more words than this are unread in a partition of the repartition topic.
const WORDS_UNREAD_MAX: u64 = 64 * 1024;

/// Lines that have been processed are deleted when this many bytes of them are there.
const LINES_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How often feeding checks whether it may continue.
const WAIT: Duration = Duration::from_millis(2);

/// Feeds the source topic.
pub(super) struct Feeder {
    writer: LineWriter,
    pace: Pace,
}

impl Feeder {
    pub(super) fn new(log: &InProcessLog, partitions: u32, fed: Arc<Fed>) -> Result<Self, LogError> {
        let admin = log.admin("wordcount-feeder", &Signal::new())?;
        Ok(Self {
            writer: LineWriter::new(log, LINES, partitions, Arc::clone(&fed))?,
            pace: Pace { log: log.clone(), admin, partitions: u64::from(partitions), fed },
        })
    }

    /// Feeds all inputs, one after the other.
    ///
    /// # Errors
    /// When an input cannot be read, or the log refuses a line.
    pub(super) fn feed(mut self, inputs: &[Input]) -> Result<(), WordCountError> {
        for input in inputs {
            self.writer.write_text(input, || self.pace.wait_for_room())?;
        }
        Ok(self.writer.finish()?)
    }
}

/// Bounds how much is fed before it is counted.
struct Pace {
    log: InProcessLog,
    admin: Box<dyn Administration>,
    partitions: u64,
    fed: Arc<Fed>,
}

impl Pace {
    /// Waits while the application is behind.
    fn wait_for_room(&mut self) {
        if self.log.topic_bytes(LINES).is_some_and(|bytes| bytes > LINES_BYTES_MAX) {
            self.delete_processed();
        }
        while self.is_ahead() && !self.fed.is_stopped() {
            thread::sleep(WAIT);
        }
    }

    fn is_ahead(&self) -> bool {
        let unread = |topic| self.log.unread_records(topic).unwrap_or(0) / self.partitions;
        unread(LINES) > LINES_UNREAD_MAX || unread(REPARTITION) > WORDS_UNREAD_MAX
    }

    /// Deletes the lines that have been processed. The application does the same in the repartition topic, which is its
    /// own; the source topic is ours.
    fn delete_processed(&mut self) {
        let committed = self.log.committed(APPLICATION_ID).into_iter();
        let of_lines = committed.filter(|(partition, _)| partition.topic.as_str() == LINES);
        let cuts: Vec<(TopicPartition, _)> = of_lines.map(|(partition, place)| (partition, place.offset)).collect();
        if !cuts.is_empty() {
            self.admin.request(AdminRequest::DeleteRecords(cuts));
            // If a deletion fails, the next one deletes the same records.
            self.admin.poll(now(), &mut Vec::new());
        }
    }
}
