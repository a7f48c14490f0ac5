//! Measures the throughput of records through Kafka: writes ten million records of 7 + 100 bytes to four partitions, reads them,
//! and passes them on to another topic, and prints the processor time of each step.
//!
//! Run it with `cargo run --release -p millstream-kafka --example throughput -- HOST:PORT [RECORDS [SETTING=VALUE]...]`,
//! on a broker that `scripts/kafka-broker start` has started.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a program that measures and prints")]

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use millstream_kafka::KafkaLog;
use millstream_log::{AdminRequest, Chunk, Fetching, Log, LogError, LogEvent, NewTopic, Producing, Signal, StartAt};
use millstream_types::{MonotonicTime, Partition, RecordBytes, Timestamp, Topic, TopicPartition};

const PARTITIONS: u32 = 4;

fn now() -> MonotonicTime {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    MonotonicTime::after_start(BEGAN.elapsed())
}

fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Processor time of this process, all its threads, as the kernel counts it in hundredths of a second.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn measure(what: &str, records: usize, work: impl FnOnce() -> Result<(), LogError>) -> Result<(), LogError> {
    let (begin, before) = (Instant::now(), processor_time());
    work()?;
    let (wall, processor) = (begin.elapsed().as_secs_f64(), processor_time().saturating_sub(before).as_secs_f64());
    let count = records as f64;
    println!(
        "{what:<12} {:>9.0} records/s {:>7.3} µs of processor time a record",
        count / wall,
        processor * 1e6 / count
    );
    Ok(())
}

struct Run {
    log: KafkaLog,
    signal: Signal,
    records: usize,
}

impl Run {
    fn create(&self, name: &str) -> Result<Topic, LogError> {
        let topic = NewTopic { name: Topic::from(name), partitions: PARTITIONS, config: BTreeMap::new() };
        let mut admin = self.log.admin("throughput", &self.signal)?;
        admin.request(AdminRequest::CreateTopics(vec![topic]));
        let mut events = Vec::new();
        while !events.iter().any(|event| matches!(event, LogEvent::AdminDone { .. })) {
            self.signal.wait(Duration::from_millis(10));
            admin.poll(now(), &mut events);
        }
        Ok(Topic::from(name))
    }

    fn fetcher(&self, topic: &Topic) -> Result<Box<dyn Fetching>, LogError> {
        let mut fetcher = self.log.fetcher("throughput", &self.signal)?;
        let all = (0..PARTITIONS).map(|number| (TopicPartition::new(topic, number), StartAt::Earliest));
        fetcher.assign(&all.collect::<Vec<_>>());
        Ok(fetcher)
    }

    fn write(&self, topic: &Topic) -> Result<(), LogError> {
        let mut producer = self.log.producer("throughput", &self.signal)?;
        let mut events = Vec::new();
        let value = [b'v'; 100];
        for number in 0..self.records {
            let key = format!("{:07}", number % 10_000_000);
            let at = (Partition::new(number as u32 % PARTITIONS), Timestamp::from_millis(1_700_000_000_000));
            while !producer.append(topic, at.0, &RecordBytes::new(at.1, Some(key.as_bytes()), Some(&value))) {
                self.signal.wait(Duration::from_millis(5));
                producer.poll(now(), &mut events);
            }
            if number % 1_000 == 0 {
                producer.poll(now(), &mut events);
            }
        }
        self.drain(&mut *producer);
        Ok(())
    }

    fn drain(&self, producer: &mut dyn Producing) {
        producer.flush();
        let mut events = Vec::new();
        while !events
            .iter()
            .any(|event| matches!(event, LogEvent::Acknowledged { up_to } if *up_to == producer.appended()))
        {
            self.signal.wait(Duration::from_millis(5));
            producer.poll(now(), &mut events);
        }
    }

    fn read(&self, topic: &Topic, mut each: impl FnMut(&Chunk)) -> Result<(), LogError> {
        let mut fetcher = self.fetcher(topic)?;
        let (mut seen, mut events) = (0, Vec::new());
        while seen < self.records {
            fetcher.poll(now(), &mut |_| true, &mut events);
            if events.is_empty() {
                self.signal.wait(Duration::from_millis(5));
            }
            for event in events.drain(..) {
                let LogEvent::Chunk(chunk) = event else { continue };
                seen += chunk.len();
                each(&chunk);
            }
        }
        Ok(())
    }

    fn pass(&self, from: &Topic, to: &Topic) -> Result<(), LogError> {
        let mut producer = self.log.producer("throughput", &self.signal)?;
        let mut events = Vec::new();
        self.read(from, |chunk| {
            for record in chunk.iter() {
                let (key, value) = (record.key(), record.value());
                let at = (chunk.partition.partition, record.timestamp());
                while !producer.append(to, at.0, &RecordBytes::new(at.1, key, value).with_headers(&record.headers())) {
                    self.signal.wait(Duration::from_millis(5));
                    producer.poll(now(), &mut events);
                }
            }
            producer.poll(now(), &mut events);
        })?;
        self.drain(&mut *producer);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let bootstrap = arguments.next().ok_or("the broker's address is missing: throughput HOST:PORT [RECORDS]")?;
    let records = arguments.next().map_or(Ok(10_000_000), |text| text.parse())?;
    let mut log = KafkaLog::new(&bootstrap);
    for setting in arguments {
        let (name, value) = setting.split_once('=').ok_or("a setting is written NAME=VALUE")?;
        log = log.with(name, value)?;
    }
    let run = Run { log, signal: Signal::new(), records };
    let (from, to) = (format!("from-{}", wall_clock().as_millis()), format!("to-{}", wall_clock().as_millis()));
    let (from, to) = (run.create(&from)?, run.create(&to)?);
    measure("write", records, || run.write(&from))?;
    let mut bytes = 0;
    measure("read", records, || run.read(&from, |chunk| bytes += chunk.buffer_bytes()))?;
    assert!(bytes >= records * 107, "every record was read");
    measure("pass", records, || run.pass(&from, &to))?;
    Ok(())
}
