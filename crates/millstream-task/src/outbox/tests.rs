//! Tests of the outbox with a producer that follows a script.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use millstream_types::{Headers, MonotonicTime, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::ErrorHandler;

const TASK: TaskId = TaskId::new(0, 0);
const TIME: Timestamp = Timestamp::from_millis(0);
const NOW: Now = Now { wall: TIME, monotonic: MonotonicTime::START };

/// The script of a producer, and the records that it has accepted.
#[derive(Default)]
struct Script {
    /// Topic, partition and value of each accepted record.
    taken: Vec<(String, u32, String)>,
    /// How many more records it accepts.
    room: usize,
    /// Topics still being looked up.
    pending: Vec<String>,
    missing: Vec<String>,
    events: Vec<LogEvent>,
    flushes: usize,
    sending: Sending,
    /// What it had to discard.
    discarded: Vec<String>,
}

#[derive(Clone, Default)]
struct Scripted(Arc<Mutex<Script>>);

impl Scripted {
    fn with<T>(&self, act: impl FnOnce(&mut Script) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }

    fn values(&self) -> Vec<String> {
        self.with(|script| script.taken.iter().map(|(_, _, value)| value.clone()).collect())
    }
}

impl Producing for Scripted {
    fn topic(&mut self, topic: &Topic) -> TopicState {
        let is_in = |list: &[String]| list.iter().any(|name| name == topic.as_str());
        self.with(|script| match topic.as_str() {
            _ if is_in(&script.pending) => TopicState::Pending,
            _ if is_in(&script.missing) => TopicState::Missing,
            _ => TopicState::Ready { partitions: 4 },
        })
    }

    fn append(&mut self, topic: &Topic, partition: Partition, record: &RecordBytes<'_>) -> bool {
        let value = String::from_utf8(record.value.unwrap_or_default().to_vec()).unwrap();
        self.with(|script| {
            let has_room = script.room > 0;
            if has_room {
                script.room -= 1;
                script.taken.push((topic.to_string(), partition.number(), value));
            }
            has_room
        })
    }

    fn appended(&self) -> u64 {
        self.with(|script| script.taken.len() as u64)
    }

    fn acknowledged_offset(&self, _partition: &TopicPartition) -> Option<Offset> {
        None
    }

    fn flush(&mut self) {
        self.with(|script| script.flushes += 1);
    }

    fn set_sending(&mut self, sending: Sending) {
        self.with(|script| script.sending = sending);
    }

    fn discard(&mut self, scope: DiscardScope<'_>) {
        let discarded = match scope {
            DiscardScope::All => vec!["all".to_owned()],
            DiscardScope::Partitions(partitions) => partitions.iter().map(ToString::to_string).collect(),
        };
        self.with(|script| script.discarded.extend(discarded));
    }

    fn poll(&mut self, _now: MonotonicTime, events: &mut Vec<LogEvent>) {
        self.with(|script| events.append(&mut script.events));
    }
}

fn outbox(room: usize, production: ErrorHandler) -> (Outbox, Scripted) {
    let producer = Scripted::default();
    producer.with(|script| script.room = room);
    (Outbox::new(Box::new(producer.clone()), Handlers { production, ..Handlers::default() }), producer)
}

fn send(outbox: &mut Outbox, topic: &Topic, route: Route, value: &str) -> bool {
    let (key, value, headers) = (Some(&b"foobar"[..]), Some(value.as_bytes()), &Headers::new());
    outbox.send(TASK, Destination { node: "sink", topic, route }, RecordBytes { timestamp: TIME, key, value, headers })
}

fn changelog() -> TopicPartition {
    TopicPartition::new("app-counts-changelog", 1)
}

#[test]
fn a_key_chooses_its_partition_as_in_java() {
    let (mut outbox, producer) = outbox(9, ErrorHandler::Fail);
    send(&mut outbox, &"out".into(), Route::ByKey, "a");
    let expected = millstream_core::partition_for(b"foobar", 4).number();
    assert_eq!(producer.with(|script| script.taken.clone()), [("out".to_owned(), expected, "a".to_owned())]);
}

/// A sink that read `foobar` as a key in a window hashed the window too, so that the windows of a key were scattered,
/// and a Kafka Streams application that took over wrote the next update of a window to another partition.
#[test]
fn all_windows_of_a_key_choose_the_partition_of_the_key() {
    let (mut outbox, producer) = outbox(9, ErrorHandler::Fail);
    send(&mut outbox, &"out".into(), Route::ByKeyPrefix(3), "a");
    send(&mut outbox, &"out".into(), Route::ByKeyPrefix(9), "longer than the key");
    let taken = producer.with(|script| script.taken.iter().map(|(_, partition, _)| *partition).collect::<Vec<_>>());
    let expected = [&b"foo"[..], b"foobar"].map(|key| millstream_core::partition_for(key, 4).number());
    assert_eq!(taken, expected);
    assert_ne!(expected[0], expected[1]);
}

