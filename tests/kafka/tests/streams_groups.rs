//! Streams groups (KIP-1071), in which the broker assigns the tasks: members that come, leave, are killed and sleep, and standbys.
#![allow(clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

use std::sync::Arc;
use std::time::Duration;

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::events::Event;
use millstream_kafka_tests::member::{Member, Options};
use millstream_kafka_tests::{Job, Scene, until};

/// The rate of the input, in lines per second.
const LOAD: u64 = 1_500;

/// The number of results between two changes of the members.
const SOME: u64 = 3_000;

/// The session time-out of the group, which its members must have too.
const SESSION: Duration = Duration::from_secs(9);

/// How long a member stays suspended after the other has all tasks.
const STAY_SUSPENDED: Duration = Duration::from_secs(1);

/// With these, the streams groups of a broker notice within seconds what happens.
const SETTINGS: [&str; 6] = [
    "group.streams.min.session.timeout.ms=1000",
    "group.streams.session.timeout.ms=9000",
    "group.streams.min.heartbeat.interval.ms=100",
    "group.streams.heartbeat.interval.ms=500",
    "group.streams.initial.rebalance.delay.ms=0",
    "group.streams.assignment.interval.ms=100",
];

fn member(scene: &Scene, label: &str) -> Options {
    scene.member(label).session(SESSION).with("--protocol", "streams")
}

fn scene(application: &str) -> Scene {
    Scene::new(Arc::new(Broker::start_with(&SETTINGS)), application, Job::Ledger)
}

#[test]
fn who_comes_and_leaves_in_good_order_doubles_nothing() {
    let scene = scene("streams-good-order");
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let first = member(&scene, "first").start();
    scene.await_sharing(&[&first]);
    reader.await_more(SOME);
    let second = member(&scene, "second").start();
    scene.await_sharing(&[&first, &second]);
    reader.await_more(SOME);
    reader.measure_pauses();
    first.close();
    scene.await_sharing(&[&second]);
    reader.await_more(SOME);
    println!("one of two leaves; the longest pauses: {:?}", reader.longest_pauses());
    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    second.close();
    assert_eq!(scene.doubled(&reader, &truth), 0, "of {} lines", truth.total());
}

#[test]
fn who_is_killed_loses_nothing() {
    let scene = scene("streams-kill");
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let [first, second] = ["first", "second"].map(|label| member(&scene, label).threads(2).start());
    scene.await_sharing(&[&first, &second]);
    reader.await_more(SOME);
    second.kill();
    scene.await_sharing(&[&first]);
    reader.await_more(SOME);
    let again = member(&scene, "again").start();
    scene.await_sharing(&[&first, &again]);
    reader.await_more(SOME);
    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    first.close();
    again.close();
    println!("the kill doubled {} of {} lines", scene.doubled(&reader, &truth), truth.total());
}

/// A member that sleeps for longer than its session is removed: what it had not sent must not follow what the next owner writes. So
/// all is restored from the changelogs in the end.
#[test]
fn a_sleeper_loses_and_overwrites_nothing() {
    let scene = scene("streams-sleeper");
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let mut members = ["first", "second"].map(|label| member(&scene, label).start());
    for _ in 0..2 {
        scene.await_sharing(&members.each_ref());
        reader.await_more(SOME);
        let [sleeper, other] = members.each_ref();
        sleeper.suspend();
        scene.await_sharing(&[other]);
        reader.await_more(SOME);
        std::thread::sleep(STAY_SUSPENDED);
        sleeper.resume();
        scene.await_sharing(&members.each_ref());
        reader.await_more(SOME);
        members.reverse();
    }
    members.into_iter().for_each(|member| drop(member.close()));
    let restarted = member(&scene, "restarted").start();
    scene.await_sharing(&[&restarted]);
    reader.await_more(SOME);
    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    restarted.close();
    println!("{} of {} lines doubled", scene.doubled(&reader, &truth), truth.total());
}

/// What a member that does not start prints.
fn refused(options: &Options) -> String {
    let mut member = options.start();
    let status = member.await_end();
    assert!(!status.success(), "{}", member.latest_output());
    member.latest_output()
}

/// How many standbys a member has begun to keep, and restored.
fn standbys(member: &Member) -> usize {
    member.events().iter().filter(|event| event.name() == "standby_started").count()
}

