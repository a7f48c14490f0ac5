//! Batches that cannot be read: larger than the limit, or damaged on the way. The deserialization handler decides on the
//! whole batch; nothing else is lost.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use millstream::errors::{Decision, ErrorHandler, Failure, FailureKind, Handlers};
use millstream::events::{EventSettings, State};
use millstream::kafka::KafkaLog;
use millstream::{Offset, Partition, Streams, StreamsBuilder, StreamsConfig, StreamsHandle, Timestamp, Topic};
use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::writer::Writer;
use millstream_kafka_tests::{PATIENCE, TestClient, until};

/// The text in the values of the batch that is damaged.
const MARK: &str = "batch-to-damage";

/// An application that collects the values of one topic.
struct Collector {
    streams: StreamsHandle,
    values: Arc<Mutex<Vec<String>>>,
    /// The failures on which the handler decided.
    failures: Arc<Mutex<Vec<Failure>>>,
}

impl Collector {
    fn start(log: KafkaLog, topic: &str, application: &str, decision: Decision) -> Self {
        let (values, failures) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<Mutex<Vec<Failure>>>::default());
        let (collected, failed) = (Arc::clone(&values), Arc::clone(&failures));
        let builder = StreamsBuilder::new();
        let stream = builder.stream::<Option<String>, String>(topic);
        stream.for_each(move |_, value| collected.lock().unwrap().push(value.clone()));
        let deserialization = ErrorHandler::custom(move |context| {
            failed.lock().unwrap().push(context.failure.clone());
            decision
        });
        let config = StreamsConfig {
            events: EventSettings { lines: false, ..EventSettings::default() },
            ..StreamsConfig::new(application)
        };
        let streams = Streams::new(builder.build().unwrap(), config).with_log(log);
        let streams = streams.with_handlers(Handlers { deserialization, ..Handlers::default() });
        Self { streams: streams.start().unwrap(), values, failures }
    }

    /// Waits until these values were processed, in this order and each once.
    fn await_values(&self, expected: &[String]) {
        until("the values are processed", || {
            let failure = self.streams.failure();
            assert!(failure.is_none(), "{failure:?}");
            (self.values.lock().unwrap().len() >= expected.len()).then_some(())
        });
        assert_eq!(*self.values.lock().unwrap(), expected);
    }

    fn failures(&self) -> Vec<Failure> {
        self.failures.lock().unwrap().clone()
    }
}

/// Writes values into the first partition: all of them fit into one batch.
fn write_batch(log: &KafkaLog, topic: &str, values: &[String]) {
    let mut writer = Writer::new(log);
    for value in values {
        let at = Timestamp::from_millis(1_700_000_000_000);
        writer.put(&Topic::from(topic), Partition::new(0), at, None, value);
    }
    writer.settle();
}

fn numbered(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{name} {number}")).collect()
}

/// The failure names topic, partition, and the offsets of the batch.
#[track_caller]
fn check_failure(failure: &Failure, topic: &str, first: i64, last: i64) {
    assert_eq!(failure.kind, FailureKind::Deserialization);
    let origin = failure.origin.as_ref().unwrap();
    assert_eq!(
        (origin.topic.as_str(), origin.partition, origin.offset),
        (topic, Partition::new(0), Offset::new(first))
    );
    let text = failure.to_string();
    assert!(text.contains(&format!("{topic}-0 cannot be read at offset {first}")), "{text}");
    assert!(text.contains(&last.to_string()), "the last offset, {last}, is not in: {text}");
}

