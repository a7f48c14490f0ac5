//! Counting, publishing, and the `metrics` facade.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use millstream_types::{MonotonicTime, Offset, TaskId, TopicPartition};
use serde_json::json;

use super::*;
use crate::events::SkipReason;

const TASK: TaskId = TaskId::new(1, 2);

fn plan() -> TaskPlan {
    TaskPlan {
        nodes: vec!["source".into(), "sink".into()],
        partitions: vec![TopicPartition::new("lines", 2)],
        stores: vec!["counts".into()],
    }
}

/// The metrics exported since the last call, by name and labels.
fn exported(snapshotter: &Snapshotter) -> BTreeMap<String, DebugValue> {
    let metrics = snapshotter.snapshot().into_vec().into_iter();
    let named = metrics.map(|(key, _, _, value)| {
        let labels = key.key().labels().map(|label| format!("{}={}", label.key(), label.value()));
        (format!("{} {}", key.key().name(), labels.collect::<Vec<_>>().join(",")), value)
    });
    named.collect()
}

/// Counts something for every metric.
fn count_all(recorder: &mut TaskRecorder) {
    recorder.node(0).count_in(3, 300);
    recorder.node_named("sink").expect("in the plan").count_out(2, 50);
    recorder.node(1).count_dropped(SkipReason::NullKey);
    recorder.partition(0).at(Offset::new(10), Offset::new(15));
    let store = recorder.store(0);
    (store.entries, store.restored, store.restore_remaining, store.standby_lag) = (7, 40, 2, 9);
    store.changelog = Some(ChangelogMetrics { position: Offset::new(40), end_offset: Offset::new(42) });
    recorder.count_commit(Duration::from_millis(30));
    recorder.count_commit(Duration::from_millis(10));
}

#[test]
fn a_snapshot_shows_what_was_published() {
    let registry = MetricsRegistry::new("app");
    let mut recorder = registry.task(TASK, plan());
    count_all(&mut recorder);
    assert_eq!(registry.snapshot().records_in(), 0, "not published yet");
    recorder.publish();
    let snapshot = registry.snapshot();
    assert_eq!((snapshot.records_in(), snapshot.lag()), (3, 5));
    assert_eq!((snapshot.dropped(SkipReason::NullKey), snapshot.dropped_total()), (1, 1));
    let dropped = json!({});
    assert_eq!(
        serde_json::to_value(&snapshot).unwrap(),
        json!({"application": "app", "tasks": [{
            "task": "1_2",
            "open": true,
            "standby": false,
            "nodes": [
                {"node": "source", "records_in": 3, "bytes_in": 300, "records_out": 0, "bytes_out": 0, "dropped": dropped},
                {"node": "sink", "records_in": 0, "bytes_in": 0, "records_out": 2, "bytes_out": 50, "dropped": {"null_key": 1}},
            ],
            "partitions": [{
                "partition": "lines-2",
                "exists": true,
                "position": 10,
                "committed_offset": null,
                "end_offset": 15,
                "lag": 5,
                "stalled": false,
            }],
            "stores": [{
                "store": "counts",
                "entries": 7,
                "restored": 40,
                "restore_remaining": 2,
                "standby_lag": 9,
                "changelog": {"position": 40, "end_offset": 42},
            }],
            "commits": {"count": 2, "total_ms": 40, "max_ms": 30},
        }]})
    );
}

#[test]
fn the_facade_gets_what_was_added_under_documented_names() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let mut task = MetricsRegistry::new("app").task(TASK, plan());
        count_all(&mut task);
        task.publish();
        let task_labels = "application=app,task=1_2";
        let gauge = |value: f64| DebugValue::Gauge(value.into());
        let expected = [
            (format!("millstream_records_in_total {task_labels},node=source"), DebugValue::Counter(3)),
            (format!("millstream_bytes_in_total {task_labels},node=source"), DebugValue::Counter(300)),
            (format!("millstream_records_out_total {task_labels},node=sink"), DebugValue::Counter(2)),
            (format!("millstream_bytes_out_total {task_labels},node=sink"), DebugValue::Counter(50)),
            (
                format!("millstream_records_dropped_total {task_labels},node=sink,reason=null_key"),
                DebugValue::Counter(1),
            ),
            (format!("millstream_lag_records {task_labels},topic=lines,partition=2"), gauge(5.0)),
            (format!("millstream_store_entries {task_labels},store=counts"), gauge(7.0)),
            (format!("millstream_restore_remaining_records {task_labels},store=counts"), gauge(2.0)),
            (format!("millstream_standby_lag_records {task_labels},store=counts"), gauge(9.0)),
            (format!("millstream_restored_records_total {task_labels},store=counts"), DebugValue::Counter(40)),
            (
                format!("millstream_commit_duration_seconds {task_labels}"),
                DebugValue::Histogram(vec![0.03.into(), 0.01.into()]),
            ),
        ];
        assert_eq!(exported(&snapshotter), BTreeMap::from(expected));

        task.node(0).count_in(4, 0);
        task.publish();
        let second = exported(&snapshotter);
        assert_eq!(second[&format!("millstream_records_in_total {task_labels},node=source")], DebugValue::Counter(4));
    });
}

