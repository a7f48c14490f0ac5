//! An idle topic does not delay a busy one that is read by the same client.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with a real broker, in real time")]

use std::time::{Duration, Instant};

use millstream_log::{Fetching, Log, LogEvent, Signal, StartAt};

use crate::TestedLog;
use crate::records::{numbered, write_all};
use crate::requests::{PATIENCE, create, now};
use crate::support::Broker;

/// How often the reader pauses and then finds full queues.
const ROUNDS: usize = 8;

/// More records than the queue of a partition can hold, even if a fetch request adds to a nearly full one.
const RECORDS_PER_ROUND: usize = 30_000;

/// How long the reader pauses. The queue fills meanwhile, and the next fetch request has only the idle topic.
const BUSY_FOR: Duration = Duration::from_millis(100);

/// If the broker held that request for 500 ms, the default, the reader would wait for nearly 400 ms.
const STALL: Duration = Duration::from_millis(200);

/// Reads this many records, and returns the longest time without any.
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

/// A reader has one fetch request per broker in flight. A request that is sent while the queue of the busy partition is full
/// has only the idle partition, and the busy one cannot be requested before the response.
#[test]
fn a_reader_that_was_busy_does_not_wait_for_a_quiet_topic() {
    let broker = Broker::start();
    let log = TestedLog::new(broker.bootstrap());
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
    // With the fault every round stalls; a busy machine delays some rounds, but not all.
    waits.sort_unstable();
    assert!(waits[ROUNDS / 4] < STALL, "reading stalled in most rounds: {waits:?}");
}
