//! One member, closed or killed in the middle of its work and started again.
#![allow(clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

use std::sync::Arc;

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::{Job, Scene};

/// How many lines a second come meanwhile.
const LOAD: u64 = 2_000;

fn check_closing(broker: Arc<Broker>) {
    let scene = Scene::new(broker, "closed", Job::Ledger);
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    for start in ["first", "second"] {
        let member = scene.running(start);
        reader.await_more(3_000);
        let events = member.close();
        assert!(events.iter().any(|event| event.name() == "shutdown_ended"), "it told of its end");
    }
    let last = scene.running("last");
    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    last.close();
    assert_eq!(scene.doubled(&reader, &truth), 0, "of {} lines", truth.total());
}

fn check_killing(broker: Arc<Broker>) {
    let scene = Scene::new(broker, "killed", Job::Ledger).with_kills();
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    for start in ["first", "second"] {
        let member = scene.running(start);
        reader.await_more(3_000);
        member.kill();
    }
    let last = scene.running("last");
    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    last.close();
    println!("two kills doubled {} of {} lines", scene.doubled(&reader, &truth), truth.total());
}

#[test]
fn closed_in_the_middle_and_started_again_it_is_exact() {
    check_closing(Broker::shared());
}

#[test]
fn killed_in_the_middle_and_started_again_it_loses_nothing() {
    check_killing(Broker::shared());
}

#[test]
fn so_it_is_on_kafka_3_9() {
    let broker = Arc::new(Broker::start_version(Some("3.9.1".to_owned()), &[]));
    check_closing(Arc::clone(&broker));
    check_killing(broker);
}
