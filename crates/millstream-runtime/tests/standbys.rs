//! Instances with standbys and warm-ups: who has a copy of what, who takes over, and how much is restored.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use millstream_observe::events::{EventKind, State};
use millstream_runtime::{QueryError, Streams, StreamsConfig, StreamsHandle};
use support::{EventRecorder, LIMIT, config, counting, counts, eventually, feed_words, log, total};

/// An instance of the application `app`, with what it tells.
struct Instance {
    streams: StreamsHandle,
    told: EventRecorder,
}

impl Instance {
    fn start(name: &str, standbys: u32, log: &millstream_log::InProcessLog) -> Self {
        let told = EventRecorder::default();
        let config = StreamsConfig {
            client_id: Some(name.to_owned()),
            application_server: Some(format!("{name}:80")),
            standby_replicas: standbys,
            ..config("app")
        };
        let streams = Streams::new(counting(), config).with_log(log.clone()).with_listener(told.listener());
        let streams = streams.start().unwrap();
        assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
        Self { streams, told }
    }

    /// How many tasks it processes.
    fn active(&self) -> usize {
        self.streams.metrics().tasks.iter().filter(|task| task.open).count()
    }

    /// How many standbys have begun and not ended here.
    fn standbys(&self) -> usize {
        self.told.messages("standby_started").len() - self.told.messages("standby_suspended").len()
    }

    /// How many records its standbys had to read when they began.
    fn restored_by_standbys(&self) -> i64 {
        let mut restored = 0;
        self.told.each(|kind| {
            if let EventKind::StandbyStarted { from_offset, to_offset, .. } = kind {
                restored += to_offset.number() - from_offset.number();
            }
        });
        restored
    }

    /// How many standbys have become active here.
    fn promoted(&self) -> usize {
        let ended = self.told.messages("standby_suspended");
        ended.iter().filter(|message| message.contains("becomes active here")).count()
    }

    /// How many records were restored for active tasks.
    fn restored(&self) -> u64 {
        let mut restored = 0;
        self.told.each(|kind| {
            if let EventKind::RestoreEnded { records, .. } = kind {
                restored += records;
            }
        });
        restored
    }

    fn close(self) {
        self.streams.close_blocking(LIMIT).unwrap();
    }
}

/// How many partitions of the store each instance has active, and how many as standbys, as `instance` knows it.
fn owners(instance: &Instance) -> (BTreeMap<String, usize>, BTreeMap<String, usize>) {
    let (mut active, mut standbys) = (BTreeMap::new(), BTreeMap::new());
    for partition in instance.streams.metadata_for_store("counts").unwrap() {
        partition.active.into_iter().for_each(|server| *active.entry(server).or_default() += 1);
        partition.standbys.into_iter().for_each(|server| *standbys.entry(server).or_default() += 1);
    }
    (active, standbys)
}

fn each(servers: [&str; 2], count: usize) -> BTreeMap<String, usize> {
    servers.map(|server| (format!("{server}:80"), count)).into()
}

#[test]
fn a_task_goes_on_where_its_standby_is() {
    let log = log();
    let first = Instance::start("first", 1, &log);
    feed_words(&log, 1000);
    eventually("all is counted", || total(&log) == 1000);
    let second = Instance::start("second", 1, &log);
    eventually("each has half of the tasks, and standbys of the others'", || {
        let halves = each(["first", "second"], 2);
        owners(&first) == (halves.clone(), halves.clone()) && owners(&second) == (halves.clone(), halves)
    });
    eventually("the standbys have begun", || first.standbys() == 2 && second.standbys() == 2);
    assert_eq!(first.restored_by_standbys(), 0, "what it has given away it keeps");
    feed_words(&log, 1000);
    eventually("all is counted", || total(&log) == 2000);
    for number in 0..100 {
        let key = format!("w{number}");
        let place = first.streams.metadata_for_key("counts", &key).unwrap();
        let (owner, other) =
            if place.active.as_deref() == Some("first:80") { (&first, &second) } else { (&second, &first) };
        let get = |instance: &Instance| {
            let counts = instance.streams.key_value_store::<String, i64>("counts");
            counts.get(key.clone()).wait(LIMIT).map(|row| row.map(|row| row.value))
        };
        assert_eq!(get(owner).unwrap(), Some(20), "{key} is where it is said to be");
        let elsewhere = get(other);
        assert!(matches!(elsewhere, Err(QueryError::OnlyStandby { .. })), "{elsewhere:?}");
    }
    assert_eq!(first.streams.application_servers(), ["first:80", "second:80"]);
    let (promoted, restored) = (second.promoted(), second.restored());
    first.close();
    eventually("the second goes on from its standbys", || second.active() == 8);
    assert_eq!(second.promoted(), promoted + 2);
    assert!(second.restored() - restored < 100, "{} of 2 stores were restored", second.restored() - restored);
    feed_words(&log, 1000);
    eventually("nothing is lost", || counts(&log).values().all(|count| *count == 30));
    assert_eq!(second.standbys(), 0);
    second.close();
}

#[test]
fn without_standbys_a_new_instance_warms_up_before_tasks_move_there() {
    let log = log();
    let first = Instance::start("first", 0, &log);
    feed_words(&log, 1000);
    eventually("all is counted", || total(&log) == 1000);
    let second = Instance::start("second", 0, &log);
    eventually("each has half of the tasks", || first.active() == 4 && second.active() == 4);
    eventually("and knows where they are", || owners(&first).0 == each(["first", "second"], 2));
    assert_eq!(second.promoted(), 2, "{:?}", second.told.messages("standby_suspended"));
    let moves = first.told.messages("group_assigned").join("\n");
    assert!(moves.contains("warming up") && moves.contains("to second:80"), "{moves}");
    feed_words(&log, 1000);
    eventually("counting goes on", || total(&log) == 2000);
    assert_eq!(owners(&first).1, BTreeMap::new());
    first.close();
    second.close();
}
