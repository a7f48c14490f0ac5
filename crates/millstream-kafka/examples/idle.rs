//! Measures the processor time of a reader of 1,000 partitions that have no new records.
//!
//! Run it with `cargo run --release -p millstream-kafka --example idle -- HOST:PORT [SECONDS]`, on a broker that
//! `scripts/kafka-broker start` has started.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a program that measures and prints")]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use millstream_kafka::KafkaLog;
use millstream_log::{AdminRequest, Fetching, Log, LogError, LogEvent, NewTopic, Signal, StartAt};
use millstream_types::{MonotonicTime, Topic, TopicPartition};

const PARTITIONS: u32 = 1_000;

fn now() -> MonotonicTime {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    MonotonicTime::after_start(BEGAN.elapsed())
}

/// Processor time of this process, all its threads, as the kernel counts it in hundredths of a second.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn create(log: &KafkaLog, topic: &Topic) -> Result<(), LogError> {
    let (signal, mut events) = (Signal::new(), Vec::new());
    let mut admin = log.admin("idle", &signal)?;
    let topic = NewTopic { name: topic.clone(), partitions: PARTITIONS, config: Default::default() };
    admin.request(AdminRequest::CreateTopics(vec![topic]));
    while events.is_empty() {
        admin.poll(now(), &mut events);
        signal.wait(Duration::from_millis(5));
    }
    println!("{:?}", events[0]);
    Ok(())
}

/// Polls as a stream thread does. Returns how many partitions have reported something.
fn poll(reader: &mut dyn Fetching, signal: &Signal, length: Duration) -> usize {
    let (begin, mut events, mut chunks) = (Instant::now(), Vec::new(), 0);
    while begin.elapsed() < length {
        reader.poll(now(), &mut |_| true, &mut events);
        chunks += events.drain(..).filter(|event| matches!(event, LogEvent::Chunk(_))).count();
        signal.wait(Duration::from_millis(100));
    }
    chunks
}

fn main() -> Result<(), LogError> {
    let mut arguments = std::env::args().skip(1);
    let bootstrap = arguments.next().unwrap_or_else(|| "127.0.0.1:9092".to_owned());
    let seconds = arguments.next().and_then(|seconds| seconds.parse().ok()).unwrap_or(30);
    let (log, topic, signal) = (KafkaLog::new(&bootstrap), Topic::from("idle-partitions"), Signal::new());
    create(&log, &topic)?;
    let mut reader = log.fetcher("idle", &signal)?;
    let partition = |number| (TopicPartition::new(topic.clone(), number), StartAt::Earliest);
    reader.assign(&(0..PARTITIONS).map(partition).collect::<Vec<_>>());
    let chunks = poll(&mut *reader, &signal, Duration::from_secs(10));
    let before = processor_time();
    poll(&mut *reader, &signal, Duration::from_secs(seconds));
    let processor = processor_time().saturating_sub(before);
    println!("{chunks} of {PARTITIONS} partitions are being read; {processor:?} of processor time in {seconds} s");
    Ok(())
}
