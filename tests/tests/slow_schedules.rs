//! KIND: what a turn runs besides records. All schedules that were due ran in one turn, all of them that one record's time had
//! made due within that record, and all records that could not be read until one could be: commits, other tasks and queries
//! waited for all of them.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "support/waiting.rs"]
mod waiting;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use millstream::errors::{Decision, ErrorHandler, Handlers};
use millstream::events::{EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::{
    BoxError, Processor, ProcessorContext, PunctuationType, Record, RecordBytes, ScheduleId, Streams, StreamsBuilder,
    StreamsConfig, Timestamp, TopicPartition, Topology,
};
use waiting::{PATIENCE, wait_until};

const SCHEDULES: usize = 100;

fn log() -> InProcessLog {
    let log = InProcessLog::new();
    ["in", "out", "ping", "pong"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    log
}

fn append(log: &InProcessLog, topic: &str, time: i64, value: &[u8]) {
    let record = RecordBytes::new(Timestamp::from_millis(time), Some(b"k"), Some(value));
    log.append(&TopicPartition::new(topic, 0), &record).unwrap();
}

fn start(topology: Topology, handlers: Handlers, log: &InProcessLog) -> millstream::StreamsHandle {
    let events = EventSettings { lines: false, ..EventSettings::default() };
    let config = StreamsConfig { threads: 1, events, ..StreamsConfig::new("a") };
    let streams = Streams::new(topology, config).with_handlers(handlers).with_log(log.clone()).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, PATIENCE), State::Running);
    streams
}

/// Counts that a processor and its test share.
type Counts = Arc<Mutex<Vec<usize>>>;

/// A processor with many schedules, each of which takes some time when it is due.
struct Scheduler {
    clock: PunctuationType,
    ids: Vec<ScheduleId>,
    calls: Counts,
    /// Called when the first schedule runs. On another thread it could come later, after any number of them.
    at_first: Arc<dyn Fn() + Send + Sync>,
}

impl Processor<String, String, String, String> for Scheduler {
    fn init(&mut self, context: &mut ProcessorContext<'_, String, String>) -> Result<(), BoxError> {
        self.ids = (0..SCHEDULES).map(|_| context.schedule(self.clock, Duration::from_millis(100))).collect();
        Ok(())
    }

    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, String>,
        record: Record<String, String>,
    ) -> Result<(), BoxError> {
        context.forward(record);
        Ok(())
    }

    fn punctuate(
        &mut self,
        _: &mut ProcessorContext<'_, String, String>,
        schedule: ScheduleId,
        _: Timestamp,
    ) -> Result<(), BoxError> {
        if self.calls.lock().unwrap().iter().all(|calls| *calls == 0) {
            (self.at_first)();
        }
        std::thread::sleep(Duration::from_millis(5));
        self.calls.lock().unwrap()[self.ids.iter().position(|id| *id == schedule).unwrap()] += 1;
        Ok(())
    }
}

/// What ran in a topology of [`scheduling`].
struct Runs {
    /// How often each schedule ran.
    calls: Counts,
    /// How many schedules had run at each record of `in`.
    before_in: Counts,
    /// How many schedules had run at each record of `ping`.
    before_ping: Counts,
}

/// A topology of such a processor, and of another sub-topology.
fn scheduling(clock: PunctuationType, at_first: impl Fn() + Send + Sync + 'static) -> (Topology, Runs) {
    let calls = Arc::new(Mutex::new(vec![0; SCHEDULES]));
    let (before_in, before_ping) = (Counts::default(), Counts::default());
    let (supplied, at_first) = (Arc::clone(&calls), Arc::new(at_first));
    let supply = move || {
        let (calls, at_first) = (Arc::clone(&supplied), Arc::clone(&at_first));
        Scheduler { clock, ids: Vec::new(), calls, at_first }
    };
    let count_into = |counts: &Counts| {
        let (calls, counts) = (Arc::clone(&calls), Arc::clone(counts));
        move |_: &String, _: &String| counts.lock().unwrap().push(calls.lock().unwrap().iter().sum())
    };
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").process(supply, ()).peek(count_into(&before_in)).to("out");
    builder.stream::<String, String>("ping").peek(count_into(&before_ping)).to("pong");
    (builder.build().unwrap(), Runs { calls, before_in, before_ping })
}

/// More of them are due at any time than there is time for: 100 of 5 ms, each every 100 ms.
#[test]
fn records_and_commits_come_between_schedules_and_none_starves() {
    let log = log();
    let to_append = log.clone();
    let append_all = move || {
        (0..20).for_each(|time| ["in", "ping"].into_iter().for_each(|topic| append(&to_append, topic, time, b"v")));
    };
    let (topology, Runs { calls, before_in, before_ping }) = scheduling(PunctuationType::WallClockTime, append_all);
    let streams = start(topology, Handlers::default(), &log);
    wait_until("both tasks have processed", || {
        before_in.lock().unwrap().len() == 20 && before_ping.lock().unwrap().len() == 20
    });
    let ran = before_in.lock().unwrap()[19].max(before_ping.lock().unwrap()[19]);
    assert!(ran < SCHEDULES, "{ran} schedules ran before 20 records were processed");
    wait_until("records are committed", || {
        log.committed("a").values().map(|committed| committed.offset.number()).sum::<i64>() == 40
    });
    wait_until("each schedule has run twice", || calls.lock().unwrap().iter().all(|calls| *calls >= 2));
    let calls = calls.lock().unwrap().clone();
    let (least, most) = (calls.iter().min().unwrap(), calls.iter().max().unwrap());
    assert!(most - least <= 1, "each comes in its turn: {calls:?}");
    drop(streams.close_blocking(PATIENCE));
}

