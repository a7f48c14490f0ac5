//! Instances that are replaced one after another by ones with another topology, under load.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use millstream_core::{StreamsBuilder, Topology};
use millstream_log::InProcessLog;
use millstream_observe::events::State;
use millstream_runtime::{Streams, StreamsConfig, StreamsHandle};
use millstream_types::{RecordBytes, Timestamp, TopicPartition};
use support::disk::Disk;
use support::{EventRecorder, LIMIT, config, eventually, pause};

/// How many keys there are in each topic.
const KEYS: usize = 20;
const PARTITIONS: u32 = 4;

/// What counts the records of a topic: all of them, or those that do not begin with `-`.
#[derive(Clone, Copy)]
enum Part {
    All(&'static str),
    Filtered(&'static str),
}

use Part::{All, Filtered};

/// A sub-topology for each topic, in this order, which counts the records by key in the store `<topic>-counts`, into the topic
/// `<topic>-out`.
fn topology(parts: &[Part]) -> Topology {
    let builder = StreamsBuilder::new();
    for part in parts {
        let (All(topic) | Filtered(topic)) = *part;
        let records = builder.stream::<String, String>(topic);
        let records = match part {
            All(_) => records,
            Filtered(_) => records.filter(|_, value| !value.starts_with('-')),
        };
        let counts = records.group_by_key().count(format!("{topic}-counts").as_str());
        counts.to_stream().to(format!("{topic}-out").as_str());
    }
    builder.build().unwrap()
}

fn new_log() -> InProcessLog {
    let log = InProcessLog::new();
    for topic in ["added", "lines", "words"] {
        log.create_topic(topic, PARTITIONS).unwrap();
        log.create_topic(&*format!("{topic}-out"), PARTITIONS).unwrap();
    }
    log
}

/// The last count of each key of a topic.
fn counts(log: &InProcessLog, topic: &str) -> BTreeMap<String, i64> {
    let records = log.records(&format!("{topic}-out")).unwrap().into_iter();
    let count = |value: Vec<u8>| i64::from_be_bytes(value.try_into().unwrap());
    records.map(|it| (String::from_utf8(it.key.unwrap()).unwrap(), count(it.value.unwrap()))).collect()
}

/// Appends a record of each key to each topic.
fn feed(log: &InProcessLog) {
    for topic in ["added", "lines", "words"] {
        for key in 0..KEYS {
            let partition = TopicPartition::new(topic, key as u32 % PARTITIONS);
            let key = format!("key{key}");
            let bytes = RecordBytes::new(Timestamp::from_millis(0), Some(key.as_bytes()), Some(b"x"));
            log.append(&partition, &bytes).unwrap();
        }
    }
}

/// Appends records until it is stopped.
struct Load {
    rounds: Arc<AtomicUsize>,
    stops: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<()>,
}

impl Load {
    #[expect(clippy::disallowed_methods, reason = "a test feeds while instances are replaced")]
    fn on(log: &InProcessLog) -> Self {
        let (rounds, stops) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (log, fed, stopped) = (log.clone(), Arc::clone(&rounds), Arc::clone(&stops));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                feed(&log);
                fed.fetch_add(1, Ordering::Relaxed);
                pause(std::time::Duration::from_millis(5));
            }
        });
        Self { rounds, stops, thread }
    }

    /// Lets some more records come.
    fn go_on(&self) {
        let before = self.rounds.load(Ordering::Relaxed);
        eventually("there are more records", || self.rounds.load(Ordering::Relaxed) >= before + 20);
    }

    /// How many records of each key there were in each topic.
    fn stop(self) -> i64 {
        self.stops.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.rounds.load(Ordering::Relaxed) as i64
    }
}

/// An instance with what it tells.
struct Instance {
    streams: StreamsHandle,
    told: EventRecorder,
}

impl Instance {
    /// Starts it on a host, whose disk has the state of the instance before it.
    fn start(host: &str, parts: &[Part], standbys: u32, disk: &Disk, log: &InProcessLog) -> Self {
        let told = EventRecorder::default();
        let config = StreamsConfig {
            client_id: Some(host.to_owned()),
            application_server: Some(format!("{host}:80")),
            standby_replicas: standbys,
            ..config("app")
        };
        let streams = Streams::new(topology(parts), config).with_log(log.clone()).with_listener(told.listener());
        let streams = disk.behind(streams).start().unwrap();
        assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
        Self { streams, told }
    }

    /// The topics of its active tasks.
    fn topics(&self) -> BTreeMap<String, usize> {
        let threads = self.streams.threads();
        let tasks = threads.iter().flat_map(|thread| &thread.active_tasks);
        let mut topics = BTreeMap::new();
        for partition in tasks.flat_map(|task| &task.topic_partitions) {
            *topics.entry(partition.topic.to_string()).or_default() += 1;
        }
        topics
    }

    fn close(self) {
        self.streams.close_blocking(LIMIT).unwrap();
    }
}

/// How many active tasks the instances have of a topic.
fn tasks(instances: &[&Instance], topic: &str) -> usize {
    instances.iter().filter_map(|instance| instance.topics().get(topic).copied()).sum()
}

fn all(count: i64) -> BTreeMap<String, i64> {
    (0..KEYS).map(|key| (format!("key{key}"), count)).collect()
}