/// Batches of 10, 40 and 10 records, of which the second takes more memory than the reader may use for one.
#[test]
fn a_batch_beyond_the_limit_stops_the_application_or_is_left_out_as_a_whole() {
    let broker = Broker::shared();
    let (client, topic) = (TestClient::on(broker.bootstrap()), "too-large-batches");
    client.create(&[topic]);
    let log = client.log.clone().with("compression.type", "lz4").unwrap();
    let large: Vec<String> = (0..40).map(|number| format!("{number} {}", "x".repeat(1_000))).collect();
    let (before, after) = (numbered("before", 10), numbered("after", 10));
    [&before, &large, &after].into_iter().for_each(|batch| write_batch(&log, topic, batch));
    let reading = client.log.clone().with("fetch.batch.max.bytes", "20000").unwrap();

    let strict = Collector::start(reading.clone(), topic, "strict", Decision::Fail);
    assert_eq!(strict.streams.wait_until(State::Error, PATIENCE), State::Error);
    check_failure(&strict.streams.failure().unwrap(), topic, 10, 49);
    let processed = strict.values.lock().unwrap().clone();
    assert!(before.starts_with(&processed), "something behind the batch was processed: {processed:?}");

    let lenient = Collector::start(reading, topic, "lenient", Decision::Continue);
    lenient.await_values(&[before, after].concat());
    let failures = lenient.failures();
    assert_eq!(failures.len(), 1, "{failures:?}");
    check_failure(&failures[0], topic, 10, 49);
    lenient.streams.close_blocking(PATIENCE).unwrap();
}

/// A proxy of a broker that damages responses.
struct Proxy {
    /// How many more times a byte of [`MARK`] is changed.
    damages: AtomicUsize,
}

impl Proxy {
    /// Listens there, and connects to the broker once its address is known.
    fn start(listener: TcpListener, broker: Arc<Mutex<Option<String>>>) -> Arc<Self> {
        let proxy = Arc::new(Self { damages: AtomicUsize::new(0) });
        let serving = Arc::clone(&proxy);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let address = until("the broker has an address", || broker.lock().unwrap().clone());
                let Ok(server) = TcpStream::connect(address) else { continue };
                let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || pass(from_client, to_server, |_| ()));
                let proxy = Arc::clone(&serving);
                thread::spawn(move || pass(server, client, |bytes| proxy.damage(bytes)));
            }
        });
        proxy
    }

    /// Changes a byte of the mark, if it is there and still to be damaged.
    fn damage(&self, bytes: &mut [u8]) {
        let Some(at) = bytes.windows(MARK.len()).position(|part| part == MARK.as_bytes()) else { return };
        let fewer = |left: usize| left.checked_sub(1);
        if self.damages.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_ok() {
            bytes[at] ^= 1;
        }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, change: impl Fn(&mut [u8])) {
    let mut buffer = vec![0; 1 << 20];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        change(&mut buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // The other side may be closed already.
    _ = to.shutdown(Shutdown::Both);
    _ = from.shutdown(Shutdown::Both);
}

/// Damaged once, a batch is requested again, and nobody notices. Damaged twice, the handler decides on it.
#[test]
fn a_batch_that_is_damaged_on_the_way_is_requested_once_more() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let advertised = format!("advertised.listeners=PLAINTEXT://{}", listener.local_addr().unwrap());
    let address = Arc::<Mutex<Option<String>>>::default();
    let proxy = Proxy::start(listener, Arc::clone(&address));
    let broker = Broker::start_with(&[&advertised]);
    *address.lock().unwrap() = Some(broker.bootstrap().to_owned());
    let (client, topic) = (TestClient::on(broker.bootstrap()), "damaged-batches");
    client.create(&[topic]);
    let (before, marked, after) = (numbered("before", 10), numbered(MARK, 10), numbered("after", 10));
    [&before, &marked, &after].into_iter().for_each(|batch| write_batch(&client.log, topic, batch));

    proxy.damages.store(1, Ordering::SeqCst);
    let collector = Collector::start(client.log.clone(), topic, "damaged-once", Decision::Fail);
    collector.await_values(&[&before[..], &marked, &after].concat());
    assert_eq!((proxy.damages.load(Ordering::SeqCst), collector.failures().len()), (0, 0));
    collector.streams.close_blocking(PATIENCE).unwrap();

    proxy.damages.store(2, Ordering::SeqCst);
    let collector = Collector::start(client.log.clone(), topic, "damaged-twice", Decision::Continue);
    collector.await_values(&[before, after].concat());
    let failures = collector.failures();
    assert_eq!((proxy.damages.load(Ordering::SeqCst), failures.len()), (0, 1), "{failures:?}");
    check_failure(&failures[0], topic, 10, 19);
    collector.streams.close_blocking(PATIENCE).unwrap();
}
