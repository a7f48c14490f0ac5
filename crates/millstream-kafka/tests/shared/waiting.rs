//! Waiting for a broker takes little processor time. The test is alone in its program, since it measures the whole process.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test with a real broker, in real time")]

use std::time::{Duration, Instant};

use millstream_log::{AdminRequest, Administration, Fetching, Log, LogEvent, Signal, StartAt};
use millstream_types::{Offset, TopicPartition};

use crate::TestedLog;
use crate::requests::{create, now, until};
use crate::support::Broker;

/// How long the broker is down.
const AWAY: Duration = Duration::from_secs(4);

/// The largest share of a processor that waiting may take.
const WAITING_SHARE_MAX: f64 = 0.25;

/// The ticks per second of `/proc/self/stat`, which are part of the kernel's interface.
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
    /// Requests the partition's range and a deletion: both go to its leader.
    fn ask(&mut self) {
        self.fetcher.assign(&[(self.partition.clone(), StartAt::Earliest)]);
        self.admin.request(AdminRequest::DeleteRecords(vec![(self.partition.clone(), Offset::ZERO)]));
    }

    /// The responses that have arrived.
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

/// With its default settings librdkafka connects again without a backoff while a request waits for an unreachable broker: two
/// of its threads use a whole processor, and the broker gets many connections when it is restarted.
#[test]
fn requests_to_an_unreachable_broker_take_little_processor_time() {
    let broker = Broker::start();
    let log = TestedLog::new(broker.bootstrap());
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
