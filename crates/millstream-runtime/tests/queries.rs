//! Queries of the stores of a running application.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use futures::executor::block_on;
use millstream_core::{StreamsBuilder, TimeWindows, Topology};
use millstream_log::InProcessLog;
use millstream_observe::events::State;
use millstream_runtime::{Position, QueryError, QueryScope, Streams, StreamsConfig, StreamsHandle};
use millstream_state::{AnyStore, Direction, KeyRange, KeyValueStore, StoreError, WindowRange};
use millstream_types::{Offset, Partition, RecordBytes, Timestamp, TopicPartition};
use support::{EventRecorder, LIMIT, PARTITIONS, config, counting, eventually, feed_words, log, run, total};

/// An application of two threads that has counted 1000 words.
fn counted() -> (InProcessLog, StreamsHandle) {
    let log = log();
    let recorder = EventRecorder::default();
    let streams = Streams::new(counting(), StreamsConfig { threads: 2, ..config("app") });
    let streams = streams.with_log(log.clone()).with_listener(recorder.listener()).start().unwrap();
    feed_words(&log, 1000);
    eventually("all is counted", || total(&log) == 1000);
    // The group rebalances once more if the second thread joins only now.
    eventually("both threads have tasks, and run", || {
        recorder.threads("task_running").len() == 2
            && streams.state() == State::Running
            && streams.metrics().tasks.iter().filter(|task| task.open).count() == 8
    });
    (log, streams)
}

#[test]
fn a_key_is_found_whichever_thread_has_it() {
    let (_log, streams) = counted();
    let counts = streams.key_value_store::<String, i64>("counts");
    for number in 0..100 {
        let count = counts.get(format!("w{number}")).wait(LIMIT).unwrap().unwrap();
        assert_eq!(count.value, 10);
    }
    assert_eq!(block_on(counts.get("never seen".to_owned())).unwrap(), None);
}

#[test]
fn pages_go_through_all_partitions_in_the_order_of_keys() {
    let (_log, streams) = counted();
    let counts = streams.key_value_store::<String, i64>("counts");
    let (mut keys, mut after) = (Vec::new(), None);
    loop {
        let page = counts.page(KeyRange::all(), after.take(), Direction::Forward, 7).wait(LIMIT).unwrap().value;
        after = page.last().map(|row| row.engine_key.clone());
        let is_last = page.len() < 7;
        keys.extend(page.into_iter().map(|row| row.key));
        if is_last {
            break;
        }
    }
    assert_eq!(keys.len(), 100);
    assert!(keys.is_sorted());
    let last = counts.page(KeyRange::all(), None, Direction::Backward, 1).wait(LIMIT).unwrap().value;
    assert_eq!(last[0].key, *keys.last().unwrap());
}

/// A table of the topic `words`.
fn table() -> (InProcessLog, StreamsHandle) {
    let builder = StreamsBuilder::new();
    builder.table::<String, String>("words", "rows");
    let log = log();
    let streams = run(builder.build().unwrap(), config("app"), &log);
    (log, streams)
}

/// One reads what one wrote, by the offset of the record, even if the query is faster than the application.
#[test]
fn a_query_sees_at_least_what_was_processed_up_to_its_position() {
    let (log, streams) = table();
    let partition = TopicPartition::new("words", 2);
    for round in 0..50 {
        let value = format!("row {round}");
        let offset = log.append(&partition, &RecordBytes::new(1.into(), Some(b"k"), Some(value.as_bytes()))).unwrap();
        let scope =
            QueryScope::new().partitions([Partition::new(2)]).at_least(Position::new().with(partition.clone(), offset));
        let rows = streams.key_value_store::<String, String>("rows").within(scope);
        let row = loop {
            match rows.get("k".to_owned()).wait(LIMIT) {
                Ok(row) => break row.unwrap().value,
                Err(QueryError::NotUpToBound { input, asked, .. }) => {
                    assert_eq!((input, asked), (partition.clone(), offset));
                }
                Err(error) => panic!("{error}"),
            }
        };
        assert_eq!(row, value);
    }
    let page = streams.key_value_store::<String, String>("rows").page(KeyRange::all(), None, Direction::Forward, 9);
    let position = page.wait(LIMIT).unwrap().position;
    assert_eq!(position.iter().collect::<Vec<_>>(), [(&partition, Offset::new(49))]);
}

