//! An instance is killed, and the other goes on from its standbys.

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::events::Event;

use crate::instances::{Instances, SESSION, Stores, each_kind, promoted, restored, stateful};

/// The rate of the input, in lines per second.
const LOAD: u64 = 2_000;

/// After the session of the one that was killed, how soon its tasks run elsewhere, in milliseconds.
const TAKEN_OVER_WITHIN_MS: i64 = 1_000;

fn fail_over(application: &str, stores: Stores) {
    let mut all = Instances::new(Broker::shared(), application, stores);
    let (reader, feeder) = (all.scene.read(), all.scene.feed(LOAD));
    all.start("first");
    all.start("second");
    all.await_settled();
    reader.await_more(5_000);
    let moved = all.member("first").tasks();
    assert!(!stateful(moved.keys()).is_empty(), "{moved:?}");
    let mark = all.member("second").mark();
    reader.measure_pauses();
    let (killed, _) = all.kill("first");
    all.await_sharing();
    reader.await_more(2_000);
    let seen = all.member("second").events().split_off(mark);
    let took = |task: &String| {
        let runs = |event: &&Event| event.name() == "task_running" && event.text("task") == task;
        seen.iter().find(runs).expect("it runs").time_ms() - killed
    };
    let took: Vec<(&String, i64)> = moved.keys().map(|task| (task, took(task))).collect();
    println!(
        "{application}: from the kill to each task, in ms: {took:?}; pauses of results: {:?}",
        reader.longest_pauses()
    );
    println!("{application}: {} records were restored, of {} lines", restored(&seen), feeder.durable());
    let limit = i64::try_from(SESSION.as_millis()).unwrap() + TAKEN_OVER_WITHIN_MS;
    assert!(took.iter().all(|(_, took)| *took <= limit), "{took:?}");
    assert_eq!(promoted(&seen), stateful(moved.keys()).len(), "{:?}", all.story());
    assert!(restored(&seen) < i64::try_from(LOAD).unwrap(), "{} records were restored", restored(&seen));
    all.start("first");
    all.await_settled();
    let truth = feeder.stop();
    all.scene.await_truth(&reader, &truth);
    all.close_all();
    assert_eq!(all.history.overlaps(), Vec::<String>::new());
    println!("{application}: the kill doubled {} of {} lines", all.scene.doubled(&reader, &truth), truth.total());
}

#[test]
fn what_is_killed_goes_on_from_standbys() {
    each_kind("fail-over", Stores::InMemory, fail_over);
}
