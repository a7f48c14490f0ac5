//! KIND: a panic that gets further than the code it is in. Each is reported with the name of what panicked, costs no more than
//! is documented, and closing returns.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "support/waiting.rs"]
mod waiting;

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};

use millstream::errors::{Decision, ErrorHandler, FailureKind, Handlers};
use millstream::events::{Event, EventKind, EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::state::{AnyStore, KeyValueStore};
use millstream::test::{TestConfig, TopologyTestDriver};
use millstream::{
    BoxError, Data, FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, Processor, ProcessorContext, Record,
    RecordBytes, SerdeError, Streams, StreamsBuilder, StreamsConfig, StreamsHandle, TopicPartition, Topology,
};
use waiting::{PATIENCE, wait_until};

fn log() -> InProcessLog {
    let log = InProcessLog::new();
    ["in", "out"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    log
}

fn append(log: &InProcessLog, value: &str) {
    let record = RecordBytes::new(1.into(), Some(b"k"), Some(value.as_bytes()));
    log.append(&TopicPartition::new("in", 0), &record).unwrap();
}

type Events = Arc<Mutex<Vec<Event>>>;

fn start(topology: Topology, handlers: Handlers, log: &InProcessLog) -> (StreamsHandle, Events) {
    start_with(topology, handlers, log, |_| ())
}

/// Starts an application with a listener of the test's own.
fn start_with(
    topology: Topology,
    handlers: Handlers,
    log: &InProcessLog,
    listener: impl Fn(&Event) + Send + Sync + 'static,
) -> (StreamsHandle, Events) {
    let events: Events = Arc::default();
    let noted = Arc::clone(&events);
    let config = StreamsConfig {
        threads: 1,
        events: EventSettings { lines: false, ..EventSettings::default() },
        ..StreamsConfig::new("a")
    };
    let streams = Streams::new(topology, config)
        .with_handlers(handlers)
        .with_log(log.clone())
        .with_listener(listener)
        .with_listener(move |event: &Event| noted.lock().unwrap().push(event.clone()))
        .start()
        .unwrap();
    (streams, events)
}

/// The texts of the failures of tasks.
fn task_failures(events: &Events) -> Vec<String> {
    let events = events.lock().unwrap();
    let failures = events.iter().filter_map(|event| match &event.kind {
        EventKind::TaskFailed(failure) => Some(failure.to_string()),
        _ => None,
    });
    failures.collect()
}

/// The failure had named the record and not the handler: whoever wrote the handler looked at the wrong place.
#[test]
fn a_handler_that_panics_stops_the_task_and_is_named() {
    let broken = || ErrorHandler::custom(|_| panic!("no dead letters here"));
    let cases = [
        ("deserialization", Handlers { deserialization: broken(), ..Handlers::default() }),
        ("processing", Handlers { processing: broken(), ..Handlers::default() }),
        ("production", Handlers { production: broken(), ..Handlers::default() }),
    ];
    for (name, handlers) in cases {
        let builder = StreamsBuilder::new();
        match name {
            "deserialization" => drop(builder.stream::<String, i64>("in").to("out")),
            "processing" => {
                let failing = builder.stream::<String, String>("in").try_map_values(|_, text| text.parse::<i64>());
                failing.to("out");
            }
            _ => drop(builder.stream::<String, String>("in").map_values(|_, _| Unwritable).to("out")),
        }
        let config = TestConfig { handlers, ..TestConfig::default() };
        let driver = TopologyTestDriver::with_config(&builder.build().unwrap(), &config).unwrap();
        let error = driver.input_topic::<String, String>("in").pipe("k", "text").unwrap_err().to_string();
        let expected = format!("the {name} handler panicked on this: no dead letters here");
        assert!(error.contains(&expected) && error.contains("in-0 at offset 0"), "{error}");
    }
}

#[derive(Clone)]
struct Unwritable;

impl Data for Unwritable {
    fn encode(&self, _: &mut Vec<u8>) -> Result<(), SerdeError> {
        Err(SerdeError::unwritable("Unwritable", "it has no bytes"))
    }

    fn decode(_: &[u8]) -> Result<Self, SerdeError> {
        Ok(Self)
    }
}

/// Forwards records, and panics in this way when it is closed.
struct Fragile<F>(F);

impl<F: Fn() + Send + 'static> Processor<String, String, String, String> for Fragile<F> {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, String>,
        record: Record<String, String>,
    ) -> Result<(), BoxError> {
        context.forward(record);
        Ok(())
    }

    fn close(&mut self) {
        (self.0)();
    }
}