#[test]
fn a_query_of_a_position_that_is_not_reached_says_how_far_it_is() {
    let (log, streams) = table();
    let first = TopicPartition::new("words", 0);
    log.append(&first, &RecordBytes::new(1.into(), Some(b"k"), Some(b"v"))).unwrap();
    let rows = |position| {
        let rows = streams.key_value_store::<String, String>("rows").within(QueryScope::new().at_least(position));
        rows.page(KeyRange::all(), None, Direction::Forward, 9).wait(LIMIT).map(|page| page.value.len())
    };
    let at = |topic, offset| Position::new().with(TopicPartition::new(topic, 0), Offset::new(offset));
    eventually("the record is processed", || rows(at("words", 0)).is_ok());
    assert_eq!(
        rows(at("words", 5)).unwrap_err().to_string(),
        "partition 0 of store `rows` has processed words-0 up to offset 0, and the query asks for 5; ask again later"
    );
    assert_eq!(
        rows(at("others", 0)).unwrap_err().to_string(),
        "partition 0 of store `rows` has processed no record of others-0, and the query asks for offset 0; ask again later"
    );
    // What a position has of partitions that the store has not is nothing to wait for.
    assert_eq!(rows(Position::new().with(TopicPartition::new("words", 7), Offset::new(3))).unwrap(), 1);
}

#[test]
fn a_query_of_some_partitions_finds_only_their_rows() {
    let (log, streams) = table();
    for number in 0..PARTITIONS {
        let partition = TopicPartition::new("words", number);
        let key = format!("k{number}");
        log.append(&partition, &RecordBytes::new(1.into(), Some(key.as_bytes()), Some(b"v"))).unwrap();
    }
    let of = |partitions: &[u32]| {
        let scope = QueryScope::new().partitions(partitions.iter().copied().map(Partition::new));
        streams.key_value_store::<String, String>("rows").within(scope)
    };
    let keys = |partitions: &[u32]| {
        let page = of(partitions).page(KeyRange::all(), None, Direction::Forward, 9).wait(LIMIT)?;
        Ok::<_, QueryError>(page.value.into_iter().map(|row| row.key).collect::<Vec<_>>())
    };
    eventually("all is processed", || keys(&[0, 1, 2, 3]).unwrap().len() == 4);
    assert_eq!(keys(&[3, 1]).unwrap(), ["k1", "k3"]);
    assert!(of(&[3]).get("k3".to_owned()).wait(LIMIT).unwrap().is_some());
    assert!(of(&[0, 2]).get("k3".to_owned()).wait(LIMIT).unwrap().is_none());
    assert_eq!(
        keys(&[1, 4]).unwrap_err().to_string(),
        "partition 4 of store `rows` is not in this instance now; query another \
         instance, or query again after the rebalance"
    );
}

#[test]
fn any_query_can_be_run() {
    let (_log, streams) = counted();
    let sizes = streams.query("counts", |store: &mut KeyValueStore<String, i64>| Ok(store.len()));
    let sizes = sizes.wait(LIMIT).unwrap();
    assert!(sizes.is_complete());
    let sizes = sizes.value;
    assert_eq!((sizes.len(), sizes.into_iter().sum::<usize>()), (4, 100));
}

#[test]
fn a_query_without_a_result_says_why() {
    let (_log, streams) = counted();
    let error = streams.key_value_store::<String, i64>("cuonts").get("w1".to_owned()).wait(LIMIT).unwrap_err();
    assert_eq!(error.to_string(), "the topology has no store `cuonts`; its stores are `counts`");
    let error = streams.key_value_store::<String, String>("counts").get("w1".to_owned()).wait(LIMIT).unwrap_err();
    assert!(matches!(error, QueryError::Store(StoreError::WrongType { .. })), "{error}");
    assert!(!error.to_string().contains("::"), "types are named without their modules: {error}");
    let clumsy = streams.query("counts", |_: &mut KeyValueStore<String, i64>| -> Result<(), _> { panic!("oops") });
    assert!(matches!(clumsy.wait(LIMIT), Err(QueryError::Panicked { message }) if message == "oops"));
    let counts = streams.key_value_store::<String, i64>("counts");
    assert_eq!(counts.get("w1".to_owned()).wait(LIMIT).unwrap().unwrap().value, 10, "the threads continue");
    streams.close_blocking(LIMIT).unwrap();
    let error = streams.key_value_store::<String, i64>("counts").get("w1".to_owned()).wait(LIMIT).unwrap_err();
    assert_eq!(error.to_string(), "the application is closed; ask while it is running");
}

fn windowed() -> Topology {
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words").select_key(|_, word| word.clone());
    let windows = TimeWindows::of_size_and_grace(Duration::from_millis(500), Duration::from_secs(60));
    words.group_by_key().windowed_by(windows).count("per-window");
    builder.build().unwrap()
}

