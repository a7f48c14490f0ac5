//! Every record fails, and the handler says to continue: the position is committed, so nothing is read again after a restart;
//! what is reported and kept does not grow with the number of failures.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test of the real thing, in real time")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use millstream::errors::{Decision, ErrorHandler, FailureKind, Handlers};
use millstream::events::{Event, EventKind, EventSettings};
use millstream::logs::{AdminRequest, AdminResponse};
use millstream::{Streams, StreamsBuilder, StreamsConfig, StreamsHandle, Topology};
use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::resources::ResourceUsage;
use millstream_kafka_tests::{PATIENCE, TestClient, until};

const RECORDS: u64 = 100_000;

/// From here on memory is measured: buffers are as large as they become.
const WARM: u64 = 30_000;

/// Memory may grow by this, a fraction of what the records that fail meanwhile take.
const GROWTH_MAX: u64 = 16 << 20;

/// A few a minute and reason, for each task and the whole application.
const EVENTS_MAX: usize = 40;

/// Bytes that are no `i64`, and no number either.
fn records(count: u64) -> Vec<String> {
    (0..count).map(|number| format!("{number} {}", "x".repeat(300))).collect()
}

struct Failing {
    streams: StreamsHandle,
    failures: Arc<AtomicU64>,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Failing {
    fn start(client: &TestClient, application: &str, topology: Topology, kind: FailureKind) -> Self {
        let (failures, events) = (Arc::<AtomicU64>::default(), Arc::<Mutex<Vec<Event>>>::default());
        let (counted, heard) = (Arc::clone(&failures), Arc::clone(&events));
        let handler = ErrorHandler::custom(move |context| {
            counted.fetch_add(1, Ordering::SeqCst);
            if context.failure.kind == kind { Decision::Continue } else { Decision::Fail }
        });
        let handlers = Handlers { deserialization: handler.clone(), processing: handler, ..Handlers::default() };
        let settings = EventSettings { lines: false, ..EventSettings::default() };
        let config = StreamsConfig { events: settings, ..StreamsConfig::new(application) };
        let streams = Streams::new(topology, config).with_log(client.log.clone()).with_handlers(handlers);
        let streams = streams.with_listener(move |event| heard.lock().unwrap().push(event.clone()));
        Self { streams: streams.start().unwrap(), failures, events }
    }

    fn await_failures(&self, count: u64) {
        until(format!("{count} records fail"), || {
            assert_eq!(self.streams.failure(), None);
            (self.failures.load(Ordering::SeqCst) >= count).then_some(())
        });
    }

    /// Closes it. Returns how many records failed, and the events about them.
    fn close(self) -> (u64, Vec<Event>) {
        self.streams.close_blocking(PATIENCE).unwrap();
        let events = std::mem::take(&mut *self.events.lock().unwrap());
        let is_about = |event: &Event| event.needs_person() || matches!(event.kind, EventKind::RecordsSkipped(_));
        (self.failures.load(Ordering::SeqCst), events.into_iter().filter(is_about).collect())
    }
}

fn committed(client: &TestClient, application: &str) -> u64 {
    let request = AdminRequest::CommittedOffsets(application.to_owned());
    let AdminResponse::CommittedOffsets(committed) = client.ask(request) else {
        panic!("the response to another request");
    };
    committed.iter().map(|(_, committed)| committed.offset.number().unsigned_abs()).sum()
}

fn resident_bytes() -> u64 {
    ResourceUsage::of(std::process::id()).unwrap().resident_bytes
}

/// The application has the name of its topic for an id.
fn check(client: &TestClient, application: &str, topology: impl Fn() -> Topology, kind: FailureKind) {
    client.create(&[application]);
    client.write(application, &records(RECORDS));
    let failing = Failing::start(client, application, topology(), kind);
    failing.await_failures(WARM);
    let warm = resident_bytes();
    failing.await_failures(RECORDS);
    let grown = resident_bytes().saturating_sub(warm);
    until("all of it is committed", || (committed(client, application) == RECORDS).then_some(()));
    let (failures, events) = failing.close();
    println!("{application}: {failures} failures, {} events, {} KiB more memory", events.len(), grown >> 10);
    assert_eq!(failures, RECORDS, "each failed once");
    assert!(grown < GROWTH_MAX, "memory grew by {grown} bytes");
    assert!(!events.is_empty() && events.len() <= EVENTS_MAX, "{} events: {:?}", events.len(), &events[..5]);
    assert!(!events.iter().any(Event::needs_person), "{events:?}");

    let again = Failing::start(client, application, topology(), kind);
    client.write(application, &records(4));
    again.await_failures(4);
    until("it is committed", || (committed(client, application) == RECORDS + 4).then_some(()));
    assert_eq!(again.close().0, 4, "nothing was read again");
}

#[test]
fn records_that_all_fail_are_committed_once_and_reported_a_few_times() {
    let broker = Broker::shared();
    let client = TestClient::on(broker.bootstrap());
    let undecodable = || {
        let builder = StreamsBuilder::new();
        builder.stream::<Option<String>, i64>("undecodable").for_each(|_, _| ());
        builder.build().unwrap()
    };
    check(&client, "undecodable", undecodable, FailureKind::Deserialization);
    let unparsable = || {
        let builder = StreamsBuilder::new();
        let texts = builder.stream::<Option<String>, String>("unparsable");
        texts.try_for_each(|_, text| text.parse::<i64>().map(drop));
        builder.build().unwrap()
    };
    check(&client, "unparsable", unparsable, FailureKind::Processing);
}