/// Replaces two instances with `before` by ones with `after`, under load. Returns the log, how many records of each key there were, the last
/// instances, and what the replaced ones have told. `half` looks at the old instance and the new one beside each other.
fn replace(before: &[Part], after: &[Part], standbys: u32, half: impl FnOnce(&Instance, &Instance)) -> Replaced {
    let log = new_log();
    let (host_a, host_b) = (Disk::new(), Disk::new());
    let (a, b) =
        (Instance::start("a", before, standbys, &host_a, &log), Instance::start("b", before, standbys, &host_b, &log));
    let load = Load::on(&log);
    load.go_on();
    // The other one leads then, which has the old topology.
    a.close();
    let a = Instance::start("a", after, standbys, &host_a, &log);
    load.go_on();
    half(&b, &a);
    load.go_on();
    b.close();
    let b = Instance::start("b", after, standbys, &host_b, &log);
    load.go_on();
    let rounds = load.stop();
    Replaced { log, rounds, a, b }
}

struct Replaced {
    log: InProcessLog,
    rounds: i64,
    a: Instance,
    b: Instance,
}

impl Replaced {
    /// Nothing is lost of these topics, and nothing counted twice.
    fn check(&self, topics: &[&str]) {
        for topic in topics {
            let counted = || counts(&self.log, topic) == all(self.rounds);
            eventually(&format!("{topic} is counted exactly"), counted);
            // Tasks may still be moving.
            eventually("each task is in one place", || tasks(&[&self.a, &self.b], topic) == PARTITIONS as usize);
        }
    }

    fn close(self) {
        self.a.close();
        self.b.close();
    }
}

/// It is in front of the others, so that all others have other numbers, and the directories on disk that they had.
#[test]
fn a_sub_topology_is_added() {
    for standbys in [0, 1] {
        let (before, after) = ([All("words"), All("lines")], [All("added"), All("words"), All("lines")]);
        let replaced = replace(&before, &after, standbys, |old, new| {
            eventually("both run the tasks that both have", || {
                let shared = |topic| tasks(&[old, new], topic) == PARTITIONS as usize;
                shared("words") && shared("lines") && !new.topics().is_empty()
            });
            assert_eq!(tasks(&[old, new], "added"), 0);
            let refused = new.told.messages("assignment_refused");
            assert!(refused[0].contains("without the sub-topologies that read `added`"), "{refused:?}");
            let assigned = old.told.messages("group_assigned").pop().unwrap();
            assert!(assigned.contains("with another topology: a:80"), "{assigned}");
            // Each knows where the stores are, by its own numbers.
            eventually("both know the owners", || {
                ["words-counts", "lines-counts"].into_iter().all(|store| {
                    let owners = |instance: &Instance| {
                        let all = instance.streams.metadata_for_store(store).unwrap();
                        all.into_iter().map(|partition| partition.active).collect::<Vec<_>>()
                    };
                    let topic = store.trim_end_matches("-counts");
                    let of_new = owners(new).iter().flatten().filter(|server| *server == "a:80").count();
                    owners(old) == owners(new)
                        && of_new == tasks(&[new], topic)
                        && owners(new).iter().all(Option::is_some)
                })
            });
            let key = new.streams.metadata_for_key("words-counts", &"key1".to_owned()).unwrap();
            let same = old.streams.metadata_for_key("words-counts", &"key1".to_owned()).unwrap();
            assert_eq!(key.partition, same.partition);
            let added = new.streams.metadata_for_store("added-counts").unwrap();
            assert!(added.iter().all(|partition| partition.active.is_none() && partition.standbys.is_empty()));
        });
        replaced.check(&["added", "words", "lines"]);
        replaced.close();
    }
}

#[test]
fn a_sub_topology_is_removed() {
    let (before, after) = ([All("added"), All("words"), All("lines")], [All("words"), All("lines")]);
    let replaced = replace(&before, &after, 1, |old, new| {
        eventually("the old one has the tasks that only it has", || tasks(&[old], "added") == PARTITIONS as usize);
        assert!(new.told.messages("assignment_refused").is_empty());
        assert_eq!(tasks(&[new], "added"), 0);
    });
    replaced.check(&["words", "lines"]);
    assert_eq!(tasks(&[&replaced.a, &replaced.b], "added"), 0);
    assert!(counts(&replaced.log, "added").values().all(|count| *count < replaced.rounds));
    replaced.close();
}

/// Its changelog is the same one, so it goes on from there.
#[test]
fn a_sub_topology_is_changed() {
    let (before, after) = ([All("words"), All("lines")], [Filtered("words"), All("lines")]);
    let replaced = replace(&before, &after, 0, |old, new| {
        eventually("the old one has the tasks of what is changed", || tasks(&[old], "words") == PARTITIONS as usize);
        let refused = new.told.messages("assignment_refused");
        assert!(refused[0].contains("without the sub-topologies that read `words`"), "{refused:?}");
        assert_eq!(tasks(&[new], "words"), 0);
    });
    replaced.check(&["words", "lines"]);
    replaced.close();
}

/// All numbers change, and each has the directories of the other one.
#[test]
fn sub_topologies_change_places() {
    let (before, after) = ([All("words"), All("lines")], [All("lines"), All("words")]);
    let replaced = replace(&before, &after, 1, |old, new| {
        eventually("both have tasks", || {
            let shared = |topic| tasks(&[old, new], topic) == PARTITIONS as usize;
            shared("words") && shared("lines") && !new.topics().is_empty()
        });
        assert!(new.told.messages("assignment_refused").is_empty());
    });
    replaced.check(&["words", "lines"]);
    replaced.close();
}