#[test]
fn records_without_a_key_are_distributed_in_batches() {
    let mut topic = Topics::new();
    let index = topic.index_of(&"out".into());
    let partitions: Vec<u32> = (0..300).map(|_| topic[index].choose_partition(None, 4).number()).collect();
    let runs: Vec<_> = partitions.chunk_by(|a, b| a == b).map(<[u32]>::len).collect();
    assert_eq!(runs, [64, 64, 64, 64, 44]);
}

#[test]
fn while_the_producer_is_full_records_are_pending_and_nothing_is_lost_or_reordered() {
    let (mut outbox, producer) = outbox(1, ErrorHandler::Fail);
    let topic = Topic::from("out");
    for value in ["a", "b"] {
        send(&mut outbox, &topic, Route::ByKey, value);
    }
    outbox.log(TASK, &changelog(), &RecordBytes::new(TIME, Some(b"k"), Some(b"c")));
    assert!(!outbox.accepts_records());
    producer.with(|script| script.room = 1);
    outbox.poll(NOW).unwrap();
    assert_eq!(producer.values(), ["a", "b"]);
    assert!(!outbox.accepts_records());
    producer.with(|script| script.room = 9);
    outbox.poll(NOW).unwrap();
    assert!(outbox.accepts_records());
    assert_eq!(producer.values(), ["a", "b", "c"]);
    assert_eq!(producer.with(|script| script.taken[2].clone()), ("app-counts-changelog".to_owned(), 1, "c".to_owned()));
}

#[test]
fn a_topic_that_is_being_looked_up_is_waited_for() {
    let (mut outbox, producer) = outbox(9, ErrorHandler::Fail);
    producer.with(|script| script.pending = vec!["out".to_owned()]);
    assert_eq!(outbox.partition_count(&"out".into()), None);
    let route = Route::Later(Box::new(|partitions| Route::to(partitions - 1)));
    send(&mut outbox, &"out".into(), route, "a");
    outbox.poll(NOW).unwrap();
    assert!(!outbox.accepts_records());
    producer.with(|script| script.pending.clear());
    outbox.poll(NOW).unwrap();
    assert_eq!(producer.with(|script| script.taken.clone()), [("out".to_owned(), 3, "a".to_owned())]);
}

#[test]
fn a_record_for_several_partitions_that_is_stopped_half_way_goes_to_each_once() {
    let (mut outbox, producer) = outbox(2, ErrorHandler::Fail);
    let all = (0..4).map(Partition::new).collect();
    assert!(send(&mut outbox, &"out".into(), Route::To(all), "a"));
    producer.with(|script| script.room = 9);
    outbox.poll(NOW).unwrap();
    let partitions: Vec<u32> = producer.with(|script| script.taken.iter().map(|taken| taken.1).collect());
    assert_eq!(partitions, [0, 1, 2, 3]);
}

#[test]
fn a_record_for_no_partition_is_dropped_now_or_later() {
    let (mut outbox, producer) = outbox(9, ErrorHandler::Fail);
    assert!(!send(&mut outbox, &"out".into(), Route::To(Vec::new()), "a"));
    producer.with(|script| script.pending = vec!["new".to_owned()]);
    assert!(send(&mut outbox, &"new".into(), Route::Later(Box::new(|_| Route::To(Vec::new()))), "b"));
    producer.with(|script| script.pending.clear());
    outbox.poll(NOW).unwrap();
    let dropped = outbox.take_dropped();
    assert_eq!((dropped.len(), dropped[0].reason, &*dropped[0].node), (1, SkipReason::NoPartition, "sink"));
    assert!(producer.values().is_empty());
}

/// It runs when the topic has been looked up, outside of the chain that handles panics.
#[test]
fn the_processing_handler_decides_on_a_partitioner_that_panics() {
    for handler in [ErrorHandler::Continue, ErrorHandler::Fail] {
        let (mut outbox, producer) = outbox(9, ErrorHandler::Fail);
        outbox.handlers.processing = handler.clone();
        producer.with(|script| script.pending = vec!["out".to_owned()]);
        assert!(send(&mut outbox, &"out".into(), Route::Later(Box::new(|_| panic!("no idea"))), "a"));
        producer.with(|script| script.pending.clear());
        let polled = outbox.poll(NOW);
        if matches!(handler, ErrorHandler::Continue) {
            polled.unwrap();
            assert_eq!(outbox.take_dropped()[0].reason, SkipReason::Processing);
            assert!(outbox.accepts_records());
        } else {
            let failure = polled.unwrap_err();
            assert_eq!((failure.kind, failure.detail.as_deref()), (FailureKind::Panic, Some("no idea")));
        }
    }
}

