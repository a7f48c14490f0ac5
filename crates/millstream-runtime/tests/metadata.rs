//! What an application tells of its threads, its tasks and its stores.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use millstream_core::{JoinWindows, StreamsBuilder};
use millstream_log::InProcessLog;
use millstream_observe::events::State;
use millstream_runtime::{Streams, StreamsConfig, StreamsHandle, TaskMetadata};
use millstream_types::{Offset, Partition, RecordBytes, TaskId, Timestamp, TopicPartition};
use support::{LIMIT, PARTITIONS, config, counting, eventually, feed_words, log, pause, run, total};

fn tasks(streams: &StreamsHandle) -> Vec<TaskMetadata> {
    streams.threads().into_iter().flat_map(|thread| thread.active_tasks).collect()
}

#[test]
fn threads_have_names_states_clients_and_tasks() {
    let log = log();
    let settings = StreamsConfig { threads: 2, client_id: Some("app-1".to_owned()), ..config("app") };
    let streams = run(counting(), settings, &log);
    feed_words(&log, 400);
    eventually("400 are counted", || total(&log) == 400);
    eventually("all tasks are shown", || tasks(&streams).len() == 2 * PARTITIONS as usize);
    let threads = streams.threads();
    assert_eq!(threads.len(), 2);
    for (thread, name) in threads.iter().zip(["app-1-StreamThread-1", "app-1-StreamThread-2"]) {
        assert_eq!((&*thread.thread_name, thread.thread_state), (name, State::Running));
        assert_eq!((&*thread.consumer_client_id, &*thread.producer_client_id), (name, name));
        assert_eq!(thread.restore_consumer_client_id, format!("{name}-restore"));
        assert_eq!(thread.active_tasks.len(), 4);
        assert_eq!(thread.standby_tasks, []);
    }
    let ids: BTreeSet<TaskId> = tasks(&streams).iter().map(|task| task.task_id).collect();
    assert_eq!(ids.len(), 2 * PARTITIONS as usize, "each task is in one thread");

    let removed = streams.remove_thread().wait(LIMIT).unwrap();
    eventually("the other thread has all tasks", || {
        let threads = streams.threads();
        threads.len() == 1 && *threads[0].thread_name != *removed && threads[0].active_tasks.len() == 8
    });
    streams.close_blocking(LIMIT).unwrap();
    assert_eq!(streams.threads(), []);
}

#[test]
fn tasks_have_partitions_and_their_offsets() {
    let log = log();
    let streams = run(counting(), config("app"), &log);
    let first = TopicPartition::new("words", 0);
    let of_first = || tasks(&streams).into_iter().find(|task| task.topic_partitions.contains(&first));
    eventually("the task is shown", || of_first().is_some());
    let task = of_first().unwrap();
    assert_eq!((task.topic_partitions.len(), task.committed_offsets.len()), (1, 0));
    feed_words(&log, 400);
    let all = Some(&Offset::new(100));
    eventually("its offsets are shown", || {
        of_first().is_some_and(|task| task.committed_offsets.get(&first) == all && task.end_offsets.get(&first) == all)
    });
    streams.close_blocking(LIMIT).unwrap();
}

/// The task has records of one topic, and may not process them before those of the other.
#[test]
fn a_task_that_waits_for_another_partition_idles() {
    let log = InProcessLog::new();
    ["left", "right", "out"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    let builder = StreamsBuilder::new();
    let (left, right) = (builder.stream::<String, String>("left"), builder.stream::<String, String>("right"));
    let windows = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(1));
    left.join_stream(right.within(windows), |_, left, right| format!("{left}{right}")).to("out");
    let settings = StreamsConfig { max_task_idle: Some(LIMIT), ..config("app") };
    let streams = run(builder.build().unwrap(), settings, &log);
    let append = |topic: &str, time_ms| {
        let bytes = RecordBytes::new(Timestamp::from_millis(time_ms), Some(b"k"), Some(b"v"));
        log.append(&TopicPartition::new(topic, 0), &bytes).unwrap();
    };
    append("left", 1);
    let idling_since = || tasks(&streams).into_iter().find_map(|task| task.time_current_idling_started);
    eventually("it idles", || idling_since().is_some());
    pause(Duration::from_millis(1_500));
    let since = idling_since().unwrap();
    pause(Duration::from_millis(1_500));
    let later = idling_since().unwrap();
    assert!((since.as_millis() - later.as_millis()).abs() < 500, "it idles since the same time");
    append("right", 2);
    append("left", 3);
    eventually("it has joined the first two", || !log.records("out").unwrap().is_empty());
    eventually("and idles anew", || idling_since().is_some_and(|anew| anew > later + Duration::from_secs(1)));
    streams.close_blocking(LIMIT).unwrap();
}

#[test]
fn stores_have_their_lag() {
    let log = log();
    let streams = run(counting(), config("app"), &log);
    feed_words(&log, 400);
    eventually("400 are counted", || total(&log) == 400);
    let ends = || {
        let lags = streams.all_local_store_partition_lags();
        let partitions = lags.get("counts").into_iter().flatten();
        partitions.map(|(partition, lag)| (*partition, lag.end_offset_position)).collect::<Vec<_>>()
    };
    let written = || -> Vec<(Partition, Offset)> {
        let offset = |number| log.offset_range(&TopicPartition::new("app-counts-changelog", number)).unwrap().1;
        (0..PARTITIONS).map(|number| (Partition::new(number), offset(number))).collect()
    };
    eventually("the ends of all partitions are known", || ends() == written());
    for lag in streams.all_local_store_partition_lags()["counts"].values() {
        assert_eq!((lag.current_offset_position, lag.offset_lag), (lag.end_offset_position, 0));
    }
    streams.close_blocking(LIMIT).unwrap();
    assert!(streams.all_local_store_partition_lags().is_empty());

    log.faults().make_unavailable("app-counts-changelog");
    let streams = Streams::new(counting(), config("app")).with_log(log.clone()).start().unwrap();
    let lag = |lags: &StreamsHandle| -> u64 {
        let lags = lags.all_local_store_partition_lags();
        lags.values().flat_map(|store| store.values()).map(|lag| lag.offset_lag).sum()
    };
    let all = log.records("app-counts-changelog").unwrap().len() as u64;
    eventually("all is to be restored", || lag(&streams) == all);
    log.faults().make_available("app-counts-changelog");
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    eventually("all is restored", || lag(&streams) == 0);
    streams.close_blocking(LIMIT).unwrap();
}
