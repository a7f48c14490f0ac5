//! Word count through the whole pipeline on the in-process log.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_core::StreamsBuilder;
use millstream_log::in_process::InProcessLog;
use millstream_log::{Log, Signal};
use millstream_observe::events::EventSettings;
use millstream_runtime::{Streams, StreamsConfig};
use millstream_types::{Data, MonotonicTime, Partition, RecordBytes, Timestamp, Topic, TopicPartition};

use crate::report::{Measurement, timed};

/// Enough for seconds of work: the end is seen at a commit, which comes every 100 ms.
const LINES: u64 = 1_000_000;
const WORDS_PER_LINE: u64 = 10;
const WORDS: u64 = LINES * WORDS_PER_LINE;
const DISTINCT_WORDS: u64 = 5_000;
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn measure() -> Vec<Measurement> {
    let run = move || {
        let log = InProcessLog::new();
        log.create_topic("lines", 1).expect("a new topic");
        log.create_topic("counts", 1).expect("a new topic");
        feed(&log);
        let time = timed(|| count(&log));
        assert_eq!(total(&log), WORDS, "every word is counted once");
        time
    };
    let name = "word count on the in-process log, per word";
    vec![Measurement { name, target: "333 ns (3 M words/s)", units: WORDS, prepare: Box::new(move || Box::new(run)) }]
}

/// Fills the source topic with lines of words from a small vocabulary.
fn feed(log: &InProcessLog) {
    let (topic, signal) = (Topic::from("lines"), Signal::new());
    let mut producer = log.producer("feeder", &signal).expect("the log makes producers");
    let (mut events, mut word) = (Vec::new(), 1_u64);
    for line in 0..LINES {
        let words: Vec<String> = (0..WORDS_PER_LINE)
            .map(|_| {
                word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                format!("word{}", (word >> 33) % DISTINCT_WORDS)
            })
            .collect();
        let (time, line) = (Timestamp::from_millis(line.cast_signed()), words.join(" "));
        while !producer.append(&topic, Partition::new(0), &RecordBytes::new(time, None, Some(line.as_bytes()))) {
            producer.poll(MonotonicTime::START, &mut events);
        }
    }
    producer.flush();
    producer.poll(MonotonicTime::START, &mut events);
}

/// Runs the application until every word is counted and committed.
fn count(log: &InProcessLog) {
    let builder = StreamsBuilder::new();
    builder
        .stream::<(), String>("lines")
        .flat_map_values(|(), line| line.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .group_by(|(), word| word.clone())
        .count("words")
        .to_stream()
        .to("counts");
    let topology = builder.build().expect("the topology is sound");
    let quiet = EventSettings { lines: false, ..EventSettings::default() };
    let purge = Duration::from_millis(500);
    let config = StreamsConfig { events: quiet, repartition_purge_interval: purge, ..StreamsConfig::new("bench") };
    let streams = Streams::new(topology, config).with_log(log.clone()).start().expect("it starts");
    wait_until_counted(log);
    streams.close_blocking(LIMIT).expect("it closes");
}

/// Waits until the count has committed the last word of the repartition topic.
fn wait_until_counted(log: &InProcessLog) {
    let words = TopicPartition::new("bench-words-repartition", 0);
    while log.committed("bench").get(&words).is_none_or(|place| place.offset.number() < WORDS.cast_signed()) {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The sum of the last count of every word in the output topic.
fn total(log: &InProcessLog) -> u64 {
    let records = log.records("counts").expect("the topic is there");
    let counts: BTreeMap<Vec<u8>, Vec<u8>> =
        records.into_iter().filter_map(|record| Some((record.key?, record.value?))).collect();
    counts.values().map(|count| i64::decode(count).expect("a count").unsigned_abs()).sum()
}
