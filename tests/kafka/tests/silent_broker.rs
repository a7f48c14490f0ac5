//! A broker that does not respond and keeps its connections open (SIGSTOP): it is reported within seconds and waited for,
//! or its partitions are read and written at another broker.
#![allow(clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use millstream::events::{Event, EventKind, EventSettings};
use millstream::logs::AdminRequest;
use millstream::{CloseError, Partition, Streams, StreamsBuilder, StreamsConfig, StreamsHandle};
use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::member::Member;
use millstream_kafka_tests::writer::Writer;
use millstream_kafka_tests::{Job, PATIENCE, Scene, TestClient, until, wall_clock};

/// The rate of the input, in lines per second.
const LOAD: u64 = 500;

/// How long the broker does not respond.
const SILENCE: Duration = Duration::from_secs(10);

/// Within this time the outage is reported. It takes about half of it; a busy machine is allowed more.
const REPORTED_WITHIN: Duration = Duration::from_secs(10);

/// After this time a cluster takes the partitions from a broker that is silent: Kafka's default. With 3 s a broker lost its partitions
/// on a busy machine before it was suspended, and its silence concerned nobody.
const FENCED_AFTER_MS: &str = "broker.session.timeout.ms=9000";

/// Within this time all partitions are read and written again. It takes about 10 s; a busy machine is allowed more.
const MOVED_WITHIN: Duration = Duration::from_secs(30);

/// Waits for the report of a broker that was suspended at `begin`; how long it took.
fn await_report(member: &mut Member, mark: usize, begin: Instant) -> Duration {
    let event = member.await_event(mark, "the silent broker is reported", |event| event.name() == "log_unavailable");
    let after = begin.elapsed();
    println!("after {after:?}: {}", event.message());
    after
}

/// The only broker is silent for a while.
#[test]
fn a_silent_broker_is_reported_within_seconds_and_nothing_is_lost() {
    let scene = Scene::new(Arc::new(Broker::start()), "silent", Job::Ledger);
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let mut member = scene.member("only").start();
    member.await_running();
    reader.await_more(2_000);

    let (mark, begin) = (member.mark(), Instant::now());
    scene.broker.suspend();
    let reported_after = await_report(&mut member, mark, begin);
    std::thread::sleep(SILENCE.saturating_sub(reported_after));
    scene.broker.resume();
    member.await_event(mark, "the broker responds again", |event| event.name() == "log_available");
    reader.await_more(2_000);

    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    member.close();
    println!("{} of {} lines were applied twice", scene.doubled(&reader, &truth), truth.total());
    assert!(reported_after < REPORTED_WITHIN, "it was reported after {reported_after:?}");
}

/// Of two brokers, the one that is silent leads half of the partitions. The other becomes their leader.
#[test]
fn partitions_of_a_silent_broker_move() {
    let settings = [FENCED_AFTER_MS, "broker.heartbeat.interval.ms=500", "default.replication.factor=2"];
    let broker = Arc::new(Broker::start_with(&settings));
    let application = "silent-one-of-two";
    // The coordinators of all groups are made here, while there is only this broker.
    let scene = Scene::bare(Arc::clone(&broker), application, Job::Ledger);
    drop(scene.client.ask(AdminRequest::CommittedOffsets(application.to_owned())));
    let other = broker.start_another(&settings);
    let scene = Scene::new(Arc::clone(&broker), application, Job::Ledger);
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let mut member = scene.member("only").start();
    member.await_running();
    reader.await_more(2_000);
    reader.measure_pauses();

    let (mark, begin) = (member.mark(), Instant::now());
    other.suspend();
    let reported_after = await_report(&mut member, mark, begin);
    reader.await_more(LOAD * 30);
    let pauses = reader.longest_pauses();
    println!("the longest pauses: {pauses:?}");
    other.resume();

    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    member.close();
    println!("{} of {} lines were applied twice", scene.doubled(&reader, &truth), truth.total());
    assert!(reported_after < REPORTED_WITHIN, "it was reported after {reported_after:?}");
    assert!(pauses.iter().all(|pause| *pause < MOVED_WITHIN), "some partition stood still: {pauses:?}");
}