/// The thread ended with it: of two processors the second was never closed, and a rebalance that moved one task took the
/// thread's other tasks along.
#[test]
fn a_close_that_panics_is_reported_and_the_other_processors_are_closed() {
    let closed: Arc<AtomicUsize> = Arc::default();
    let supply = |closed: &Arc<AtomicUsize>| {
        let closed = Arc::clone(closed);
        move || {
            let closed = Arc::clone(&closed);
            Fragile(move || {
                closed.fetch_add(1, Ordering::SeqCst);
                panic!("already closed");
            })
        }
    };
    let builder = StreamsBuilder::new();
    let lines = builder.stream::<String, String>("in");
    lines.process(supply(&closed), "first").process(supply(&closed), "second").to("out");
    let log = log();
    append(&log, "v");
    let (streams, events) = start(builder.build().unwrap(), Handlers::default(), &log);
    wait_until("the record is written", || log.records("out").unwrap().len() == 1);
    assert_eq!(streams.close_blocking(PATIENCE), Ok(()));
    assert_eq!(closed.load(Ordering::SeqCst), 2);
    let failures = task_failures(&events);
    assert_eq!(failures.len(), 2, "{failures:?}");
    for node in ["first", "second"] {
        let expected = format!("user code panicked in node {node}: already closed");
        assert!(failures.iter().any(|failure| failure.contains(&expected)), "{failures:?}");
    }
    assert_eq!(log.committed("a").values().map(|committed| committed.offset.number()).sum::<i64>(), 1);
}

/// It was said to be a bug of the library.
#[test]
fn a_supplier_that_panics_is_named() {
    let built = |working_calls: usize| {
        let calls = AtomicUsize::new(0);
        let supply = move || {
            assert!(calls.fetch_add(1, Ordering::SeqCst) < working_calls, "no connection");
            Catching
        };
        let builder = StreamsBuilder::new();
        builder.stream::<String, String>("in").process(supply, "fragile").to("out");
        builder.build()
    };
    let error = built(0).map(drop).unwrap_err().to_string();
    assert!(error.contains("the supplier of processor `fragile` panicked: no connection"), "{error}");
    // The first one is made to check the topology.
    let (streams, events) = start(built(1).unwrap(), Handlers::default(), &log());
    assert_eq!(streams.wait_until(State::Error, PATIENCE), State::Error);
    let failures = task_failures(&events);
    let expected = "the supplier of processor `fragile` panicked: no connection";
    assert!(failures.iter().any(|failure| failure.contains(expected)), "{failures:?}");
}

/// Catches what comes out of the nodes below.
struct Catching;

impl Processor<String, String, String, String> for Catching {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, String>,
        record: Record<String, String>,
    ) -> Result<(), BoxError> {
        if catch_unwind(AssertUnwindSafe(|| context.forward(record.clone()))).is_err() {
            context.forward(record.map_value(|_| "caught".to_owned()));
        }
        Ok(())
    }
}

impl FixedKeyProcessor<String, String, String> for Catching {
    fn process(
        &mut self,
        context: &mut FixedKeyContext<'_, '_, String, String>,
        record: FixedKeyRecord<String, String>,
    ) -> Result<(), BoxError> {
        drop(catch_unwind(AssertUnwindSafe(|| context.forward(record))));
        Ok(())
    }
}

