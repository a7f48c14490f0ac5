//! Measures the latency of records through Kafka: each is written, passed on to a second topic, and read, at 5,000 records per
//! second. The value of a record is the time at which it was written.
//!
//! Run it with `cargo run --release -p millstream-kafka --example latency -- HOST:PORT [SECONDS [SETTING=VALUE]...]`, on
//! a broker that `scripts/kafka-broker start` has started.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a program that measures and prints")]

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use millstream_kafka::KafkaLog;
use millstream_log::{
    AdminRequest, Fetching, Log, LogError, LogEvent, NewTopic, Producing, Signal, StartAt, TopicState,
};
use millstream_types::{MonotonicTime, Partition, RecordBytes, Timestamp, Topic, TopicPartition};

const PARTITIONS: u32 = 4;
const RECORDS_PER_SECOND: u32 = 5_000;

fn now() -> MonotonicTime {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    MonotonicTime::after_start(BEGAN.elapsed())
}

fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

struct Run {
    log: KafkaLog,
    begin: Instant,
    is_over: AtomicBool,
}

impl Run {
    fn micros(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn create(&self, name: &str) -> Result<Topic, LogError> {
        let signal = Signal::new();
        let topic = NewTopic { name: Topic::from(name), partitions: PARTITIONS, config: BTreeMap::new() };
        let mut admin = self.log.admin("latency", &signal)?;
        admin.request(AdminRequest::CreateTopics(vec![topic]));
        let mut events = Vec::new();
        while !events.iter().any(|event| matches!(event, LogEvent::AdminDone { .. })) {
            signal.wait(Duration::from_millis(10));
            admin.poll(now(), &mut events);
        }
        Ok(Topic::from(name))
    }

    fn fetcher(&self, topic: &Topic, signal: &Signal) -> Result<Box<dyn Fetching>, LogError> {
        let mut fetcher = self.log.fetcher("latency", signal)?;
        let all = (0..PARTITIONS).map(|number| (TopicPartition::new(topic, number), StartAt::Earliest));
        fetcher.assign(&all.collect::<Vec<_>>());
        Ok(fetcher)
    }

    fn producer(&self, topic: &Topic, signal: &Signal) -> Result<Box<dyn Producing>, LogError> {
        let mut producer = self.log.producer("latency", signal)?;
        while !matches!(producer.topic(topic), TopicState::Ready { .. }) {
            signal.wait(Duration::from_millis(10));
            producer.poll(now(), &mut Vec::new());
        }
        Ok(producer)
    }

    /// Writes at a steady rate, without waiting for acknowledgements.
    fn write(&self, to: &Topic) -> Result<(), LogError> {
        let mut producer = self.producer(to, &Signal::new())?;
        let begin = Instant::now();
        for number in 0_u32.. {
            if self.is_over.load(Ordering::Relaxed) {
                break;
            }
            let due = Duration::from_secs(1) / RECORDS_PER_SECOND * number;
            std::thread::sleep(due.saturating_sub(begin.elapsed()));
            let (partition, value) = (Partition::new(number % PARTITIONS), self.micros().to_be_bytes());
            producer.append(to, partition, &RecordBytes::new(wall_clock(), None, Some(&value)));
            producer.poll(now(), &mut Vec::new());
        }
        Ok(())
    }

    fn read(&self, from: &Topic, signal: &Signal, mut each: impl FnMut(LogEvent)) -> Result<(), LogError> {
        let mut fetcher = self.fetcher(from, signal)?;
        let mut events = Vec::new();
        while !self.is_over.load(Ordering::Relaxed) {
            fetcher.poll(now(), &mut |_| true, &mut events);
            if events.is_empty() {
                signal.wait(Duration::from_millis(100));
            }
            events.drain(..).for_each(&mut each);
        }
        Ok(())
    }

    fn pass(&self, from: &Topic, to: &Topic) -> Result<(), LogError> {
        let signal = Signal::new();
        let mut producer = self.producer(to, &signal)?;
        self.read(from, &signal, |event| {
            let LogEvent::Chunk(chunk) = event else { return };
            for record in chunk.iter() {
                producer.append(
                    to,
                    chunk.partition.partition,
                    &RecordBytes::new(record.timestamp(), None, record.value()),
                );
            }
            producer.poll(now(), &mut Vec::new());
        })
    }

    fn measure(&self, from: &Topic) -> Result<Vec<u64>, LogError> {
        let mut took = Vec::new();
        self.read(from, &Signal::new(), |event| {
            let LogEvent::Chunk(chunk) = event else { return };
            let read_at = self.micros();
            for record in chunk.iter() {
                let written_at = record.value().and_then(|value| value.try_into().ok()).map_or(0, u64::from_be_bytes);
                took.push(read_at - written_at);
            }
        })?;
        Ok(took)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let bootstrap = arguments.next().ok_or("the broker's address is missing: latency HOST:PORT [SECONDS]")?;
    let seconds = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let mut log = KafkaLog::new(&bootstrap);
    for setting in arguments {
        let (name, value) = setting.split_once('=').ok_or("a setting is written NAME=VALUE")?;
        log = log.with(name, value)?;
    }
    let run = Run { log, begin: Instant::now(), is_over: AtomicBool::new(false) };
    let (from, to) = (format!("from-{}", wall_clock().as_millis()), format!("to-{}", wall_clock().as_millis()));
    let (from, to) = (run.create(&from)?, run.create(&to)?);
    let mut took = std::thread::scope(|scope| {
        let (write, pass) = (scope.spawn(|| run.write(&from)), scope.spawn(|| run.pass(&from, &to)));
        let measure = scope.spawn(|| run.measure(&to));
        std::thread::sleep(Duration::from_secs(seconds));
        run.is_over.store(true, Ordering::Relaxed);
        let joined = [write, pass].map(|thread| thread.join().expect("no thread panics"));
        joined.into_iter().collect::<Result<(), _>>()?;
        measure.join().expect("no thread panics")
    })?;
    // The first fifth is left out, since connecting takes a while.
    took.drain(..took.len() / 5);
    took.sort_unstable();
    let at = |share: usize| took.get(took.len() * share / 1_000).copied().unwrap_or_default();
    println!(
        "{} records: half within {} µs, 99 % within {} µs, 99.9 % within {} µs",
        took.len(),
        at(500),
        at(990),
        at(999)
    );
    Ok(())
}