#[test]
fn the_documentation_lists_every_metric() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats/metrics.md");
    let documentation = std::fs::read_to_string(path).unwrap();
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let mut task = MetricsRegistry::new("app").task(TASK, plan());
        count_all(&mut task);
        task.publish();
    });
    let metrics = snapshotter.snapshot().into_vec();
    assert_eq!(metrics.len(), 11);
    for (key, ..) in metrics {
        let row_start = format!("| `{}` |", key.key().name());
        let row = documentation.lines().find(|line| line.starts_with(&row_start)).expect(&row_start);
        for label in key.key().labels().filter(|label| !["application", "task"].contains(&label.key())) {
            assert!(row.contains(&format!("`{}`", label.key())), "{row_start} {}", label.key());
        }
    }
}

#[test]
fn publication_is_at_most_once_a_second() {
    let registry = MetricsRegistry::new("app");
    let mut recorder = registry.task(TASK, plan());
    let times = [0, 999, 1_000, 1_999, 2_500].map(|millis| MonotonicTime::START + Duration::from_millis(millis));
    let published = times.map(|now| {
        recorder.node(0).count_in(1, 1);
        let is_due = recorder.is_publication_due(now);
        if is_due {
            recorder.publish();
        }
        is_due
    });
    assert_eq!(published, [true, false, true, false, true]);
    assert_eq!(registry.snapshot().records_in(), 5);
}

#[test]
fn counts_of_a_task_that_returns_continue_and_a_closed_task_has_no_lag() {
    let registry = MetricsRegistry::new("app");
    let mut recorder = registry.task(TASK, plan());
    count_all(&mut recorder);
    drop(recorder);
    let closed = &registry.snapshot().tasks[0];
    assert!(!closed.open);
    assert_eq!((closed.nodes[0].records_in, closed.partitions[0].lag, closed.stores[0].entries), (3, 0, 0));

    let mut recorder = registry.task(TASK, plan());
    recorder.node(0).count_in(1, 1);
    recorder.publish();
    let snapshot = registry.snapshot();
    assert_eq!((snapshot.tasks.len(), snapshot.tasks[0].open, snapshot.records_in()), (1, true, 4));
}

#[test]
fn an_end_offset_that_decreases_gives_no_negative_lag() {
    let registry = MetricsRegistry::new("app");
    let mut recorder = registry.task(TASK, plan());
    recorder.partition(0).at(Offset::new(10), Offset::new(4));
    assert_eq!(recorder.current().partitions[0].lag, 0);
}

#[test]
fn a_task_of_another_plan_starts_at_zero() {
    let registry = MetricsRegistry::new("app");
    count_all(&mut registry.task(TASK, plan()));
    let recorder = registry.task(TASK, TaskPlan { nodes: vec!["other".into()], ..plan() });
    let nodes = &recorder.current().nodes;
    assert_eq!((nodes.len(), &*nodes[0].node, nodes[0].records_in), (1, "other", 0));
}

#[test]
fn prometheus_gets_the_same_metrics_in_its_format() {
    let registry = MetricsRegistry::new("a\"b");
    let mut recorder = registry.task(TASK, plan());
    count_all(&mut recorder);
    recorder.publish();
    let expected = r#"# TYPE millstream_records_in_total counter
millstream_records_in_total{application="a\"b",task="1_2",node="source"} 3
# TYPE millstream_bytes_in_total counter
millstream_bytes_in_total{application="a\"b",task="1_2",node="source"} 300
# TYPE millstream_records_out_total counter
millstream_records_out_total{application="a\"b",task="1_2",node="sink"} 2
# TYPE millstream_bytes_out_total counter
millstream_bytes_out_total{application="a\"b",task="1_2",node="sink"} 50
# TYPE millstream_records_dropped_total counter
millstream_records_dropped_total{application="a\"b",task="1_2",node="sink",reason="null_key"} 1
# TYPE millstream_lag_records gauge
millstream_lag_records{application="a\"b",task="1_2",topic="lines",partition="2"} 5
# TYPE millstream_store_entries gauge
millstream_store_entries{application="a\"b",task="1_2",store="counts"} 7
# TYPE millstream_restored_records_total counter
millstream_restored_records_total{application="a\"b",task="1_2",store="counts"} 40
# TYPE millstream_restore_remaining_records gauge
millstream_restore_remaining_records{application="a\"b",task="1_2",store="counts"} 2
# TYPE millstream_standby_lag_records gauge
millstream_standby_lag_records{application="a\"b",task="1_2",store="counts"} 9
# TYPE millstream_commit_duration_seconds summary
millstream_commit_duration_seconds_sum{application="a\"b",task="1_2"} 0.04
millstream_commit_duration_seconds_count{application="a\"b",task="1_2"} 2
"#;
    assert_eq!(registry.snapshot().to_prometheus(), expected);
}

