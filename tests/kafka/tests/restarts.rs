//! One member that is closed or killed under load and started again.
#![allow(clippy::disallowed_methods, reason = "a test of the real thing, in real time")]

use std::sync::Arc;

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::{Job, Scene};

/// The rate of the input, in lines per second.
const LOAD: u64 = 2_000;

fn check_closing(broker: Arc<Broker>) {
    let scene = Scene::new(broker, "closed", Job::Ledger);
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    for start in ["first", "second"] {
        let member = scene.running(start);
        reader.await_more(3_000);
        let events = member.close();
        assert!(events.iter().any(|event| event.name() == "shutdown_ended"), "it reported its end");
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
fn a_restart_after_a_close_loses_and_doubles_nothing() {
    check_closing(Broker::shared());
}

#[test]
fn a_restart_after_a_kill_loses_nothing() {
    check_killing(Broker::shared());
}

#[test]
fn restarts_on_kafka_3_9_lose_nothing() {
    let broker = Arc::new(Broker::start_version(Some("3.9.1".to_owned()), &[]));
    check_closing(Arc::clone(&broker));
    check_killing(broker);
}