/// The node below was out of its place for good: the next record was refused, since "the topology has a cycle".
#[test]
fn a_processor_may_catch_a_panic_of_the_nodes_below() {
    let builder = StreamsBuilder::new();
    let caught = builder.stream::<String, String>("in").process(|| Catching, ());
    // Merged, so that the node below is one of several parents.
    let merged = caught.merge(&builder.stream::<String, String>("other"));
    let picky = |_: &String, value: String| {
        assert_ne!(value, "bad", "no bad values here");
        value
    };
    merged.map_values(picky).to("out");
    let driver = TopologyTestDriver::new(&builder.build().unwrap()).unwrap();
    let input = driver.input_topic::<String, String>("in");
    ["1", "bad", "2"].into_iter().for_each(|value| input.pipe("k", value).unwrap());
    let values: Vec<_> = driver.take_all_outputs().into_iter().map(|output| output.value.unwrap()).collect();
    assert_eq!(values, [b"1".to_vec(), b"caught".to_vec(), b"2".to_vec()]);
}

/// A panic within a write to a store loses the row, whoever catches it.
#[test]
fn a_row_that_is_lost_by_a_panic_stops_the_task_although_a_processor_catches_it() {
    let builder = StreamsBuilder::new();
    let caught = builder.stream::<String, String>("in").process_values(|| Catching, ());
    let reduce = |row: String, value: String| {
        assert_ne!(value, "bad", "no bad values here");
        row + &value
    };
    caught.group_by_key().reduce("joined", reduce).to_stream().to("out");
    let handlers = Handlers { processing: ErrorHandler::Continue, ..Handlers::default() };
    let config = TestConfig { handlers, ..TestConfig::default() };
    let driver = TopologyTestDriver::with_config(&builder.build().unwrap(), &config).unwrap();
    let input = driver.input_topic::<String, String>("in");
    input.pipe("k", "1").unwrap();
    let error = input.pipe("k", "bad").unwrap_err().to_string();
    assert!(error.contains("KSTREAM-REDUCE-") && error.contains("the row is lost"), "{error}");
}

/// A value whose bytes make its type panic.
#[derive(Clone)]
struct Picky(String);

static IS_PICKY: AtomicBool = AtomicBool::new(false);

impl Data for Picky {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        assert!(!IS_PICKY.load(Ordering::SeqCst), "no such variant");
        Ok(Self(String::from_utf8(bytes.to_vec()).unwrap()))
    }
}

/// It was said to be a bug of the library, without record or store.
#[test]
fn a_serde_that_panics_while_a_store_is_restored_is_reported_with_store_and_record() {
    let topology = || {
        let builder = StreamsBuilder::new();
        builder.table::<String, Picky>("in", "rows").to_stream().to("out");
        builder.build().unwrap()
    };
    let log = log();
    append(&log, "v");
    let (streams, _) = start(topology(), Handlers::default(), &log);
    wait_until("the record is written", || log.records("out").unwrap().len() == 1);
    assert_eq!(streams.close_blocking(PATIENCE), Ok(()));
    IS_PICKY.store(true, Ordering::SeqCst);
    let (streams, events) = start(topology(), Handlers::default(), &log);
    assert_eq!(streams.wait_until(State::Error, PATIENCE), State::Error);
    let failures = task_failures(&events);
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(
        failures[0].contains("`rows`") && failures[0].contains("offset 0 panicked: no such variant"),
        "{failures:?}"
    );
    assert_eq!(streams.failure().map(|failure| failure.kind), Some(FailureKind::Panic));
}

/// What a query has captured, with a `drop` that panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

/// The thread that dropped the query last ended with it, and the caller waited for a response.
#[test]
fn a_query_whose_captures_panic_when_dropped_fails_alone() {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").group_by_key().count("counts");
    let log = log();
    append(&log, "v");
    let (streams, _) = start(builder.build().unwrap(), Handlers::default(), &log);
    assert_eq!(streams.wait_until(State::Running, PATIENCE), State::Running);
    let bomb = Bomb;
    let query = streams.query("counts", move |store: &mut KeyValueStore<String, i64>| {
        let _ = &bomb;
        Ok(store.len())
    });
    let error = query.wait(PATIENCE).unwrap_err().to_string();
    assert!(error.contains("the query panicked: dropped"), "{error}");
    let count = || streams.query("counts", |store: &mut KeyValueStore<String, i64>| Ok(store.len()));
    wait_until("the record is counted", || count().wait(PATIENCE).unwrap().value == [1]);
    assert_eq!(streams.close_blocking(PATIENCE), Ok(()));
}

