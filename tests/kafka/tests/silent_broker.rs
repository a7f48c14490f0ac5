//! A broker that does not respond and keeps its connections open (SIGSTOP): it is reported within seconds and waited for,
//! or its partitions are read and written at another broker.
#![allow(clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use millstream::logs::AdminRequest;
use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::member::{Member, Options};
use millstream_kafka_tests::{Job, Scene};

/// The rate of the input, in lines per second.
const LOAD: u64 = 500;

/// How long the broker does not respond.
const SILENCE: Duration = Duration::from_secs(10);

/// Within this time the outage is reported. It takes about half of it; a busy machine is allowed more.
const REPORTED_WITHIN: Duration = Duration::from_secs(10);

/// After this time a cluster takes the partitions from a broker that is silent; Kafka's default is 9 s.
const FENCED_AFTER_MS: &str = "broker.session.timeout.ms=3000";

/// Within this time all partitions are read and written again. It takes about 4 s; a busy machine is allowed more. With
/// librdkafka's own settings it takes a minute.
const MOVED_WITHIN: Duration = Duration::from_secs(30);

/// As where the connection is encrypted or authenticated.
fn through_librdkafka(options: Options) -> Options {
    options.with("--set", "fetch.client=librdkafka").with("--set", "produce.client=librdkafka")
}

/// Waits for the report of a broker that was suspended at `begin`; how long it took.
fn await_report(member: &mut Member, mark: usize, begin: Instant) -> Duration {
    let event = member.await_event(mark, "the silent broker is reported", |event| event.name() == "log_unavailable");
    let after = begin.elapsed();
    println!("after {after:?}: {}", event.message());
    after
}

/// The only broker is silent for a while.
fn check_report(application: &str, with_client: fn(Options) -> Options) {
    let scene = Scene::new(Arc::new(Broker::start()), application, Job::Ledger);
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let mut member = with_client(scene.member("only")).start();
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

#[test]
fn a_silent_broker_is_reported_within_seconds_and_nothing_is_lost() {
    check_report("silent", |options| options);
}

/// librdkafka itself says nothing before a request times out, after a minute by default.
#[test]
fn a_silent_broker_is_reported_within_seconds_where_librdkafka_reads_and_writes() {
    check_report("silent-librdkafka", through_librdkafka);
}

/// Of two brokers, the one that is silent leads half of the partitions. The other becomes their leader, which librdkafka
/// learned only once its requests to the silent one timed out, after a minute.
#[test]
fn partitions_of_a_silent_broker_move_where_librdkafka_reads_and_writes() {
    let settings = [FENCED_AFTER_MS, "broker.heartbeat.interval.ms=500", "default.replication.factor=2"];
    let broker = Arc::new(Broker::start_with(&settings));
    let application = "silent-one-of-two";
    // The coordinators of all groups are made here, while there is only this broker.
    let scene = Scene::bare(Arc::clone(&broker), application, Job::Ledger);
    drop(scene.client.ask(AdminRequest::CommittedOffsets(application.to_owned())));
    let other = broker.start_another(&settings);
    let scene = Scene::new(Arc::clone(&broker), application, Job::Ledger);
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let mut member = through_librdkafka(scene.member("only")).start();
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