#[test]
fn standbys_are_kept_as_the_group_is_set_and_take_over() {
    let scene = scene("streams-standbys");
    let options = |label| member(&scene, label).with("--standbys", "1");
    let refusal = refused(&options("first"));
    let command = "--entity-type groups --entity-name streams-standbys --add-config streams.num.standby.replicas=1";
    assert!(refusal.contains(command) && refusal.contains("`standby_replicas`"), "{refusal}");
    let setting = ["--add-config", "streams.num.standby.replicas=1"];
    let bootstrap = ["--bootstrap-server", scene.broker.bootstrap(), "--alter", "--entity-type", "groups"];
    let arguments = [&bootstrap[..], &["--entity-name", "streams-standbys"], &setting].concat();
    scene.broker.run_tool("org.apache.kafka.tools.ConfigCommand", &arguments);
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let [first, mut second] = ["first", "second"].map(|label| options(label).start());
    scene.await_sharing(&[&first, &second]);
    second.await_event(0, "it has a standby", |event| event.name() == "standby_started");
    reader.await_more(SOME);
    assert!(standbys(&second) > 0, "{}", second.latest_output());
    let mark = second.mark();
    first.kill();
    scene.await_sharing(&[&second]);
    reader.await_more(SOME);
    let events: Vec<Event> = second.events().split_off(mark);
    let restored: i64 = events.iter().filter_map(Event::restore).map(|restore| restore.to - restore.from).sum();
    println!("after the kill, {restored} records were restored");
    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    second.close();
    println!("the kill doubled {} of {} lines", scene.doubled(&reader, &truth), truth.total());
}

#[test]
fn with_an_identity_a_member_comes_back_to_its_own_tasks() {
    let scene = scene("streams-static");
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let options = ["first", "second"].map(|label| member(&scene, label).instance(label));
    let [first, second] = options.each_ref().map(Options::start);
    scene.await_sharing(&[&first, &second]);
    reader.await_more(SOME);
    let (own, mark) = (first.tasks(), second.mark());
    first.close();
    let again = options[0].start();
    scene.await_sharing(&[&again, &second]);
    reader.await_more(SOME);
    assert_eq!(again.tasks(), own);
    let moves: Vec<Event> = second.events().split_off(mark);
    assert!(moves.iter().all(|event| event.name() != "rebalanced"), "{}", second.latest_output());
    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    again.close();
    second.close();
    assert_eq!(scene.doubled(&reader, &truth), 0, "of {} lines", truth.total());
}

/// The brokers keep the topology of a group. The classic protocol takes an empty group over, with its offsets, and gives it back.
#[test]
fn another_topology_is_refused_with_the_way_out_which_works() {
    let scene = scene("streams-topology");
    let (reader, truth) = (scene.read(), scene.feed_at_once(0..1_000));
    let first = member(&scene, "first").start();
    scene.await_truth(&reader, &truth);
    first.close();
    let other = Scene::new(Arc::clone(&scene.broker), "streams-topology-2", Job::Ledger);
    let changed = || member(&scene, "changed").over("streams-topology-2-");
    let refusal = refused(&changed());
    for part in ["the brokers keep the topology", "`application_id`", "`Classic`"] {
        assert!(refusal.contains(part), "{part}: {refusal}");
    }
    let mut classic = member(&scene, "classic").with("--protocol", "classic").start();
    classic.await_running();
    scene.await_sharing(&[&classic]);
    classic.close();
    let mut again = changed().start();
    again.await_running();
    let (reader, truth) = (other.read(), other.feed_at_once(0..1_000));
    until("the other topology works", || (reader.records() > 0).then_some(()));
    again.close();
    assert!(truth.total() > 0);
}

#[test]
fn brokers_without_streams_groups_are_named_with_the_way_out() {
    for version in ["3.9.1", "4.0.0"] {
        let broker = Broker::start_version(Some(version.to_owned()), &[]);
        let scene = Scene::new(Arc::new(broker), "streams-old-broker", Job::Ledger);
        let refusal = refused(&member(&scene, "first"));
        for part in ["Kafka 4.2", "`group_protocol`", "`Classic`"] {
            assert!(refusal.contains(part), "{version}: {part}: {refusal}");
        }
    }
}
