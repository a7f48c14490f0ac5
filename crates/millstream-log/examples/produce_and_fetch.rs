//! What the in-process log costs per record: produces and fetches records of 100 bytes and prints the time of each.
//!
//! Run it with `cargo run --release -p millstream-log --example produce_and_fetch`.

use std::time::Instant;

use millstream_log::{InProcessLog, Log, LogError, LogEvent, Signal, StartAt};
use millstream_types::{Headers, Partition, Timestamp, Topic, TopicPartition};

const RECORDS: u64 = 5_000_000;
const PARTITIONS: u32 = 4;

fn main() -> Result<(), LogError> {
    let log = InProcessLog::new();
    log.create_topic("measured", PARTITIONS)?;

    let begin = Instant::now();
    produce(&log)?;
    let produced = begin.elapsed();
    let (records, bytes) = fetch(&log)?;
    let fetched = begin.elapsed() - produced;

    assert_eq!((records, bytes), (RECORDS, RECORDS * 100));
    println!("produce: {:6.1} ns a record", produced.as_secs_f64() * 1e9 / RECORDS as f64);
    println!("fetch:   {:6.1} ns a record", fetched.as_secs_f64() * 1e9 / RECORDS as f64);
    Ok(())
}

fn produce(log: &InProcessLog) -> Result<(), LogError> {
    let mut producer = log.producer("producer", &Signal::new())?;
    let (topic, value, none) = (Topic::from("measured"), [b'v'; 92], Headers::new());
    let mut events = Vec::new();
    for number in 0..RECORDS {
        let partition = Partition::new(number as u32 % PARTITIONS);
        let time = Timestamp::from_millis(number as i64);
        assert!(producer.append(&topic, partition, time, Some(&number.to_be_bytes()), Some(&value), &none));
    }
    producer.poll(Timestamp::from_millis(0), &mut events);
    assert!(matches!(events[..], [LogEvent::Acknowledged { up_to: RECORDS }]));
    Ok(())
}

fn fetch(log: &InProcessLog) -> Result<(u64, u64), LogError> {
    let mut fetcher = log.fetcher("fetcher", &Signal::new())?;
    let all = (0..PARTITIONS).map(|number| (TopicPartition::new("measured", number), StartAt::Earliest));
    fetcher.assign(&all.collect::<Vec<_>>());
    let (mut records, mut bytes, mut events) = (0, 0, Vec::new());
    while records < RECORDS {
        fetcher.poll(Timestamp::from_millis(0), &mut |_| true, &mut events);
        for event in events.drain(..) {
            let LogEvent::Chunk(chunk) = event else { panic!("unexpected: {event:?}") };
            for record in chunk.iter() {
                records += 1;
                bytes += record.key().map_or(0, <[u8]>::len) as u64 + record.value().map_or(0, <[u8]>::len) as u64;
            }
        }
    }
    Ok((records, bytes))
}
