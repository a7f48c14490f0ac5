//! Groups whose members differ: in whether they bring an assignor along, as those of an earlier version do not, and in their settings.

#![allow(clippy::unwrap_used)]

mod support;

use millstream_log::{
    Administration, Fetching, GroupConfig, GroupConsumer, InProcessLog, Log, LogError, Producing, Signal,
};
use millstream_observe::events::State;
use millstream_runtime::{Streams, StreamsConfig, StreamsHandle};
use support::{EventRecorder, LIMIT, config, counting, counts, eventually, feed_words, log, total};

/// A log whose groups take no assignors.
struct WithoutAssignors(InProcessLog);

impl Log for WithoutAssignors {
    fn takes_assignors(&self) -> bool {
        false
    }

    fn consumer(&self, config: &GroupConfig, signal: &Signal) -> Result<Box<dyn GroupConsumer>, LogError> {
        self.0.consumer(config, signal)
    }

    fn fetcher(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Fetching>, LogError> {
        self.0.fetcher(client_id, signal)
    }

    fn producer(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Producing>, LogError> {
        self.0.producer(client_id, signal)
    }

    fn admin(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Administration>, LogError> {
        self.0.admin(client_id, signal)
    }
}

/// Whether an instance brings an assignor along, and then how many standbys it asks for.
#[derive(Clone, Copy)]
enum Kind {
    Without,
    With { standbys: u32 },
}

struct Instance {
    streams: StreamsHandle,
    told: EventRecorder,
}

impl Instance {
    fn start(name: &str, kind: Kind, log: &InProcessLog) -> Self {
        let told = EventRecorder::default();
        let mut config = StreamsConfig { client_id: Some(name.to_owned()), ..config("app") };
        if let Kind::With { standbys } = kind {
            (config.standby_replicas, config.application_server) = (standbys, Some(format!("{name}:80")));
        }
        let streams = Streams::new(counting(), config).with_listener(told.listener());
        let streams = match kind {
            Kind::Without => streams.with_log(WithoutAssignors(log.clone())),
            Kind::With { .. } => streams.with_log(log.clone()),
        };
        let streams = streams.start().unwrap();
        assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
        Self { streams, told }
    }

    fn active(&self) -> usize {
        self.streams.threads().iter().map(|thread| thread.active_tasks.len()).sum()
    }

    fn standbys(&self) -> usize {
        self.streams.threads().iter().map(|thread| thread.standby_tasks.len()).sum()
    }

    /// How many servers it knows where a partition of the store is active.
    fn known(&self) -> usize {
        let partitions = self.streams.metadata_for_store("counts").unwrap();
        partitions.iter().filter(|partition| partition.active.is_some()).count()
    }

    fn has_assigned(&self) -> bool {
        !self.told.messages("group_assigned").is_empty()
    }

    fn close(self) {
        self.streams.close_blocking(LIMIT).unwrap();
    }
}

/// Feeds, and waits until all is counted that ever was fed.
fn count_more(log: &InProcessLog, fed: &mut i64) {
    feed_words(log, 1_000);
    *fed += 1_000;
    eventually("all is counted", || total(log) == *fed);
}

#[test]
fn members_with_an_assignor_and_without_one_replace_each_other() {
    let (log, mut fed) = (log(), 0);
    let with = Kind::With { standbys: 1 };
    let [a, b] = ["a", "b"].map(|name| Instance::start(name, Kind::Without, &log));
    eventually("both have tasks", || a.active() == 4 && b.active() == 4);
    count_more(&log, &mut fed);

    feed_words(&log, 1_000);
    a.close();
    let a = Instance::start("a", with, &log);
    fed += 1_000;
    count_more(&log, &mut fed);
    eventually("both have tasks", || a.active() > 0 && a.active() + b.active() == 8);
    assert_eq!((a.has_assigned(), a.standbys(), a.known()), (false, 0, 0), "the group uses `cooperative-sticky`");

    feed_words(&log, 1_000);
    b.close();
    let b = Instance::start("b", with, &log);
    fed += 1_000;
    eventually("each has the standbys of the other one", || a.standbys() == 2 && b.standbys() == 2);
    eventually("both know where the store is", || a.known() == 4 && b.known() == 4);
    assert!(a.has_assigned());
    count_more(&log, &mut fed);

    feed_words(&log, 1_000);
    b.close();
    let b = Instance::start("b", Kind::Without, &log);
    fed += 1_000;
    eventually("standbys end", || a.standbys() == 0 && a.known() == 0);
    eventually("active tasks go on", || a.active() > 0 && a.active() + b.active() == 8);
    count_more(&log, &mut fed);
    assert!(counts(&log).values().all(|count| *count == fed / 100), "nothing is lost or counted twice");
    a.close();
    b.close();
}

/// The settings of the leader count, and the others do no harm.
#[test]
fn the_leader_says_how_many_standbys_there_are() {
    let (log, mut fed) = (log(), 0);
    let first = Instance::start("first", Kind::With { standbys: 0 }, &log);
    count_more(&log, &mut fed);
    let second = Instance::start("second", Kind::With { standbys: 1 }, &log);
    eventually("both have tasks", || first.active() == 4 && second.active() == 4);
    count_more(&log, &mut fed);
    assert_eq!((first.standbys(), second.standbys()), (0, 0));
    let third = Instance::start("third", Kind::With { standbys: 0 }, &log);
    first.close();
    eventually("the second one leads", || second.standbys() + third.standbys() == 4);
    count_more(&log, &mut fed);
    second.close();
    third.close();
}

/// They would have no effect, and be missed only when an instance is lost.
#[test]
fn what_needs_an_assignor_is_refused_by_name_where_there_is_none() {
    let server = |config: &mut StreamsConfig| config.application_server = Some("here:80".into());
    let tags = |config: &mut StreamsConfig| {
        config.client_tags = [("zone".to_owned(), "a".to_owned())].into();
        config.rack_aware_assignment_tags = vec!["zone".into()];
    };
    let cases: [(&str, &dyn Fn(&mut StreamsConfig)); 3] = [
        ("standby_replicas", &|config| config.standby_replicas = 1),
        ("application_server", &server),
        ("rack_aware_assignment_tags", &tags),
    ];
    for (setting, set) in cases {
        let mut config = config("app");
        set(&mut config);
        let refused = Streams::new(counting(), config.clone()).with_log(WithoutAssignors(log())).start();
        let refused = refused.err().unwrap().to_string();
        let expected = "is set, and needs an assignor of Millstream, which groups of this log do not take; use `KafkaLog`, or leave it out";
        assert!(refused.contains(&format!("setting `{setting}` {expected}")), "{refused}");
        Streams::new(counting(), config).with_log(log()).start().unwrap().close_blocking(LIMIT).unwrap();
    }
}

/// These say how, and not that, so they are no mistake where there is nothing to do.
#[test]
fn what_only_tunes_the_assignment_is_ignored_where_there_is_no_assignor() {
    let config = StreamsConfig {
        rack: Some("a".into()),
        client_tags: [("zone".to_owned(), "a".to_owned())].into(),
        max_warmup_replicas: 4,
        acceptable_recovery_lag: 0,
        probing_rebalance_interval: LIMIT,
        ..config("app")
    };
    let log = log();
    let streams = Streams::new(counting(), config).with_log(WithoutAssignors(log.clone())).start().unwrap();
    let mut fed = 0;
    count_more(&log, &mut fed);
    streams.close_blocking(LIMIT).unwrap();
}
