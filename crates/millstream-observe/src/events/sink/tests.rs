//! Lines, listeners, and the throttle of skipped records.

#![allow(clippy::unwrap_used)]
#![expect(clippy::disallowed_methods, reason = "lines of several threads must not mix")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use millstream_types::{Offset, Timestamp, TopicPartition};
use serde_json::Value;

use super::*;
use crate::ManualClock;
use crate::events::{Origin, SkipReason, State};

/// An output that collects what is written, and fails while `closed`.
#[derive(Clone, Default)]
struct Paper {
    text: Arc<Mutex<Vec<u8>>>,
    closed: Arc<AtomicBool>,
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        // Only a few bytes at a time, so that lines would mix if two threads wrote at the same time.
        let part = &bytes[..bytes.len().min(7)];
        self.text.lock().unwrap().extend_from_slice(part);
        thread::yield_now();
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.text.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

struct Setting {
    paper: Paper,
    clock: ManualClock,
    events: EventSink,
    received: Arc<Mutex<Vec<Event>>>,
}

fn set_up(settings: &EventSettings) -> Setting {
    let (paper, clock) = (Paper::default(), ManualClock::starting_at(Timestamp::from_millis(0)));
    let events = EventSink::to_writer("app", settings, Arc::new(clock.clone()), paper.clone());
    let received: Arc<Mutex<Vec<Event>>> = Arc::default();
    let to_test = received.clone();
    events.add_listener(move |event| to_test.lock().unwrap().push(event.clone()));
    Setting { paper, clock, events, received }
}

fn names(received: &Mutex<Vec<Event>>) -> Vec<&'static str> {
    received.lock().unwrap().iter().map(|event| event.kind.name()).collect()
}

fn skipped(node: &str, offset: i64) -> Skipped<'_> {
    let origin = Origin::new(&TopicPartition::new("lines", 0), Offset::new(offset));
    Skipped { reason: SkipReason::NullKey, node, origin: Some(origin), detail: None, record_data: None }
}

#[test]
fn lines_carry_the_scope_and_the_time_of_the_clock() {
    let Setting { paper, clock, events, .. } = set_up(&EventSettings::default());
    clock.advance(Duration::from_millis(1_500));
    events.for_thread("app-1").for_task(TaskId::new(1, 2)).emit(EventKind::TaskRunning);
    let line = &paper.lines()[0];
    assert_eq!(line["time"], "1970-01-01T00:00:01.500Z");
    assert_eq!((&line["application"], &line["thread"], &line["task"]), (&"app".into(), &"app-1".into(), &"1_2".into()));
}

#[test]
fn the_settings_apply_to_lines_and_not_to_listeners() {
    let cases = [(true, Level::Debug, 3), (true, Level::Info, 2), (true, Level::Error, 0), (false, Level::Debug, 0)];
    for (lines, level, written) in cases {
        let Setting { paper, events, received, .. } =
            set_up(&EventSettings { lines, level, ..EventSettings::default() });
        events.emit(EventKind::TaskRestoring);
        events.emit(EventKind::TaskRunning);
        events.emit(EventKind::CommitFailed { reason: "why".to_owned(), retried: true });
        assert_eq!(paper.lines().len(), written, "{lines} {level:?}");
        assert_eq!(names(&received), ["task_restoring", "task_running", "commit_failed"]);
    }
}

#[test]
fn lines_of_many_threads_do_not_mix() {
    let Setting { paper, events, .. } = set_up(&EventSettings::default());
    thread::scope(|scope| {
        for number in 0..4 {
            let events = events.for_thread(format!("app-{number}"));
            scope.spawn(move || (0..100).for_each(|_| events.emit(EventKind::TaskRunning)));
        }
    });
    assert_eq!(paper.lines().len(), 400);
}

#[test]
fn a_broken_output_is_reported_once_and_later_lines_are_written() {
    let Setting { paper, events, received, .. } = set_up(&EventSettings::default());
    paper.closed.store(true, Ordering::SeqCst);
    events.emit(EventKind::TaskRunning);
    events.emit(EventKind::TaskRunning);
    assert_eq!(names(&received), ["task_running", "output_failed", "task_running"]);
    assert_eq!(received.lock().unwrap()[1].message(), "Event lines cannot be written: broken pipe.");
    paper.closed.store(false, Ordering::SeqCst);
    events.emit(EventKind::TaskRunning);
    assert_eq!(paper.lines().len(), 1);
}

#[test]
fn a_listener_that_panics_is_removed_with_an_event() {
    let Setting { events, received, .. } = set_up(&EventSettings::default());
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    events.add_listener(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        panic!("a fault of the listener");
    });
    events.emit(EventKind::TaskRunning);
    events.emit(EventKind::TaskRunning);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert_eq!(names(&received), ["task_running", "listener_failed", "task_running"]);
}