/// They run before the next record of their task all the same, and each once.
#[test]
fn another_task_goes_on_while_schedules_run_that_one_record_made_due() {
    let log = log();
    let to_append = log.clone();
    let append_more = move || {
        append(&to_append, "in", 60, b"second");
        append(&to_append, "ping", 0, b"v");
    };
    let (topology, Runs { calls, before_ping, .. }) = scheduling(PunctuationType::StreamTime, append_more);
    let streams = start(topology, Handlers::default(), &log);
    append(&log, "in", 50, b"first");
    wait_until("the second record is processed", || log.records("out").unwrap().len() == 2);
    assert_eq!(*calls.lock().unwrap(), [1; SCHEDULES]);
    wait_until("the other task has responded", || before_ping.lock().unwrap().len() == 1);
    let responded_after = before_ping.lock().unwrap()[0];
    assert!(responded_after < SCHEDULES, "the other task waited for {responded_after} schedules");
    drop(streams.close_blocking(PATIENCE));
}

/// All that could not be read were left out before anything else happened.
#[test]
fn another_task_goes_on_while_records_are_left_out_that_cannot_be_read() {
    const UNREADABLE: usize = 500;
    let log = log();
    let left_out = Arc::new(AtomicUsize::new(0));
    let responded_after = Arc::new(AtomicUsize::new(0));
    let deserialization = {
        let (left_out, log) = (Arc::clone(&left_out), log.clone());
        ErrorHandler::custom(move |_| {
            if left_out.fetch_add(1, Ordering::SeqCst) == 0 {
                append(&log, "ping", 0, b"v");
            }
            std::thread::sleep(Duration::from_millis(3));
            Decision::Continue
        })
    };
    let respond = {
        let (left_out, responded_after) = (Arc::clone(&left_out), Arc::clone(&responded_after));
        move |_: &String, _: &String| responded_after.store(left_out.load(Ordering::SeqCst), Ordering::SeqCst)
    };
    let builder = StreamsBuilder::new();
    builder.stream::<String, i64>("in").to("out");
    builder.stream::<String, String>("ping").peek(respond).to("pong");
    let handlers = Handlers { deserialization, ..Handlers::default() };
    (0..UNREADABLE).for_each(|_| append(&log, "in", 1, b"not a number"));
    append(&log, "in", 1, &7_i64.to_be_bytes());
    let streams = start(builder.build().unwrap(), handlers, &log);
    wait_until("the record that can be read is written", || log.records("out").unwrap().len() == 1);
    assert_eq!(left_out.load(Ordering::SeqCst), UNREADABLE);
    wait_until("the other task has responded", || responded_after.load(Ordering::SeqCst) > 0);
    let responded_after = responded_after.load(Ordering::SeqCst);
    assert!((1..UNREADABLE).contains(&responded_after), "the other task waited for {responded_after} records");
    drop(streams.close_blocking(PATIENCE));
}

/// Each of them ran one record at least before anything else: with many independent parts of a topology on one thread, a turn
/// took as long as one record of all of them together.
#[test]
fn a_turn_does_not_grow_with_the_number_of_subtopologies() {
    const PARTS: usize = 20;
    let log = InProcessLog::new();
    let processed = Arc::new(AtomicUsize::new(0));
    // The first record waits for the query.
    let is_queried = Arc::new(Barrier::new(2));
    let builder = StreamsBuilder::new();
    for part in 0..PARTS {
        let topic = format!("in{part}");
        log.create_topic(&*topic, 1).unwrap();
        let (processed, is_queried) = (Arc::clone(&processed), Arc::clone(&is_queried));
        let slow = move |_: &String, _: &String| {
            std::thread::sleep(Duration::from_millis(15));
            if processed.fetch_add(1, Ordering::SeqCst) == 0 {
                is_queried.wait();
            }
        };
        builder.stream::<String, String>(&*topic).peek(slow).group_by_key().count(&*format!("counts{part}"));
    }
    // The application runs before there are records: the first one stops the thread, and with it the start of other tasks.
    let streams = start(builder.build().unwrap(), Handlers::default(), &log);
    for part in 0..PARTS {
        (0..100).for_each(|time| append(&log, &format!("in{part}"), time, b"v"));
    }
    wait_until("records are processed", || processed.load(Ordering::SeqCst) > 0);
    let seen = Arc::clone(&processed);
    let query = streams
        .query("counts0", move |_: &mut millstream::state::KeyValueStore<String, i64>| Ok(seen.load(Ordering::SeqCst)));
    is_queried.wait();
    let waited = query.wait(PATIENCE).unwrap().value[0] - 1;
    assert!(waited < PARTS / 2, "a query waited for {waited} records");
    drop(streams.close_blocking(PATIENCE));
}
