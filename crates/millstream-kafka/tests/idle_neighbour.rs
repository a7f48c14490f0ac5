//! A topic that is quiet does not hold up a busy one beside it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

#[path = "support/hands.rs"]
mod hands;
#[path = "support/records.rs"]
mod records;
mod support;

use std::time::{Duration, Instant};

use hands::{PATIENCE, create, now};
use millstream_kafka::KafkaLog;
use millstream_log::{Fetching, Log, LogEvent, Signal, StartAt};
use records::{numbered, write_all};
use support::Broker;

/// How often a reader that was busy with something else comes back to full queues.
const ROUNDS: usize = 8;

/// More than the queue of a partition holds, even if a fetch fills it up that was made when it was nearly full.
const RECORDS_PER_ROUND: usize = 30_000;

/// What it is busy with takes so long. Meanwhile the queue fills up, and the next fetch asks for the idle topic alone.
const BUSY_FOR: Duration = Duration::from_millis(100);

/// A broker that held that fetch for 500 ms, librdkafka's default, would keep the reader waiting for nearly 400 ms.
const STALL: Duration = Duration::from_millis(200);

/// Takes so many records, and tells how long it had nothing to take at a stretch.
fn longest_wait(fetcher: &mut dyn Fetching, signal: &Signal, records: usize) -> Duration {
    let (begin, mut events) = (Instant::now(), Vec::new());
    let (mut taken, mut longest, mut last) = (0, Duration::ZERO, begin);
    while taken < records {
        assert!(begin.elapsed() < PATIENCE, "only {taken} of {records} records have come");
        fetcher.poll(now(), &mut |_| true, &mut events);
        let came: usize =
            events.drain(..).map(|event| if let LogEvent::Chunk(chunk) = event { chunk.len() } else { 0 }).sum();
        if came == 0 {
            signal.wait(Duration::from_millis(5));
            continue;
        }
        (taken, longest, last) = (taken + came, longest.max(last.elapsed()), Instant::now());
    }
    longest
}

/// librdkafka has one fetch under way for a broker. One that is made while the busy partition's queue is full asks for the
/// idle partition only, and until the broker has responded it nobody asks for the busy one.
#[test]
fn a_reader_that_was_busy_does_not_wait_for_a_quiet_topic() {
    let broker = Broker::start();
    let log = KafkaLog::new(broker.bootstrap());
    let (busy, idle) = (create(&log, "busy", 1), create(&log, "idle", 1));
    write_all(&log, &busy, &numbered((ROUNDS + 1) * RECORDS_PER_ROUND));

    let signal = Signal::new();
    let mut fetcher = log.fetcher("reads", &signal).unwrap();
    fetcher.assign(&[(busy, StartAt::Earliest), (idle, StartAt::Earliest)]);
    longest_wait(&mut *fetcher, &signal, 1);
    let mut waits: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            std::thread::sleep(BUSY_FOR);
            longest_wait(&mut *fetcher, &signal, RECORDS_PER_ROUND)
        })
        .collect();
    // With the fault each round stands still; a machine that is busy itself makes some of them wait long, but not all.
    waits.sort_unstable();
    assert!(waits[ROUNDS / 4] < STALL, "it stood still again and again: {waits:?}");
}