/// An application that counts the records of the topic `in`.
struct Counting {
    streams: StreamsHandle,
    records: Arc<Mutex<u64>>,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Counting {
    fn start(client: &TestClient, application: &str) -> Self {
        let (records, events) = (Arc::<Mutex<u64>>::default(), Arc::<Mutex<Vec<Event>>>::default());
        let (counted, heard) = (Arc::clone(&records), Arc::clone(&events));
        let builder = StreamsBuilder::new();
        builder.stream::<Option<String>, String>("in").for_each(move |_, _| *counted.lock().expect("a count") += 1);
        let settings = EventSettings { lines: false, ..EventSettings::default() };
        let config = StreamsConfig { events: settings, ..StreamsConfig::new(application) };
        let streams = Streams::new(builder.build().expect("a topology"), config).with_log(client.log.clone());
        let streams = streams.with_listener(move |event| heard.lock().expect("events").push(event.clone()));
        Self { streams: streams.start().expect("it starts"), records, events }
    }

    fn records(&self) -> u64 {
        *self.records.lock().expect("a count")
    }

    /// Why the log is unavailable, if it was.
    fn reason(&self) -> Option<String> {
        let events = self.events.lock().expect("events");
        events.iter().find_map(|event| match &event.kind {
            EventKind::LogUnavailable { reason, .. } => Some(reason.clone()),
            _ => None,
        })
    }

    fn is_over(&self) -> bool {
        let events = self.events.lock().expect("events");
        events.iter().any(|event| matches!(event.kind, EventKind::LogAvailable { .. }))
    }
}

/// Of two brokers, the one that is silent leads no partition and coordinates the groups: records are read and written, and
/// no commit succeeds.
#[test]
fn a_silent_coordinator_is_reported_while_another_broker_responds() {
    let broker = Broker::start();
    let client = TestClient::on(broker.bootstrap());
    // The coordinators of all groups are made here, while there is only this broker.
    drop(client.ask(AdminRequest::CommittedOffsets("any".to_owned())));
    let other = broker.start_another(&[]);
    let (_, node) = other.bootstrap().rsplit_once(':').expect("its number is its port");
    let create = ["--bootstrap-server", broker.bootstrap(), "--create", "--replica-assignment", node, "--topic", "in"];
    broker.run_tool("org.apache.kafka.tools.TopicCommand", &create);
    let application = Counting::start(&client, "counting");
    let mut writer = Writer::new(&client.log);
    let mut write = || {
        writer.put(&"in".into(), Partition::new(0), wall_clock(), None, "x");
        writer.poll();
    };
    until("records are read", || {
        write();
        (application.records() > 0).then_some(())
    });

    let begin = Instant::now();
    broker.suspend();
    let reason = until("the silent coordinator is reported", || {
        write();
        application.reason()
    });
    let (reported_after, before) = (begin.elapsed(), application.records());
    println!("after {reported_after:?}: {reason}");
    assert!(reason.contains("broker 1 at") && reason.contains("coordinates the group"), "{reason}");
    assert!(reported_after < REPORTED_WITHIN, "it was reported after {reported_after:?}");
    until("the other broker's partition is read meanwhile", || {
        write();
        (application.records() > before).then_some(())
    });
    assert!(!application.is_over(), "what the other broker sends does not end it");
    broker.resume();
    until("the coordinator responds again", || application.is_over().then_some(()));
    // The group may have removed the member during the silence: then what it had not committed is processed again, and the
    // close says so.
    if let Err(error) = application.streams.close_blocking(PATIENCE) {
        assert!(matches!(error, CloseError::Forced), "{error}");
    }
}
