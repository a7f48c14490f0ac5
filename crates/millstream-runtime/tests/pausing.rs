//! An application that is paused: it processes nothing, keeps its tasks, and continues where it was.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use millstream_core::{
    BoxError, Processor, ProcessorContext, PunctuationType, Record, ScheduleId, StreamsBuilder, Topology,
};
use millstream_log::{
    Administration, CommittedOffset, Fetching, GroupConfig, GroupConsumer, InProcessLog, Log, LogError, LogEvent,
    Membership, Producing, Signal, StartAt,
};
use millstream_observe::events::{EventKind, State};
use millstream_runtime::{Streams, StreamsConfig, StreamsHandle};
use millstream_types::{MonotonicTime, Timestamp, Topic, TopicPartition};
use support::{
    EventRecorder, LIMIT, PARTITIONS, config, counting, counts, eventually, feed, feed_words, log, pause, run, total,
    words,
};

/// Long enough for many turns, and many commits, of a thread.
const A_WHILE: Duration = Duration::from_millis(300);

/// Copies `words` to `counts`.
fn copying() -> Topology {
    let builder = StreamsBuilder::new();
    builder.stream::<Option<String>, String>("words").to("counts");
    builder.build().unwrap()
}

/// What the consumers of an application have done.
#[derive(Clone, Default)]
struct Work {
    polls: Arc<AtomicUsize>,
    records: Arc<AtomicUsize>,
}

/// A log that counts what its consumers do.
#[derive(Clone)]
struct Watched {
    log: InProcessLog,
    work: Work,
}

struct WatchedConsumer {
    consumer: Box<dyn GroupConsumer>,
    work: Work,
}

impl Log for Watched {
    fn consumer(&self, config: &GroupConfig, signal: &Signal) -> Result<Box<dyn GroupConsumer>, LogError> {
        let consumer = self.log.consumer(config, signal)?;
        Ok(Box::new(WatchedConsumer { consumer, work: self.work.clone() }))
    }

