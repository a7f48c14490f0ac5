//! A producer of numbered lines that runs during a test.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use millstream::kafka::KafkaLog;
use millstream::{Partition, Topic};

use crate::PARTITIONS;
use crate::ledger::{Entry, Truth};
use crate::waiting::{until, wall_clock};
use crate::writer::Writer;

/// How many keys the lines have.
pub const KEYS: u64 = 500;

/// The time between two writes.
const WRITE_INTERVAL: Duration = Duration::from_millis(10);

/// Writes numbered lines for a [ledger](crate::ledger) at a constant rate until it is stopped. The lines of a key are in one
/// partition, in the order of their numbers.
#[derive(Debug)]
pub struct Feeder {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<Truth>>,
}

#[derive(Debug, Default)]
struct Shared {
    is_stopped: AtomicBool,
    durable: AtomicU64,
}

impl Feeder {
    /// Starts to write.
    #[must_use]
    pub fn start(log: &KafkaLog, topic: &str, lines_per_second: u64) -> Self {
        let shared = Arc::new(Shared::default());
        let (writer, topic) = (Writer::new(log), Topic::from(topic));
        let thread = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || feed(writer, &topic, lines_per_second, &shared)
        });
        Self { shared, thread: Some(thread) }
    }

    /// The number of acknowledged lines so far.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.shared.durable.load(Ordering::Relaxed)
    }

    /// Waits until this number of further lines is acknowledged.
    ///
    /// # Panics
    /// When they are not in time.
    pub fn await_more(&self, lines: u64) {
        let goal = self.durable() + lines;
        until(format!("{lines} more lines are written"), || (self.durable() >= goal).then_some(()));
    }

    /// Stops, and waits until all lines are acknowledged. Returns what was written.
    ///
    /// # Panics
    /// When a line was rejected.
    #[must_use]
    pub fn stop(mut self) -> Truth {
        self.shared.is_stopped.store(true, Ordering::Relaxed);
        self.thread.take().expect("it is stopped once").join().expect("the feeder wrote everything")
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.shared.is_stopped.store(true, Ordering::Relaxed);
    }
}

fn feed(mut writer: Writer, topic: &Topic, lines_per_second: u64, shared: &Shared) -> Truth {
    let (begin, mut written) = (Instant::now(), 0);
    while !shared.is_stopped.load(Ordering::Relaxed) {
        let goal = u64::try_from(begin.elapsed().as_millis()).expect("a short time") * lines_per_second / 1_000;
        while written < goal && !shared.is_stopped.load(Ordering::Relaxed) {
            put_line(&mut writer, topic, written);
            written += 1;
        }
        shared.durable.store(writer.poll(), Ordering::Relaxed);
        std::thread::sleep(WRITE_INTERVAL);
    }
    writer.settle();
    truth(written)
}

/// Writes the lines with these numbers at once. Returns what was written in all, if the lines before them were written too.
#[must_use]
pub fn feed_at_once(log: &KafkaLog, topic: &str, lines: Range<u64>) -> Truth {
    let (mut writer, topic) = (Writer::new(log), Topic::from(topic));
    lines.clone().for_each(|line| put_line(&mut writer, &topic, line));
    writer.settle();
    truth(lines.end)
}

/// The partition of the lines of a key, if it is a key of a feeder.
#[must_use]
pub fn source_of(key: &str) -> Option<u32> {
    let number: u32 = key.strip_prefix("key")?.parse().ok()?;
    Some(number % PARTITIONS)
}

fn put_line(writer: &mut Writer, topic: &Topic, line: u64) {
    let key = line % KEYS;
    let partition = Partition::new(u32::try_from(key).expect("a small number") % PARTITIONS);
    let number = i64::try_from(line / KEYS).expect("not that many lines");
    let entry = Entry { key: format!("key{key:03}"), number };
    writer.put(topic, partition, wall_clock(), None, &entry.to_string());
}

fn truth(lines: u64) -> Truth {
    let count = |key| lines / KEYS + u64::from(key < lines % KEYS);
    Truth((0..KEYS).map(|key| (format!("key{key:03}"), count(key))).filter(|(_, count)| *count > 0).collect())
}
