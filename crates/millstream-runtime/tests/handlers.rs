//! Records that fail in operators or in sinks, and the handlers that decide on them.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::{Arc, Mutex};

use millstream_core::chain::Decision;
use millstream_core::{BoxError, Processor, ProcessorContext, Produced, Record, Route, StreamsBuilder, Topology};
use millstream_log::{InProcessLog, LogError};
use millstream_observe::events::{FailureKind, State};
use millstream_runtime::{Streams, StreamsHandle};
use millstream_task::{ErrorHandler, Handlers};
use millstream_types::{RecordBuf, Timestamp};
use support::{EventRecorder, LIMIT, PARTITIONS, config, counting, counts, eventually, feed, feed_words, log, total};

type Text = Option<String>;

/// Forwards each word, and fails on one. An error of a child does not reach this processor.
struct Refusing(&'static str);

impl Processor<Text, String, Text, String> for Refusing {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, String>,
        record: Record<Text, String>,
    ) -> Result<(), BoxError> {
        if record.value == self.0 {
            return Err(format!("no {} here", self.0).into());
        }
        context.forward(record);
        Ok(())
    }
}

/// Copies `words` to `counts` through two processors, the second of which fails on "bad", and to `copies` through the first
/// alone.
fn refusing() -> Topology {
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Text, String>("words");
    let first = words.process(|| Refusing("worse"), ());
    first.process(|| Refusing("bad"), ()).to("counts");
    first.to("copies");
    builder.build().unwrap()
}

fn start(topology: Topology, log: &InProcessLog, handlers: Handlers, recorder: &EventRecorder) -> StreamsHandle {
    let streams = Streams::new(topology, config("app")).with_log(log.clone()).with_handlers(handlers);
    let streams = streams.with_listener(recorder.listener()).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
    streams
}

/// The words in a topic, in the order of the alphabet.
fn words_in(log: &InProcessLog, topic: &str) -> Vec<String> {
    let records = log.records(topic).unwrap().into_iter();
    let mut words: Vec<String> = records.map(|record| String::from_utf8(record.value.unwrap()).unwrap()).collect();
    words.sort();
    words
}

fn log_with_copies() -> InProcessLog {
    let log = log();
    log.create_topic("copies", PARTITIONS).unwrap();
    log
}

#[test]
fn a_processor_that_fails_stops_the_application_by_default() {
    let (log, recorder) = (log_with_copies(), EventRecorder::default());
    let streams = start(refusing(), &log, Handlers::default(), &recorder);
    feed(&log, ["good", "bad"]);
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let failure = streams.failure().unwrap();
    assert_eq!(failure.kind, FailureKind::Processing);
    let message = failure.to_string();
    assert!(message.contains("no bad here") && message.contains("words-1 at offset 0"), "{message}");
    let committed = log.committed("app");
    let of_bad = committed.iter().filter(|(partition, _)| partition.partition.number() == 1);
    let consumed: Vec<_> = of_bad.filter(|(_, committed)| committed.offset.number() > 0).collect();
    assert!(consumed.is_empty(), "it is not consumed: {consumed:?}");
}

#[test]
fn a_failing_processor_affects_neither_its_siblings_nor_its_ancestors() {
    let (log, recorder) = (log_with_copies(), EventRecorder::default());
    let handlers = Handlers { processing: ErrorHandler::Continue, ..Handlers::default() };
    let streams = start(refusing(), &log, handlers, &recorder);
    feed(&log, ["bad", "worse", "good", "fine"]);
    eventually("the sibling has all that its parent let through", || words_in(&log, "copies").len() == 3);
    streams.close_blocking(LIMIT).unwrap();
    assert_eq!(words_in(&log, "copies"), ["bad", "fine", "good"]);
    assert_eq!(words_in(&log, "counts"), ["fine", "good"]);
    let skipped = recorder.messages("records_skipped");
    assert_eq!(skipped.len(), 2, "one each of `bad` and `worse`: {skipped:?}");
}

/// The log refuses the next records of the topic with a final error.
fn refuse(log: &InProcessLog, topic: &str, count: u64) {
    log.faults().fail_appends(topic, count, LogError::Unauthorised { reason: "no right to write".to_owned() });
}

#[test]
fn a_record_that_the_log_refuses_stops_the_application_by_default_and_is_written_by_the_next_run() {
    let (log, recorder) = (log(), EventRecorder::default());
    let streams = start(counting(), &log, Handlers::default(), &recorder);
    refuse(&log, "counts", 1);
    feed_words(&log, 100);
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let failure = streams.failure().unwrap();
    assert_eq!(failure.kind, FailureKind::Production);
    let message = failure.to_string();
    assert!(message.contains("topic `counts` refused a record") && message.contains("no right to write"), "{message}");
    drop(streams);

    let _streams = start(counting(), &log, Handlers::default(), &recorder);
    eventually("nothing is lost", || counts(&log).len() == 100);
}