#[test]
fn the_handler_decides_on_a_missing_topic_or_partition() {
    let cases = [("gone", Route::ByKey, "`gone`"), ("out", Route::to(7), "out-7")];
    for (topic, route, names) in cases {
        let (mut lenient, producer) = outbox(9, ErrorHandler::Continue);
        producer.with(|script| script.missing = vec!["gone".to_owned()]);
        send(&mut lenient, &topic.into(), route, "a");
        lenient.poll(NOW).unwrap();
        assert_eq!(lenient.take_dropped()[0].reason, SkipReason::Production);
        let (mut strict, producer) = outbox(9, ErrorHandler::Fail);
        producer.with(|script| script.missing = vec!["gone".to_owned()]);
        send(&mut strict, &topic.into(), if topic == "out" { Route::to(7) } else { Route::ByKey }, "a");
        let failure = strict.poll(NOW).unwrap_err();
        assert_eq!((failure.kind, failure.node.as_deref()), (FailureKind::Production, Some("sink")));
        assert!(failure.to_string().contains(names), "{failure}");
        assert!(!strict.accepts_records());
    }
}

#[test]
fn a_refused_changelog_record_is_fatal_whatever_the_handler_says() {
    let (mut outbox, producer) = outbox(9, ErrorHandler::Continue);
    let changelog = changelog();
    outbox.look_up_changelog(TASK, &changelog);
    outbox.log(TASK, &changelog, &RecordBytes::new(TIME, Some(b"k"), None));
    let error = LogError::Unavailable { reason: "a test".to_owned() };
    producer.with(|script| script.events.push(LogEvent::ProduceFailed { partition: changelog, record: None, error }));
    let failure = outbox.poll(NOW).unwrap_err();
    assert!(failure.to_string().contains("changelog `app-counts-changelog`"), "{failure}");
    assert!(failure.node.is_none() && !failure.to_string().contains("node"), "no node writes it: {failure}");
    assert_eq!(outbox.check(), Err(failure), "it stays failed");
}

#[test]
fn a_flush_covers_pending_records() {
    let (mut outbox, producer) = outbox(1, ErrorHandler::Fail);
    assert!(outbox.is_flushed(), "nothing was written");
    for value in ["a", "b"] {
        send(&mut outbox, &"out".into(), Route::ByKey, value);
    }
    outbox.begin_flush();
    producer.with(|script| script.events.push(LogEvent::Acknowledged { up_to: 1 }));
    outbox.poll(NOW).unwrap();
    assert!(!outbox.is_flushed() && producer.with(|script| script.flushes) == 0);
    producer.with(|script| script.room = 9);
    outbox.poll(NOW).unwrap();
    assert!(!outbox.is_flushed() && producer.with(|script| script.flushes) == 1);
    send(&mut outbox, &"out".into(), Route::ByKey, "written after the flush began");
    producer.with(|script| script.events.push(LogEvent::Acknowledged { up_to: 2 }));
    outbox.poll(NOW).unwrap();
    assert!(outbox.is_flushed());
}

const LOST: TaskId = TaskId::new(0, 1);

/// The next owner of a lost task has looked up where the changelog ends. An older row that arrived after that would overwrite
/// newer ones when the store is restored.
#[test]
fn what_a_lost_task_has_written_is_dropped_and_what_others_have_is_kept() {
    let (mut outbox, producer) = outbox(0, ErrorHandler::Fail);
    let of_lost = TopicPartition::new("app-counts-changelog", 3);
    outbox.look_up_changelog(TASK, &changelog());
    outbox.look_up_changelog(LOST, &of_lost);
    outbox.log(LOST, &of_lost, &RecordBytes::new(TIME, Some(b"k"), Some(b"stale")));
    outbox.log(TASK, &changelog(), &RecordBytes::new(TIME, Some(b"k"), Some(b"kept")));
    outbox.abort(LOST);
    producer.with(|script| script.room = 9);
    outbox.poll(NOW).unwrap();
    assert_eq!(producer.values(), ["kept"], "of the pending records");
    assert_eq!(
        producer.with(|script| script.discarded.clone()),
        ["app-counts-changelog-3"],
        "of the records in batches"
    );
    outbox.abort(LOST);
    assert_eq!(producer.with(|script| script.discarded.len()), 1, "it has nothing more to drop");
}

