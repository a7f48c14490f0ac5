//! Runs a query on the in-process log until every event is processed and committed.

use std::fs;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use millstream_core::StreamsBuilder;
use millstream_log::in_process::InProcessLog;
use millstream_observe::events::EventSettings;
use millstream_runtime::{Streams, StreamsConfig};
use millstream_types::{Data, RecordBytes, Timestamp, TopicPartition};

use crate::generator::Generator;
use crate::queries::{EVENTS, Query, RESULTS, SIDE, SIDE_ROWS, Sink};

const APPLICATION: &str = "nexmark";
const LIMIT: Duration = Duration::from_secs(60);

/// A tick of the kernel's CPU time (`USER_HZ`, 100 a second on every Linux platform Rust knows).
const TICK: Duration = Duration::from_millis(10);

/// Where stores are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Place {
    /// In memory.
    Memory,
    /// On disk.
    #[cfg(feature = "rocksdb")]
    Rocksdb,
}

/// The figures of a run.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// How long it took by the clock.
    pub wall: Duration,
    /// CPU time of the whole process.
    pub cpu: Duration,
    /// CPU time of generating the events before, and of encoding them.
    pub generated: Duration,
    /// The most memory that the process ever had, in bytes.
    pub peak_bytes: u64,
    /// The size of the log of the events, which is part of it.
    pub input_bytes: u64,
}

/// Fills a log with events, and with the side input.
///
/// # Panics
/// When the log already has these topics.
pub fn feed(log: &InProcessLog, generator: &Generator, events: u64) {
    for topic in [EVENTS, SIDE, RESULTS] {
        log.create_topic(topic, 1).expect("the log is new");
    }
    let append = |topic: &str, record: &RecordBytes<'_>| {
        log.append(&TopicPartition::new(topic, 0), record).expect("the partition exists");
    };
    for_each_row(|key, value| append(SIDE, &RecordBytes::new(Timestamp::from_millis(0), Some(key), Some(value))));
    for_each_event(generator, events, |time, value| append(EVENTS, &RecordBytes::new(time, None, Some(value))));
}

/// Calls `each` with key and value of every row of the side input.
pub fn for_each_row(mut each: impl FnMut(&[u8], &[u8])) {
    for row in 0..SIDE_ROWS {
        each(&row.to_be_bytes(), format!("value-{row}").as_bytes());
    }
}

/// Calls `each` with time and bytes of this many events, in their order.
///
/// # Panics
/// Never: every event can be encoded.
pub fn for_each_event(generator: &Generator, events: u64, mut each: impl FnMut(Timestamp, &[u8])) {
    let mut bytes = Vec::new();
    for number in 0..events {
        bytes.clear();
        generator.event(number).encode(&mut bytes).expect("events can be encoded");
        each(Timestamp::from_millis(generator.time(number)), &bytes);
    }
}

/// Runs a query over this many events.
///
/// # Panics
/// When the application fails.
#[must_use]
pub fn measure(query: Query, place: Place, generator: &Generator, events: u64) -> Measured {
    let log = InProcessLog::new();
    let before = cpu_time();
    feed(&log, generator, events);
    let generated = cpu_time().saturating_sub(before);
    let (cpu, start) = (cpu_time(), Instant::now());
    run(query, place, &log, Sink::Discard);
    let (wall, cpu) = (start.elapsed(), cpu_time().saturating_sub(cpu));
    let input_bytes = log.topic_bytes(EVENTS).unwrap_or_default() as u64;
    Measured { wall, cpu, generated, peak_bytes: peak_bytes(), input_bytes }
}

/// Runs a query over the events of a log.
///
/// # Panics
/// When the application fails.
pub fn run(query: Query, place: Place, log: &InProcessLog, sink: Sink<'_>) {
    let builder = StreamsBuilder::new();
    query.add(&builder, sink);
    let topology = builder.build().expect("the topology is sound");
    let quiet = EventSettings { lines: false, ..EventSettings::default() };
    // Repartition topics are in this process' memory.
    let purge = Duration::from_millis(500);
    let config = StreamsConfig { events: quiet, repartition_purge_interval: purge, ..StreamsConfig::new(APPLICATION) };
    let (streams, _directory) = placed(Streams::new(topology, config).with_log(log.clone()), place);
    let streams = streams.start().expect("it starts");
    wait_for(EVENTS, log);
    // Each behind those that it is written from.
    let names = log.topics().into_iter().map(|topic| topic.name.as_str().to_owned());
    let between = names.filter(|name| name.starts_with(APPLICATION) && !name.ends_with("-changelog"));
    let between: Vec<String> = between.collect();
    while !between.iter().all(|topic| is_through(topic, log)) {
        between.iter().for_each(|topic| wait_for(topic, log));
    }
    streams.close_blocking(LIMIT).expect("it closes");
}

#[cfg(not(feature = "rocksdb"))]
fn placed(streams: Streams, _place: Place) -> (Streams, ()) {
    (streams, ())
}

#[cfg(feature = "rocksdb")]
fn placed(streams: Streams, place: Place) -> (Streams, Option<tempfile::TempDir>) {
    use millstream_rocksdb::{RocksDb, RocksDbConfig};
    match place {
        Place::Memory => (streams, None),
        Place::Rocksdb => {
            let directory = tempfile::tempdir().expect("a directory for stores");
            let streams = streams.with_engines(RocksDb::new(RocksDbConfig::default()), directory.path());
            (streams, Some(directory))
        }
    }
}

/// Whether everything in a topic is processed and committed.
fn is_through(topic: &str, log: &InProcessLog) -> bool {
    let partition = TopicPartition::new(topic, 0);
    let (begin, end) = log.offset_range(&partition).expect("the partition exists");
    let committed = log.committed(APPLICATION).get(&partition).map_or(begin, |committed| committed.offset);
    committed >= end
}

fn wait_for(topic: &str, log: &InProcessLog) {
    while !is_through(topic, log) {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// CPU time of this process so far, from `/proc/self/stat` (proc(5), fields 14 and 15); zero where there is none.
fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u32 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u32>().ok()).sum();
    TICK * ticks
}

fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|text| text.trim().split(' ').next()).and_then(|text| text.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1_024
}