#[test]
fn a_handler_skips_records_that_the_log_refuses() {
    let (log, recorder) = (log(), EventRecorder::default());
    let handlers = Handlers { production: ErrorHandler::Continue, ..Handlers::default() };
    let streams = start(counting(), &log, handlers, &recorder);
    refuse(&log, "counts", 7);
    feed_words(&log, 100);
    eventually("the others are written", || total(&log) == 93);
    eventually("skipped records are reported", || !recorder.messages("records_skipped").is_empty());
    streams.close_blocking(LIMIT).unwrap();
    assert_eq!(log.records("app-counts-changelog").unwrap().len(), 100, "the store has counted all");
}

/// A dead-letter queue of refused output records got topic and partition only: the handler had no bytes of a record that
/// the log had accepted before it refused it.
#[test]
fn a_handler_gets_the_bytes_of_a_record_that_the_log_refuses_after_accepting_it() {
    let (log, recorder) = (log_with_copies(), EventRecorder::default());
    let dead_letters: Arc<Mutex<Vec<(String, RecordBuf)>>> = Arc::default();
    let production = ErrorHandler::custom({
        let dead_letters = Arc::clone(&dead_letters);
        move |context| {
            let output = context.output.as_ref().unwrap();
            let place = format!("{}-{}", output.topic, output.partition.unwrap());
            dead_letters.lock().unwrap().push((place, output.content.unwrap().to_buf()));
            Decision::Continue
        }
    });
    let builder = StreamsBuilder::new();
    let stamped = builder.stream::<Text, String>("words").process(|| Stamping, ());
    stamped.to(Produced::topic("copies").partitioner(|_, _, _| Route::to(1)));
    let handlers = Handlers { production, ..Handlers::default() };
    let streams = start(builder.build().unwrap(), &log, handlers, &recorder);
    refuse(&log, "copies", 1);
    feed(&log, ["plum", "pear"]);
    eventually("the other one is written", || words_in(&log, "copies").len() == 1);
    streams.close_blocking(LIMIT).unwrap();
    let dead_letters = dead_letters.lock().unwrap();
    let [(place, RecordBuf { timestamp, key, value, headers })] = &dead_letters[..] else { panic!("{dead_letters:?}") };
    let value = std::str::from_utf8(value.as_deref().unwrap()).unwrap();
    assert!(["plum", "pear"].contains(&value) && !words_in(&log, "copies").contains(&value.to_owned()), "{value}");
    let trace = headers.last("trace").unwrap().to_vec();
    assert_eq!((&**place, timestamp.as_millis(), key, &trace[..]), ("copies-1", 4_321, &None, &b"t"[..]));
}

/// Gives each record the same time and a header.
struct Stamping;

impl Processor<Text, String, Text, String> for Stamping {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, String>,
        mut record: Record<Text, String>,
    ) -> Result<(), BoxError> {
        record.timestamp = Timestamp::from_millis(4_321);
        record.headers.add("trace", "t");
        context.forward(record);
        Ok(())
    }
}

#[test]
fn no_handler_may_skip_a_record_that_a_changelog_refuses() {
    let (log, recorder) = (log(), EventRecorder::default());
    let handlers = Handlers { production: ErrorHandler::Continue, ..Handlers::default() };
    let streams = start(counting(), &log, handlers, &recorder);
    refuse(&log, "app-counts-changelog", 1);
    feed_words(&log, 100);
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let message = streams.failure().unwrap().to_string();
    assert!(message.contains("changelog `app-counts-changelog` refused a record"), "{message}");
}

/// Writes each word to the topic of its name.
fn routed() -> Topology {
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Text, String>("words");
    words.to(Produced::computed(|record: &Record<Text, String>| record.value.as_str().into()));
    builder.build().unwrap()
}

#[test]
fn a_computed_topic_that_does_not_exist_stops_the_application_by_default() {
    let (log, recorder) = (log(), EventRecorder::default());
    let streams = start(routed(), &log, Handlers::default(), &recorder);
    feed(&log, ["counts", "nowhere"]);
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    let message = streams.failure().unwrap().to_string();
    assert!(message.contains("`nowhere`"), "{message}");
    assert_eq!(log.partition_count("nowhere"), None, "it is not created");
}

#[test]
fn a_handler_skips_records_for_a_topic_that_does_not_exist() {
    let (log, recorder) = (log(), EventRecorder::default());
    let handlers = Handlers { production: ErrorHandler::Continue, ..Handlers::default() };
    let streams = start(routed(), &log, handlers, &recorder);
    feed(&log, ["counts", "nowhere", "counts"]);
    eventually("the others are written", || words_in(&log, "counts").len() == 2);
    eventually("the skipped record is reported", || !recorder.messages("records_skipped").is_empty());
    streams.close_blocking(LIMIT).unwrap();
    let consumed: i64 = log.committed("app").values().map(|committed| committed.offset.number()).sum();
    assert_eq!(consumed, 3);
}