#[test]
fn while_it_is_held_nothing_is_sent_and_no_records_are_accepted() {
    let (mut outbox, producer) = outbox(0, ErrorHandler::Fail);
    send(&mut outbox, &"out".into(), Route::ByKey, "a");
    outbox.hold();
    producer.with(|script| script.room = 9);
    outbox.begin_flush();
    outbox.poll(NOW).unwrap();
    assert!(producer.values().is_empty() && producer.with(|script| script.flushes) == 0);
    assert!(!outbox.accepts_records() && !outbox.is_flushed());
    assert_eq!(producer.with(|script| script.sending), Sending::Held);
    outbox.release();
    outbox.poll(NOW).unwrap();
    assert_eq!((producer.values(), producer.with(|script| script.flushes)), (vec!["a".to_owned()], 1));
}

#[test]
fn with_all_tasks_all_pending_records_are_dropped() {
    let (mut outbox, producer) = outbox(0, ErrorHandler::Fail);
    send(&mut outbox, &"out".into(), Route::ByKey, "a");
    outbox.begin_flush();
    outbox.discard_all();
    producer.with(|script| script.room = 9);
    outbox.poll(NOW).unwrap();
    assert!(producer.values().is_empty() && outbox.is_empty() && outbox.is_flushed());
    assert_eq!(producer.with(|script| script.discarded.clone()), ["all"]);
}

#[test]
fn a_producer_that_is_fenced_ends_the_outbox() {
    let (mut outbox, producer) = outbox(9, ErrorHandler::Continue);
    let fenced = LogError::Fenced { identity: "app".to_owned() };
    producer.with(|script| script.events.push(LogEvent::Fatal(fenced)));
    producer.with(|script| script.events.push(LogEvent::Unavailable("no route".to_owned())));
    assert_eq!(outbox.poll(NOW).unwrap_err().kind, FailureKind::Log);
    assert_eq!(outbox.take_unavailable().as_deref(), Some("no route"));
    assert_eq!(outbox.take_unavailable(), None);
}

proptest! {
    /// Every record arrives once, in the order of its topic, whenever the producer is full and topics are unknown.
    #[test]
    fn nothing_is_lost_or_reordered(steps in prop::collection::vec((0_usize..3, 0_usize..3, any::<bool>()), 1..80)) {
        let (mut outbox, producer) = outbox(0, ErrorHandler::Fail);
        let mut sent: Vec<Vec<String>> = vec![Vec::new(); 3];
        for (number, (topic, room, is_pending)) in steps.into_iter().enumerate() {
            let name = format!("topic-{topic}");
            producer.with(|script| {
                script.room += room;
                script.pending = if is_pending { vec![name.clone()] } else { Vec::new() };
            });
            send(&mut outbox, &name.as_str().into(), Route::to(0), &number.to_string());
            sent[topic].push(number.to_string());
            outbox.poll(NOW).unwrap();
        }
        producer.with(|script| {
            script.room = usize::MAX;
            script.pending.clear();
        });
        outbox.poll(NOW).unwrap();
        prop_assert!(outbox.accepts_records());
        for (topic, sent) in sent.iter().enumerate() {
            let name = format!("topic-{topic}");
            let taken = producer.with(|script| script.taken.clone());
            let arrived: Vec<String> = taken.into_iter().filter(|taken| taken.0 == name).map(|taken| taken.2).collect();
            prop_assert_eq!(&arrived, sent);
        }
    }
}

/// A partitioner of a topic that is still being looked up runs when the topic is found, outside of any task. Its panic ended the
/// thread, and the handler was not asked.
#[test]
fn a_panic_of_a_partitioner_that_had_to_wait_reaches_the_handler_with_the_record() {
    let seen: Arc<Mutex<Vec<(FailureKind, String, Vec<u8>)>>> = Arc::default();
    let processing = ErrorHandler::custom({
        let seen = Arc::clone(&seen);
        move |context| {
            let value = context.output.as_ref().and_then(|output| output.content?.value).unwrap().to_vec();
            let node = context.failure.node.as_deref().unwrap().to_owned();
            seen.lock().unwrap().push((context.failure.kind, node, value));
            Decision::Continue
        }
    });
    let producer = Scripted::default();
    producer.with(|script| (script.room, script.pending) = (9, vec!["out".to_owned()]));
    let handlers = Handlers { processing, ..Handlers::default() };
    let mut outbox = Outbox::new(Box::new(producer.clone()), handlers);
    for value in ["a", "bad", "c"] {
        let choose = move |_| if value == "bad" { panic!("no bad here") } else { Route::to(1) };
        assert!(send(&mut outbox, &"out".into(), Route::Later(Box::new(choose)), value));
    }
    producer.with(|script| script.pending.clear());
    outbox.poll(NOW).unwrap();
    assert_eq!(producer.values(), ["a", "c"]);
    assert_eq!(*seen.lock().unwrap(), [(FailureKind::Panic, "sink".to_owned(), b"bad".to_vec())]);
    assert_eq!(outbox.take_dropped()[0].detail.as_deref(), Some("no bad here"));
}
