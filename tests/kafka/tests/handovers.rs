//! Members that join, leave and are killed under load: tasks move with their state, and nothing is lost.
#![allow(clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::member::Member;
use millstream_kafka_tests::{Job, Scene};

/// The rate of the input, in lines per second.
const LOAD: u64 = 1_500;

/// The number of results between two changes of the members.
const SOME: u64 = 3_000;

/// Waits until a member has taken a task over with its state, which it restores first as a warm-up.
fn await_state(member: &mut Member) {
    member.await_event(0, "it has taken over the state of a task", |event| {
        event.name() == "standby_suspended" && event.text("reason") == "promoted" && event.number("records") > 0
    });
}

#[test]
fn who_comes_and_leaves_in_good_order_doubles_nothing() {
    let scene = Scene::new(Broker::shared(), "good-order", Job::Ledger);
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let [first, second] = scene.sharing(["first", "second"]);
    reader.await_more(SOME);
    let mut third = scene.running("third");
    scene.await_sharing(&[&first, &second, &third]);
    await_state(&mut third);
    scene.await_sharing(&[&first, &second, &third]);
    reader.await_more(SOME);
    reader.measure_pauses();
    first.close();
    scene.await_sharing(&[&second, &third]);
    reader.await_more(SOME);
    println!("one of three leaves; the longest pauses: {:?}", reader.longest_pauses());
    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    second.close();
    third.close();
    assert_eq!(scene.doubled(&reader, &truth), 0, "of {} lines", truth.total());
}

#[test]
fn who_is_killed_loses_nothing() {
    let scene = Scene::new(Broker::shared(), "a-kill", Job::Ledger).with_kills();
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let [first, second] = scene.sharing(["first", "second"]);
    reader.await_more(SOME);
    let third = scene.running("third");
    scene.await_sharing(&[&first, &second, &third]);
    reader.await_more(SOME);
    reader.measure_pauses();
    second.kill();
    scene.await_sharing(&[&first, &third]);
    reader.await_more(SOME);
    println!("one of three is killed; the longest pauses: {:?}", reader.longest_pauses());
    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    first.close();
    third.close();
    println!("the kill doubled {} of {} lines", scene.doubled(&reader, &truth), truth.total());
}
