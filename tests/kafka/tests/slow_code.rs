//! User code that takes 20 ms a record, with a session of 6 s and a backlog of a minute: a turn of the thread is bounded by
//! time, so commits and schedules go on, the member stays in its group, and it closes at once.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test of the real thing, in real time")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use millstream::events::{Event, EventKind, EventSettings};
use millstream::logs::{AdminRequest, AdminResponse};
use millstream::{BoxError, Processor, ProcessorContext, PunctuationType, Record, ScheduleId};
use millstream::{Streams, StreamsBuilder, StreamsConfig, StreamsHandle, Timestamp};
use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::{TestClient, until};

const TIME_PER_RECORD: Duration = Duration::from_millis(20);

/// Longer than the session.
const TIME_OF_LONG_RECORD: Duration = Duration::from_secs(10);

const SESSION: Duration = Duration::from_secs(6);

/// A minute's work.
const BACKLOG: usize = 3_000;

/// Two sessions' work.
const PROCESSED: u64 = 600;

const SCHEDULE: Duration = Duration::from_millis(200);

/// A twelfth of what is due while [`PROCESSED`] records are processed.
const PUNCTUATIONS_MIN: u64 = 5;

/// Time for one record and a commit, on the busiest machine. The backlog takes longer.
const CLOSE_LIMIT: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, Default)]
struct Counts {
    records: Arc<AtomicU64>,
    punctuations: Arc<AtomicU64>,
}

/// Takes so long for a record.
struct Slow(Counts, Duration);

type Key = Option<String>;

impl Processor<Key, String, Key, String> for Slow {
    fn init(&mut self, context: &mut ProcessorContext<'_, Key, String>) -> Result<(), BoxError> {
        context.schedule(PunctuationType::WallClockTime, SCHEDULE);
        Ok(())
    }

    fn process(
        &mut self,
        _context: &mut ProcessorContext<'_, Key, String>,
        _record: Record<Key, String>,
    ) -> Result<(), BoxError> {
        std::thread::sleep(self.1);
        self.0.records.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn punctuate(
        &mut self,
        _context: &mut ProcessorContext<'_, Key, String>,
        _schedule: ScheduleId,
        _time: Timestamp,
    ) -> Result<(), BoxError> {
        self.0.punctuations.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

struct Application {
    id: String,
    streams: StreamsHandle,
    counts: Counts,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Application {
    fn start(test_client: &TestClient, topic: &str, time_per_record: Duration) -> Self {
        let id = format!("of-{topic}");
        let (counts, events) = (Counts::default(), Arc::<Mutex<Vec<Event>>>::default());
        let (of_tasks, heard) = (counts.clone(), Arc::clone(&events));
        let builder = StreamsBuilder::new();
        builder.stream::<Key, String>(topic).process(move || Slow(of_tasks.clone(), time_per_record), ());
        let config = StreamsConfig {
            session_timeout: SESSION,
            events: EventSettings { lines: false, ..EventSettings::default() },
            ..StreamsConfig::new(&id)
        };
        let streams = Streams::new(builder.build().unwrap(), config).with_log(test_client.log.clone());
        let streams = streams.with_listener(move |event| heard.lock().unwrap().push(event.clone()));
        Self { id, streams: streams.start().unwrap(), counts, events }
    }

    fn processed(&self) -> u64 {
        self.counts.records.load(Ordering::SeqCst)
    }

    fn committed(&self, test_client: &TestClient) -> u64 {
        let AdminResponse::CommittedOffsets(committed) =
            test_client.ask(AdminRequest::CommittedOffsets(self.id.clone()))
        else {
            panic!("the response to another request");
        };
        committed.iter().map(|(_, committed)| committed.offset.number().unsigned_abs()).sum()
    }

    /// Whatever says that work was lost or repeated.
    fn setbacks(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let is_setback = |event: &&Event| match &event.kind {
            EventKind::Rebalanced { lost, .. } => !lost.is_empty(),
            EventKind::CommitFailed { .. } | EventKind::TaskFailed(_) | EventKind::ThreadFailed { .. } => true,
            _ => false,
        };
        events.iter().filter(is_setback).map(|event| format!("{event:?}")).collect()
    }
}

#[test]
fn slow_code_keeps_its_membership_commits_and_closes() {
    let broker = Broker::shared();
    let (test_client, topic) = (TestClient::on(broker.bootstrap()), "slow-code");
    test_client.create(&[topic]);
    test_client.write(topic, &(0..BACKLOG).map(|number| number.to_string()).collect::<Vec<_>>());
    let application = Application::start(&test_client, topic, TIME_PER_RECORD);
    until("it commits", || (application.committed(&test_client) > 0).then_some(()));
    until("it processes for two sessions", || (application.processed() >= PROCESSED).then_some(()));
    until("it still commits", || (application.committed(&test_client) >= PROCESSED).then_some(()));
    let begin = Instant::now();
    let punctuations = application.counts.punctuations.load(Ordering::SeqCst);
    application.streams.close_blocking(CLOSE_LIMIT).unwrap();
    let (processed, committed) = (application.processed(), application.committed(&test_client));
    println!("{processed} records, {punctuations} punctuations, closed in {:?}", begin.elapsed());
    assert_eq!(application.setbacks(), [""; 0]);
    assert_eq!(committed, processed, "it has committed what it has processed, and processed nothing twice");
    assert!(punctuations >= PUNCTUATIONS_MIN, "{punctuations} punctuations");
}

/// A thread that processes a record cannot send heartbeats. Those of librdkafka came from a thread of its own, and so they do here:
/// a member whose code takes longer for a record than its session would lose its partitions with each record.
#[test]
fn a_record_that_takes_longer_than_the_session_costs_no_membership() {
    let broker = Broker::shared();
    let (test_client, topic) = (TestClient::on(broker.bootstrap()), "longer-than-the-session");
    test_client.create(&[topic]);
    test_client.write(topic, &["one", "two"].map(str::to_owned));
    let application = Application::start(&test_client, topic, TIME_OF_LONG_RECORD);
    until("both are processed", || (application.processed() == 2).then_some(()));
    application.streams.close_blocking(CLOSE_LIMIT).unwrap();
    assert_eq!(application.setbacks(), [""; 0]);
    assert_eq!(application.committed(&test_client), 2);
}