/// Each metric of the facade has a line with the same name and labels.
#[test]
fn prometheus_and_the_facade_agree_on_names_and_labels() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let registry = MetricsRegistry::new("app");
    metrics::with_local_recorder(&recorder, || {
        let mut recorder = registry.task(TASK, plan());
        count_all(&mut recorder);
        recorder.publish();
        let text = registry.snapshot().to_prometheus();
        let names = exported(&snapshotter).into_keys().collect::<Vec<_>>();
        assert_eq!(names.len(), 11, "{names:?}");
        for name in names {
            let (name, labels) = name.split_once(' ').unwrap();
            let labels =
                labels.split(',').map(|label| label.replacen('=', "=\"", 1) + "\"").collect::<Vec<_>>().join(",");
            let suffix = if name.ends_with("_seconds") { "_sum" } else { "" };
            assert!(text.contains(&format!("\n{name}{suffix}{{{labels}}} ")), "{name} {labels}: {text}");
        }
    });
}

/// The gauges of health are the same in the facade, for Prometheus and in the documentation.
#[test]
fn health_has_the_same_gauges_everywhere() {
    use std::sync::Arc;

    use crate::events::{EventKind, EventSettings, EventSink, State};
    use crate::{ManualClock, Observer};

    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let (text, exported) = metrics::with_local_recorder(&recorder, || {
        let settings = EventSettings { lines: false, ..EventSettings::default() };
        let clock = ManualClock::starting_at(millstream_types::Timestamp::from_millis(0));
        let events = EventSink::to_stdout("app", &settings, Arc::new(clock));
        let observer = Observer::new(&events, MetricsRegistry::new("app"));
        events.emit(EventKind::ApplicationState { from: State::Rebalancing, to: State::Running });
        events.emit(EventKind::ApplicationPaused);
        for (thread, to) in [("a", State::Running), ("b", State::Running), ("c", State::Rebalancing)] {
            events.for_thread(thread).emit(EventKind::ThreadState { from: State::Created, to });
        }
        let outage = EventKind::LogUnavailable { reason: "no broker".to_owned(), lasting: Duration::ZERO };
        events.for_thread("a").emit(outage);
        (observer.metrics().to_prometheus(), exported(&snapshotter))
    });
    for line in [
        "# TYPE millstream_application_state gauge",
        "millstream_application_state{application=\"app\",state=\"running\"} 1",
        "millstream_application_state{application=\"app\",state=\"rebalancing\"} 0",
        "millstream_application_paused{application=\"app\"} 1",
        "# TYPE millstream_log_available gauge",
        "millstream_log_available{application=\"app\"} 0",
        "# TYPE millstream_threads gauge",
        "millstream_threads{application=\"app\",state=\"running\"} 2",
        "millstream_threads{application=\"app\",state=\"rebalancing\"} 1",
        "millstream_threads{application=\"app\",state=\"error\"} 0",
    ] {
        assert_eq!(text.lines().filter(|found| *found == line).count(), 1, "{line}\n{text}");
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats/metrics.md");
    let documentation = std::fs::read_to_string(path).unwrap();
    assert_eq!(exported.len(), 2 * State::ALL.len() + 2);
    for (name, value) in exported {
        let DebugValue::Gauge(value) = value else { panic!("{name} is no gauge") };
        let (name, labels) = name.split_once(' ').unwrap();
        let labels = labels.split(',').map(|label| label.replacen('=', "=\"", 1) + "\"").collect::<Vec<_>>().join(",");
        assert!(text.contains(&format!("\n{name}{{{labels}}} {value}\n")) || text.starts_with(name), "{name} {labels}");
        assert!(documentation.contains(&format!("| `{name}` |")), "{name}");
    }
}
