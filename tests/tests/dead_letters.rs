//! KIND: an error handler that gets too little to keep the record. It gets what a dead-letter queue needs: the raw bytes
//! of key and value, the headers, topic, partition, offset and time, the task and node, and the error with its sources.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::error::Error;
use std::num::ParseIntError;
use std::sync::{Arc, Mutex};

use millstream::errors::{Decision, ErrorContext, ErrorHandler, FailureKind, Handlers};
use millstream::logs::InProcessLog;
use millstream::test::{TestConfig, TopologyTestDriver};
use millstream::{
    BoxError, Consumed, Data, Headers, Processor, ProcessorContext, Record, SerdeError, Streams, StreamsBuilder,
    StreamsConfig, Topology,
};

#[derive(Debug)]
struct Unpaid(ParseIntError);

impl std::fmt::Display for Unpaid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the amount cannot be booked")
    }
}

impl Error for Unpaid {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

struct Booking;

impl Processor<String, String, String, Amount> for Booking {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, Amount>,
        record: Record<String, String>,
    ) -> Result<(), BoxError> {
        let amount = record.value.parse().map_err(Unpaid)?;
        context.forward(record.with_value(Amount(amount)));
        Ok(())
    }
}

/// An amount that is written only if it is positive.
#[derive(Clone, Debug)]
struct Amount(i64);

impl Data for Amount {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        if self.0 < 0 {
            return Err(SerdeError::unwritable("Amount", "it is negative"));
        }
        self.0.encode(out)
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        i64::decode(bytes).map(Self)
    }
}

fn booking() -> Topology {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("payments").process(|| Booking, ()).to("booked");
    builder.build().unwrap()
}

/// A dead letter of what a handler got.
#[derive(Clone, Debug, PartialEq)]
struct Letter {
    kind: FailureKind,
    node: String,
    task: String,
    origin: String,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    trace: Option<Vec<u8>>,
    time: i64,
    error: String,
    sources: Vec<String>,
}

fn letter(context: &ErrorContext<'_>) -> Letter {
    let (failure, record) = (context.failure, context.record.unwrap());
    let error = failure.error().unwrap();
    Letter {
        kind: failure.kind,
        node: failure.node.as_deref().unwrap().to_owned(),
        task: context.task.unwrap().to_string(),
        origin: failure.origin.as_ref().unwrap().to_string(),
        key: record.key.map(<[u8]>::to_vec),
        value: record.value.map(<[u8]>::to_vec),
        trace: record.headers.last("trace").map(<[u8]>::to_vec),
        time: record.timestamp.as_millis(),
        error: error.to_string(),
        sources: std::iter::successors(error.source(), |&error| error.source()).map(ToString::to_string).collect(),
    }
}

/// Pipes a record with this value, the second of its partition; returns its dead letters.
fn letters_about(value: &[u8]) -> Vec<Letter> {
    let letters: Arc<Mutex<Vec<Letter>>> = Arc::default();
    let handler = || {
        let letters = Arc::clone(&letters);
        ErrorHandler::custom(move |context| {
            letters.lock().unwrap().push(letter(context));
            Decision::Continue
        })
    };
    let handlers =
        Handlers { deserialization: handler(), processing: handler(), production: handler(), ..Handlers::default() };
    let driver =
        TopologyTestDriver::with_config(&booking(), &TestConfig { handlers, ..TestConfig::default() }).unwrap();
    let mut headers = Headers::new();
    headers.add("trace", "a1");
    driver.pipe_bytes("payments", Some(b"anna"), Some(b"5"), 1, &headers).unwrap();
    driver.pipe_bytes("payments", Some(b"anna"), Some(value), 7, &headers).unwrap();
    driver.pipe_bytes("payments", Some(b"anna"), Some(b"6"), 8, &headers).unwrap();
    assert_eq!(driver.take_all_outputs().len(), 2, "the records before and after it are booked");
    letters.lock().unwrap().clone()
}

