//! Who waits for a broker waits in peace. Alone in its process, whose processor time it measures.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

#[path = "support/hands.rs"]
mod hands;
mod support;

use std::time::{Duration, Instant};

use hands::{create, now, until};
use millstream_kafka::KafkaLog;
use millstream_log::{AdminRequest, Administration, Fetching, Log, LogEvent, Signal, StartAt};
use millstream_types::{Offset, TopicPartition};
use support::Broker;

/// How long the broker is away.
const AWAY: Duration = Duration::from_secs(4);

/// This much of a processor is enough for who waits.
const WAITING_SHARE_MAX: f64 = 0.25;

/// The clock of `/proc/self/stat`, by a promise of the kernel to user space.
const TICKS_PER_SECOND: f64 = 100.0;

/// The processor time, in seconds, that this process has used.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_name, fields) = stat.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap());
    ticks.sum::<f64>() / TICKS_PER_SECOND
}

struct OpenRequests {
    partition: TopicPartition,
    fetcher: Box<dyn Fetching>,
    admin: Box<dyn Administration>,
}

impl OpenRequests {
    /// Asks where the partition begins and for a deletion: both go to its leader.
    fn ask(&mut self) {
        self.fetcher.assign(&[(self.partition.clone(), StartAt::Earliest)]);
        self.admin.request(AdminRequest::DeleteRecords(vec![(self.partition.clone(), Offset::ZERO)]));
    }

    /// What had a response meanwhile.
    fn responses(&mut self) -> (usize, usize) {
        let mut events = Vec::new();
        self.fetcher.poll(now(), &mut |_| true, &mut events);
        self.admin.poll(now(), &mut events);
        let count = |is_meant: fn(&LogEvent) -> bool| events.iter().filter(|event| is_meant(event)).count();
        let places = count(|event| matches!(event, LogEvent::Chunk(_)));
        (places, count(|event| matches!(event, LogEvent::AdminDone { result: Ok(_), .. })))
    }

    fn await_responses(&mut self) {
        let (mut places, mut deletions) = (0, 0);
        until("both requests have responses", || {
            let (place, deletion) = self.responses();
            (places, deletions) = (places + place, deletions + deletion);
            (places > 0 && deletions > 0).then_some(())
        });
    }
}

/// librdkafka, left alone, connects again without a pause while a request waits for a certain broker that is away: two of
/// its threads keep a processor busy, and the broker that comes back meets a storm.
#[test]
fn requests_to_a_broker_that_is_away_keep_no_processor_busy() {
    let broker = Broker::start();
    let log = KafkaLog::new(broker.bootstrap());
    let partition = create(&log, "requested-in-vain", 1);
    let (fetcher, admin) =
        (log.fetcher("asks-where", &Signal::new()).unwrap(), log.admin("deletes", &Signal::new()).unwrap());
    let mut asking = OpenRequests { partition, fetcher, admin };
    asking.ask();
    asking.await_responses();

    broker.kill();
    asking.ask();
    let (begin, before) = (Instant::now(), processor_time());
    while begin.elapsed() < AWAY {
        asking.responses();
        std::thread::sleep(Duration::from_millis(20));
    }
    let share = (processor_time() - before) / begin.elapsed().as_secs_f64();
    assert!(share < WAITING_SHARE_MAX, "waiting took {share:.3} of a processor");

    broker.restart();
    asking.ask();
    asking.await_responses();
}