/// The caller does not wait for the result, so the thread drops it.
#[test]
fn a_result_that_panics_when_dropped_ends_no_thread() {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").group_by_key().count("counts");
    let log = log();
    let (streams, _) = start(builder.build().unwrap(), Handlers::default(), &log);
    assert_eq!(streams.wait_until(State::Running, PATIENCE), State::Running);
    let is_dropped = Arc::new(Barrier::new(2));
    let wait = Arc::clone(&is_dropped);
    let query = streams.query("counts", move |_: &mut KeyValueStore<String, i64>| {
        wait.wait();
        Ok(Bomb)
    });
    drop(query);
    is_dropped.wait();
    append(&log, "v");
    let count = || streams.query("counts", |store: &mut KeyValueStore<String, i64>| Ok(store.len()));
    wait_until("the record is counted", || count().wait(PATIENCE).unwrap().value == [1]);
    assert_eq!(streams.close_blocking(PATIENCE), Ok(()));
}

/// An operator, a listener, a query, a handler or a close that panics with a value whose `drop` panics, too. The second panic
/// left the code that had caught the first: the thread ended, or the application never started.
#[test]
fn a_panic_whose_value_panics_when_dropped_is_contained() {
    let fails = |_: &String, value: String| if value == "bad" { panic_any(Bomb) } else { value };
    let builder = StreamsBuilder::new();
    let values = builder.stream::<String, String>("in").map_values(fails).process(
        || {
            Fragile(|| {
                panic_any(Bomb);
            })
        },
        (),
    );
    values.to("out");
    values.group_by_key().count("counts");
    let log = log();
    ["bad", "good"].into_iter().for_each(|value| append(&log, value));
    let handlers = Handlers { processing: ErrorHandler::Continue, ..Handlers::default() };
    let (streams, events) = start_with(builder.build().unwrap(), handlers, &log, |_| panic_any(Bomb));
    wait_until("the good value is written", || log.records("out").unwrap().len() == 1);
    let query = streams.query("counts", |_: &mut KeyValueStore<String, i64>| -> Result<(), _> { panic_any(Bomb) });
    assert!(query.wait(PATIENCE).unwrap_err().to_string().contains("the query panicked"));
    assert_eq!(streams.close_blocking(PATIENCE), Ok(()));
    let failures = task_failures(&events);
    assert!(failures.len() == 1 && failures[0].contains("a panic without a message"), "{failures:?}");

    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").map_values(fails).to("out");
    let handlers = Handlers { processing: ErrorHandler::custom(|_| panic_any(Bomb)), ..Handlers::default() };
    let config = TestConfig { handlers, ..TestConfig::default() };
    let driver = TopologyTestDriver::with_config(&builder.build().unwrap(), &config).unwrap();
    let error = driver.input_topic::<String, String>("in").pipe("k", "bad").unwrap_err().to_string();
    assert!(error.contains("the processing handler panicked on this"), "{error}");
}

/// A handler that continues after every failure.
#[test]
fn everything_may_fail_and_be_left_out() {
    let builder = StreamsBuilder::new();
    let failing = builder.stream::<String, String>("in").map_values(|_, value| {
        assert!(value.is_empty(), "never");
        value
    });
    failing.to("out");
    let asked: Arc<AtomicUsize> = Arc::default();
    let counted = Arc::clone(&asked);
    let processing = ErrorHandler::custom(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Decision::Continue
    });
    let log = log();
    (0..10_000).for_each(|_| append(&log, "v"));
    let handlers = Handlers { processing, ..Handlers::default() };
    let (streams, _) = start(builder.build().unwrap(), handlers, &log);
    wait_until("everything is committed", || {
        log.committed("a").values().map(|committed| committed.offset.number()).sum::<i64>() == 10_000
    });
    assert_eq!(streams.close_blocking(PATIENCE), Ok(()));
    assert_eq!((asked.load(Ordering::SeqCst), log.records("out").unwrap().len()), (10_000, 0));
}
