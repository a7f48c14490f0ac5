//! Measures the in-process log per record of 100 bytes: all records produced and then all fetched, and as in a repartition
//! topic, with consumed records deleted, so that memory is reused.
//!
//! Run it with `cargo run --release -p millstream-log --example produce_and_fetch`.
#![allow(clippy::disallowed_macros, clippy::disallowed_methods, reason = "it measures, and prints what it measured")]

use std::time::Instant;

use millstream_log::{AdminRequest, Fetching, InProcessLog, Log, LogError, LogEvent, Producing, Signal, StartAt};
use millstream_types::{MonotonicTime, Offset, Partition, RecordBytes, Timestamp, Topic, TopicPartition};

const RECORDS: u64 = 5_000_000;
const PARTITIONS: u32 = 4;
/// The number of records between two polls of the reader in the second measurement.
const STEP: u64 = 20_000;

fn main() -> Result<(), LogError> {
    println!("| what | ns a record |");
    println!("|---|---|");
    all_at_once()?;
    step_by_step()
}

fn all_at_once() -> Result<(), LogError> {
    let log = InProcessLog::new();
    log.create_topic("measured", PARTITIONS)?;
    let (mut writer, mut reader) = (Writer::new(&log)?, Reader::new(&log)?);
    let begin = Instant::now();
    writer.write(RECORDS);
    report("produce", begin);
    let begin = Instant::now();
    reader.read(RECORDS);
    report("fetch", begin);
    Ok(())
}

fn step_by_step() -> Result<(), LogError> {
    let log = InProcessLog::new();
    log.create_topic("measured", PARTITIONS)?;
    let (mut writer, mut reader) = (Writer::new(&log)?, Reader::new(&log)?);
    let mut admin = log.admin("admin", &Signal::new())?;
    let begin = Instant::now();
    for step in 1..=RECORDS / STEP {
        writer.write(step * STEP);
        reader.read(step * STEP);
        let read = Offset::new((step * STEP / u64::from(PARTITIONS)) as i64);
        admin.request(AdminRequest::DeleteRecords(partitions().map(|partition| (partition, read)).collect()));
        admin.poll(MonotonicTime::START, &mut Vec::new());
    }
    report("produce, fetch, delete", begin);
    Ok(())
}

fn partitions() -> impl Iterator<Item = TopicPartition> {
    (0..PARTITIONS).map(|number| TopicPartition::new("measured", number))
}

fn report(what: &str, begin: Instant) {
    println!("| {what} | {:.1} |", begin.elapsed().as_secs_f64() * 1e9 / RECORDS as f64);
}

struct Writer(Box<dyn Producing>);

impl Writer {
    fn new(log: &InProcessLog) -> Result<Self, LogError> {
        log.producer("writer", &Signal::new()).map(Self)
    }

    /// Writes until `total` records are written and acknowledged.
    fn write(&mut self, total: u64) {
        let (topic, value) = (Topic::from("measured"), [b'v'; 92]);
        for number in self.0.appended()..total {
            let partition = Partition::new(number as u32 % PARTITIONS);
            let time = Timestamp::from_millis(number as i64);
            assert!(self.0.append(
                &topic,
                partition,
                &RecordBytes::new(time, Some(&number.to_be_bytes()), Some(&value))
            ));
        }
        let mut events = Vec::new();
        self.0.poll(MonotonicTime::START, &mut events);
        assert!(matches!(events[..], [LogEvent::Acknowledged { up_to }] if up_to == total));
    }
}

struct Reader {
    fetcher: Box<dyn Fetching>,
    records: u64,
    bytes: u64,
}

impl Reader {
    fn new(log: &InProcessLog) -> Result<Self, LogError> {
        let mut fetcher = log.fetcher("reader", &Signal::new())?;
        fetcher.assign(&partitions().map(|partition| (partition, StartAt::Earliest)).collect::<Vec<_>>());
        Ok(Self { fetcher, records: 0, bytes: 0 })
    }

    /// Reads until `total` records are read.
    fn read(&mut self, total: u64) {
        let mut events = Vec::new();
        while self.records < total {
            self.fetcher.poll(MonotonicTime::START, &mut |_| true, &mut events);
            for event in events.drain(..) {
                let LogEvent::Chunk(chunk) = event else { panic!("unexpected: {event:?}") };
                self.records += chunk.len() as u64;
                self.bytes +=
                    chunk.iter().map(|record| (length(record.key()) + length(record.value())) as u64).sum::<u64>();
            }
        }
        assert_eq!((self.records, self.bytes), (total, total * 100));
    }
}

fn length(part: Option<&[u8]>) -> usize {
    part.map_or(0, <[u8]>::len)
}