    fn fetcher(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Fetching>, LogError> {
        self.log.fetcher(client_id, signal)
    }

    fn producer(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Producing>, LogError> {
        self.log.producer(client_id, signal)
    }

    fn admin(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Administration>, LogError> {
        self.log.admin(client_id, signal)
    }
}

impl Fetching for WatchedConsumer {
    fn assign(&mut self, partitions: &[(TopicPartition, StartAt)]) {
        self.consumer.assign(partitions);
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        self.consumer.unassign(partitions);
    }

    fn poll(&mut self, now: MonotonicTime, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<LogEvent>) {
        self.work.polls.fetch_add(1, Ordering::Relaxed);
        self.consumer.poll(now, wants, events);
        let records = events.iter().map(|event| if let LogEvent::Chunk(chunk) = event { chunk.len() } else { 0 });
        self.work.records.fetch_add(records.sum(), Ordering::Relaxed);
    }
}

impl Membership for WatchedConsumer {
    fn subscribe(&mut self, topics: &[Topic]) {
        self.consumer.subscribe(topics);
    }

    fn finish_rebalance(&mut self) {
        self.consumer.finish_rebalance();
    }

    fn fetch_committed(&mut self, partitions: &[TopicPartition]) {
        self.consumer.fetch_committed(partitions);
    }

    fn commit(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64 {
        self.consumer.commit(offsets)
    }

    fn leave(&mut self) {
        self.consumer.leave();
    }
}

fn start_paused(
    topology: Topology,
    config: StreamsConfig,
    log: &InProcessLog,
    recorder: &EventRecorder,
) -> StreamsHandle {
    let streams = Streams::new(topology, config).with_log(log.clone()).with_listener(recorder.listener());
    streams.start_paused().unwrap()
}

/// How many records of `words` are committed.
fn committed(log: &InProcessLog) -> i64 {
    let committed = log.committed("app");
    committed.iter().filter(|(input, _)| input.topic.as_str() == "words").map(|(_, at)| at.offset.number()).sum()
}

#[test]
fn a_paused_application_commits_what_it_has_processed_and_continues_there() {
    let (log, recorder) = (log(), EventRecorder::default());
    let streams = Streams::new(counting(), config("app")).with_log(log.clone()).with_listener(recorder.listener());
    let streams = streams.start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    feed_words(&log, 400);
    eventually("400 are counted", || total(&log) == 400);

    streams.pause();
    assert!(streams.is_paused());
    streams.pause();
    eventually("all is committed", || committed(&log) == 400);
    pause(A_WHILE);
    feed_words(&log, 400);
    pause(A_WHILE);
    assert_eq!((total(&log), committed(&log)), (400, 400));
    assert_eq!(streams.state(), State::Running);
    let health = streams.health();
    assert!(health.paused && health.readiness(LIMIT).is_ok());
    let hello = streams.key_value_store::<String, i64>("counts").get("w1".to_owned()).wait(LIMIT).unwrap();
    assert_eq!(hello.map(|count| count.value), Some(4), "queries are answered");

    streams.resume();
    assert!(!streams.is_paused());
    streams.resume();
    eventually("the rest is counted", || total(&log) == 800);
    assert!(!streams.health().paused);
    for name in ["application_paused", "application_resumed"] {
        assert_eq!(recorder.messages(name).len(), 1, "{name}");
    }
    streams.close_blocking(LIMIT).unwrap();
}

#[test]
fn an_application_that_starts_paused_gets_its_tasks_and_so_do_threads_that_are_added() {
    let (log, recorder) = (log(), EventRecorder::default());
    feed_words(&log, 400);
    let streams = start_paused(copying(), config("app"), &log, &recorder);
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    let added = streams.add_thread().wait(LIMIT).unwrap();
    eventually("the added thread has tasks", || {
        let of_added = streams.threads().into_iter().find(|thread| *thread.thread_name == *added);
        of_added.is_some_and(|thread| thread.active_tasks.len() == 2 && thread.thread_state == State::Running)
    });
    pause(A_WHILE);
    assert_eq!(log.records("counts").unwrap().len(), 0);
    streams.resume();
    eventually("all is copied", || log.records("counts").unwrap().len() == 400);
    assert_eq!(recorder.messages("application_paused").len(), 1);
    streams.close_blocking(LIMIT).unwrap();
}

#[test]
fn stores_are_restored_when_the_application_is_resumed() {
    let (log, recorder) = (log(), EventRecorder::default());
    let streams = run(counting(), config("app"), &log);
    feed_words(&log, 400);
    eventually("400 are counted", || total(&log) == 400);
    streams.close_blocking(LIMIT).unwrap();

    let streams = start_paused(counting(), config("app"), &log, &recorder);
    eventually("its stores are to be restored", || !recorder.messages("task_restoring").is_empty());
    pause(A_WHILE);
    assert!(recorder.messages("restore_started").is_empty());
    assert_eq!(streams.state(), State::Rebalancing);
    streams.resume();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
    assert!(!recorder.messages("restore_ended").is_empty());
    feed(&log, ["w1"]);
    eventually("it counts on", || counts(&log).get("w1") == Some(&5));
    streams.close_blocking(LIMIT).unwrap();
}

/// A paused thread woke up every 5 ms while it had stores to restore, and without a pause while a schedule was due.
#[test]
fn a_paused_thread_wakes_up_as_rarely_as_an_idle_one_and_fetches_no_more_than_its_buffers_hold() {
    let log = log();
    let watched = Watched { log: log.clone(), work: Work::default() };
    let settings = StreamsConfig { buffered_records_per_partition: 100, ..config("app") };
    let ticks = Arc::new(AtomicUsize::new(0));
    let (builder, counted) = (StreamsBuilder::new(), Arc::clone(&ticks));
    let stream = builder.stream::<Option<String>, String>("words");
    stream.process(move || Ticking(Arc::clone(&counted)), "ticking").to("counts");
    stream.group_by(|_, word| word.clone()).count("counts");
    let topology = builder.build().unwrap();

    let streams = Streams::new(topology, settings).with_log(watched.clone()).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
    eventually("the schedule runs", || ticks.load(Ordering::Relaxed) > 3);
    streams.pause();
    pause(A_WHILE);
    let ticked = ticks.load(Ordering::Relaxed);
    words(40_000).chunks(400).for_each(|words| feed(&log, words.iter().map(String::as_str)));
    pause(A_WHILE);
    let (polls, records) = (watched.work.polls.load(Ordering::Relaxed), watched.work.records.load(Ordering::Relaxed));
    pause(2 * A_WHILE);
    let polls = watched.work.polls.load(Ordering::Relaxed) - polls;
    // An idle thread looks each 100 ms.
    assert!((3..=20).contains(&polls), "{polls} turns in 600 ms");
    assert_eq!(watched.work.records.load(Ordering::Relaxed), records);
    assert!(records < 40_000, "{records} fetched");
    assert_eq!(ticks.load(Ordering::Relaxed), ticked, "no schedule runs");
    streams.resume();
    eventually("all is read", || watched.work.records.load(Ordering::Relaxed) >= 40_000);
    eventually("the schedule runs again", || ticks.load(Ordering::Relaxed) > ticked);
    streams.close_blocking(LIMIT).unwrap();
}

#[test]
fn a_thread_with_stores_to_restore_waits_quietly_too() {
    let log = log();
    let streams = run(counting(), config("app"), &log);
    feed_words(&log, 400);
    eventually("400 are counted", || total(&log) == 400);
    streams.close_blocking(LIMIT).unwrap();

    let (watched, recorder) = (Watched { log: log.clone(), work: Work::default() }, EventRecorder::default());
    let streams = Streams::new(counting(), config("app")).with_log(watched.clone());
    let streams = streams.with_listener(recorder.listener()).start_paused().unwrap();
    eventually("its stores are to be restored", || {
        recorder.messages("task_restoring").len() == 2 * PARTITIONS as usize
    });
    pause(A_WHILE);
    let polls = watched.work.polls.load(Ordering::Relaxed);
    pause(2 * A_WHILE);
    let polls = watched.work.polls.load(Ordering::Relaxed) - polls;
    assert!((3..=20).contains(&polls), "{polls} turns in 600 ms");
    streams.close_blocking(LIMIT).unwrap();
}

#[test]
fn a_paused_application_closes_cleanly() {
    let log = log();
    let streams = run(counting(), config("app"), &log);
    feed_words(&log, 400);
    eventually("400 are counted", || total(&log) == 400);
    streams.pause();
    streams.close_blocking(LIMIT).unwrap();
    assert_eq!(committed(&log), 400);
    streams.resume();
    assert_eq!(streams.state(), State::Closed);
}

/// Counts the calls of a schedule of 5 ms of the wall clock.
struct Ticking(Arc<AtomicUsize>);

impl Processor<Option<String>, String, Option<String>, String> for Ticking {
    fn init(&mut self, context: &mut ProcessorContext<'_, Option<String>, String>) -> Result<(), BoxError> {
        context.schedule(PunctuationType::WallClockTime, Duration::from_millis(5));
        Ok(())
    }

    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Option<String>, String>,
        record: Record<Option<String>, String>,
    ) -> Result<(), BoxError> {
        context.forward(record);
        Ok(())
    }

    fn punctuate(
        &mut self,
        _context: &mut ProcessorContext<'_, Option<String>, String>,
        _schedule: ScheduleId,
        _time: Timestamp,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[test]
fn a_quick_pause_and_resume_leave_no_contradiction() {
    let (log, recorder) = (log(), EventRecorder::default());
    let streams = Streams::new(copying(), config("app")).with_log(log.clone()).with_listener(recorder.listener());
    let streams = streams.start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    for _ in 0..100 {
        streams.pause();
        streams.resume();
    }
    feed_words(&log, 100);
    eventually("all is copied", || log.records("counts").unwrap().len() == 100);
    assert!(!streams.health().paused);
    streams.close_blocking(LIMIT).unwrap();
    let mut is_paused = false;
    recorder.each(|kind| match kind {
        EventKind::ApplicationPaused => assert!(!std::mem::replace(&mut is_paused, true)),
        EventKind::ApplicationResumed => assert!(std::mem::replace(&mut is_paused, false)),
        _ => {}
    });
    assert!(!is_paused);
}