fn expected(kind: FailureKind, node: &str, value: &[u8], error: &str, sources: &[&str]) -> Letter {
    Letter {
        kind,
        node: node.to_owned(),
        task: "0_0".to_owned(),
        origin: "payments-0 at offset 1".to_owned(),
        key: Some(b"anna".to_vec()),
        value: Some(value.to_vec()),
        trace: Some(b"a1".to_vec()),
        time: 7,
        error: error.to_owned(),
        sources: sources.iter().map(|source| (*source).to_owned()).collect(),
    }
}

#[test]
fn a_record_that_cannot_be_read() {
    let error = "not a valid String: invalid utf-8 sequence of 1 bytes from index 0 (1 bytes)";
    let letters = letters_about(b"\xff");
    assert_eq!(letters, [expected(FailureKind::Deserialization, "KSTREAM-SOURCE-0000000000", b"\xff", error, &[])]);
}

#[test]
fn a_record_that_a_processor_fails_on() {
    let node = "KSTREAM-PROCESSOR-0000000001";
    let letters = letters_about(b"many");
    let sources = ["invalid digit found in string"];
    assert_eq!(letters, [expected(FailureKind::Processing, node, b"many", "the amount cannot be booked", &sources)]);
}

#[test]
fn a_record_that_cannot_be_written() {
    let letters = letters_about(b"-5");
    let error = "this Amount cannot be written: it is negative";
    assert_eq!(letters, [expected(FailureKind::Serialization, "KSTREAM-SINK-0000000002", b"-5", error, &[])]);
}

#[test]
fn the_text_of_a_failure_does_not_quote_the_record() {
    let driver = TopologyTestDriver::new(&booking()).unwrap();
    let error = driver.pipe_bytes("payments", Some(b"k"), Some(b"secret\xff"), 1, &Headers::new()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
}

/// A topic that is read was accepted: each record that was left out came in again, was left out, and so on without end.
#[test]
fn topics_that_cannot_be_used_are_refused_when_the_application_starts() {
    let builder = StreamsBuilder::new();
    builder.stream::<Option<String>, String>("in").group_by_key().count("counts").to_stream().to("out");
    builder.stream(Consumed::<String, String>::pattern("more-.*")).to("out");
    let topology = builder.build().unwrap();
    let start = |handlers: &Handlers| {
        let config =
            TestConfig { handlers: handlers.clone(), application_id: "app".to_owned(), ..TestConfig::default() };
        let tested = TopologyTestDriver::with_config(&topology, &config).map(drop).unwrap_err().to_string();
        let streams = Streams::new(topology.clone(), StreamsConfig::new("app")).with_log(InProcessLog::new());
        let started = streams.with_handlers(handlers.clone()).start().map(drop).unwrap_err().to_string();
        assert_eq!(tested, started);
        started
    };
    let check = |topic: &str, reason: &str| {
        let dead = start(&Handlers { dead_letters: Some(topic.into()), ..Handlers::default() });
        assert_eq!(dead, format!("`Handlers::dead_letters` is the topic `{topic}`, {reason}"));
        let dropped = start(&Handlers { dropped_records: Some(topic.into()), ..Handlers::default() });
        assert_eq!(dropped, format!("`Handlers::dropped_records` is the topic `{topic}`, {reason}"));
    };
    let read = "which the application reads, so that it would read what it leaves out without end; choose another";
    check("in", read);
    check("more-dead", read);
    check("app-counts-changelog", "which is an internal topic of the application; choose another");
    check("app-of-an-earlier-topology-repartition", "which is an internal topic of the application; choose another");
    check("__consumer_offsets", "in which Kafka's brokers keep state of their own; choose another");
    check("", "which no topic can be called: it must not be empty, `.` or `..`");
    check("bad name", "which no topic can be called: only ASCII letters, digits, `.`, `_` and `-` are allowed");
}