#[test]
fn a_listener_may_emit_events() {
    let Setting { events, received, .. } = set_up(&EventSettings::default());
    let echo = events.clone();
    events.add_listener(move |event| {
        if matches!(event.kind, EventKind::TaskRunning) {
            echo.emit(EventKind::ApplicationState { from: State::Rebalancing, to: State::Running });
        }
    });
    events.emit(EventKind::TaskRunning);
    assert_eq!(names(&received), ["task_running", "application_state"]);
}

#[test]
fn the_first_skipped_record_is_emitted_at_once_and_later_ones_as_a_count() {
    let Setting { paper, clock, events, .. } = set_up(&EventSettings::default());
    let emitted = || -> Vec<_> {
        let lines = paper.lines();
        lines.iter().map(|line| (line["count"].as_u64().unwrap(), line["offset"].as_i64().unwrap())).collect()
    };
    (0..5).for_each(|offset| events.record_skipped(&skipped("a", offset)));
    events.record_skipped(&skipped("b", 9));
    assert_eq!(emitted(), [(1, 0), (1, 9)], "the first of each node");

    clock.advance(Duration::from_secs(10));
    events.record_skipped(&skipped("a", 5));
    assert_eq!(emitted()[2..], [(5, 5)], "the later ones, with the latest origin");

    events.for_task(TaskId::new(0, 7)).record_skipped(&skipped("a", 6));
    events.tick();
    assert_eq!(emitted().len(), 3, "not due yet");
    clock.advance(Duration::from_secs(10));
    events.for_thread("app-1").tick();
    events.tick();
    assert_eq!(emitted()[3..], [(1, 6)], "a tick emits what is due");
    assert_eq!((&paper.lines()[3]["task"], paper.lines()[3].get("thread")), (&"0_7".into(), None));
}

#[test]
fn a_flush_emits_all_skipped_records() {
    let Setting { paper, events, .. } = set_up(&EventSettings::default());
    (0..3).for_each(|offset| events.record_skipped(&skipped("a", offset)));
    events.flush();
    events.flush();
    let counts: Vec<_> = paper.lines().iter().map(|line| line["count"].as_u64()).collect();
    assert_eq!(counts, [Some(1), Some(2)]);
}

#[test]
fn lines_contain_data_of_records_only_if_configured() {
    use std::error::Error;

    use millstream_types::SerdeError;

    use crate::events::{Failure, FailureKind, RecordData};

    let cause: Box<dyn Error + Send + Sync> = "invalid value \"Mallory\"".into();
    let error = SerdeError::malformed("Json", "it is no number", b"Mallory").with_source(cause);
    for (record_data, shown) in [(RecordData::Hidden, 0), (RecordData::Shown, 2)] {
        let settings = EventSettings { record_data, ..EventSettings::default() };
        let Setting { paper, events, received, .. } = set_up(&settings);
        events.emit(EventKind::TaskFailed(Failure::from_error(FailureKind::Deserialization, error.clone())));
        let (reason, record_data) = (SkipReason::Deserialization, Some("the bytes begin with \"Mallory\""));
        events.record_skipped(&Skipped { reason, record_data, ..skipped("a", 0) });
        let lines = paper.lines();
        assert_eq!(lines.iter().filter(|line| line.to_string().contains("Mallory")).count(), shown, "{lines:?}");
        assert_eq!((lines.len(), lines[0]["cause"].as_str()), (2, Some("deserialization")));
        assert_eq!(lines[0]["detail"], "not a valid Json: it is no number (7 bytes)", "a text without a quote stays");
        let to_listeners = received.lock().unwrap();
        assert!(
            to_listeners.iter().all(|event| event.to_json().contains("Mallory")),
            "listeners are the program itself"
        );
    }
}

#[test]
fn texts_of_user_code_are_in_lines_and_not_in_alerts() {
    use crate::events::{Failure, FailureKind};

    let Setting { paper, events, .. } = set_up(&EventSettings::default());
    events.emit(EventKind::TaskFailed(Failure::new(FailureKind::Processing, "the rate service is gone")));
    assert_eq!(paper.lines()[0]["detail"], "the rate service is gone");
}

#[test]
fn an_outage_that_is_reported_once_becomes_an_error_when_it_lasts() {
    let Setting { clock, events, received, .. } = set_up(&EventSettings::default());
    let outage = EventKind::LogUnavailable { reason: "no broker".to_owned(), lasting: Duration::ZERO };
    events.for_thread("app-1").emit(outage);
    for _ in 0..140 {
        clock.advance(Duration::from_secs(1));
        events.tick();
    }
    let lines: Vec<_> = received.lock().unwrap().iter().map(|event| (event.needs_person(), event.message())).collect();
    let lasting = |seconds| {
        format!("The log has not been reachable for {seconds}.0 s: no broker. Processing resumes when it is.")
    };
    assert_eq!(lines[1..], [(true, lasting(65)), (true, lasting(130))]);
    assert_eq!(received.lock().unwrap()[2].thread.as_deref(), Some("app-1"));
    events.for_thread("app-1").emit(EventKind::LogAvailable { lasted: Duration::from_secs(140) });
    clock.advance(Duration::from_secs(600));
    events.tick();
    assert_eq!(received.lock().unwrap().len(), 4, "it is over");
}