#[test]
fn windows_are_found_by_key_and_time() {
    let log = log();
    let streams = run(windowed(), config("app"), &log);
    feed_words(&log, 1000);
    let counts = streams.window_store::<String, i64>("per-window");
    let start = Timestamp::from_millis(500);
    eventually("the second window is counted", || {
        let count = counts.get("w7".to_owned(), start).wait(LIMIT).unwrap();
        count.is_some_and(|count| count.value == 5)
    });
    let windows = counts.fetch("w7".to_owned(), Timestamp::from_millis(0), start).wait(LIMIT).unwrap();
    assert_eq!(windows.iter().map(|row| row.value).collect::<Vec<_>>(), [5, 5]);
    eventually("all windows are there", || {
        let all = counts.page(WindowRange::all(), None, Direction::Forward, 1000).wait(LIMIT).unwrap().value;
        all.len() == 200 && all.iter().all(|row| row.value == 5)
    });
}

/// Two instances with half of the partitions each, and the words counted.
fn shared_by_two(topology: impl Fn() -> Topology) -> (InProcessLog, [StreamsHandle; 2]) {
    let log = log();
    let instances = [run(topology(), config("app"), &log), run(topology(), config("app"), &log)];
    let open = |streams: &StreamsHandle| streams.metrics().tasks.iter().filter(|task| task.open).count();
    eventually("both have their share", || {
        instances.iter().all(|streams| open(streams) == 4 && streams.state() == State::Running)
    });
    feed_words(&log, 1000);
    (log, instances)
}

#[test]
fn a_page_says_which_partitions_it_covers() {
    let (log, [first, second]) = shared_by_two(counting);
    eventually("all is counted", || total(&log) == 1000);
    let [one, other] = [&first, &second].map(|streams| {
        let counts = streams.key_value_store::<String, i64>("counts");
        counts.page(KeyRange::all(), None, Direction::Forward, 1000).wait(LIMIT).unwrap()
    });
    assert_eq!((one.partition_count, one.partitions.len(), one.is_complete()), (PARTITIONS, 2, false));
    assert_eq!(one.missing().collect::<Vec<_>>(), other.partitions);
    assert_eq!(one.value.len() + other.value.len(), 100);
}

#[test]
fn a_window_of_a_key_in_another_instance_is_an_error_and_not_empty() {
    let (_log, instances) = shared_by_two(windowed);
    let (from, to) = (Timestamp::from_millis(0), Timestamp::from_millis(500));
    let stores = || instances.iter().map(|streams| streams.window_store::<String, i64>("per-window"));
    for word in (0..100).map(|number| format!("w{number}")) {
        eventually("it is counted in one of the instances", || {
            stores().any(|counts| counts.get(word.clone(), to).wait(LIMIT).is_ok_and(|count| count.is_some()))
        });
        let known = stores().filter(|counts| match counts.fetch(word.clone(), from, to).wait(LIMIT) {
            Ok(windows) => !windows.is_empty(),
            Err(QueryError::NotHere { partition, .. }) => partition.is_none(),
            Err(error) => panic!("{error}"),
        });
        assert_eq!(known.count(), 1, "{word} is in one instance, and an error in the other one");
    }
}

#[test]
fn a_partitioner_decides_the_partition_of_a_key() {
    let (log, [first, second]) = shared_by_two(counting);
    eventually("all is counted", || total(&log) == 1000);
    let here = first.query("counts", |_: &mut KeyValueStore<String, i64>| Ok(())).wait(LIMIT).unwrap();
    let there = here.missing().next().unwrap();
    for streams in [&first, &second] {
        let counts = streams.key_value_store::<String, i64>("counts").partitioned_by(move |_, _| there);
        match counts.get("never seen".to_owned()).wait(LIMIT) {
            Ok(None) => assert_eq!(streams.client_id(), second.client_id()),
            Err(QueryError::NotHere { partition, .. }) => {
                assert_eq!((streams.client_id(), partition), (first.client_id(), Some(there)));
            }
            other => panic!("{other:?}"),
        }
        let default = streams.key_value_store::<String, i64>("counts").get("never seen".to_owned()).wait(LIMIT);
        assert!(matches!(default, Ok(None) | Err(QueryError::NotHere { .. })), "{default:?}");
    }
}

/// A partitioner that panicked failed the stream thread that combined the results.
#[test]
fn a_partitioner_that_panics_fails_its_query_and_nothing_else() {
    let (_log, streams) = counted();
    let counts = streams.key_value_store::<String, i64>("counts").partitioned_by(|key, _| panic!("where is {key}?"));
    let result = counts.get("w1".to_owned()).wait(LIMIT);
    assert!(matches!(&result, Err(QueryError::Panicked { message }) if message == "where is w1?"), "{result:?}");
    let counts = streams.key_value_store::<String, i64>("counts");
    assert!(counts.get("w1".to_owned()).wait(LIMIT).unwrap().is_some());
    assert_eq!((streams.state(), streams.failure()), (State::Running, None));
}
