//! An exact word count on a real broker, end to end.

use std::sync::Arc;

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::{Job, Scene, counted, lines, until};

fn a_million_words_are_counted(broker: Broker) {
    let scene = Scene::new(Arc::new(broker), "word-count", Job::WordCount);
    let lines = lines(1_000_000);
    scene.client.write(&scene.topic("lines"), &lines);
    let (reader, member) = (scene.read(), scene.running("alone"));
    until("all words are counted", || (reader.latest::<i64>().values().sum::<i64>() >= 1_000_000).then_some(()));
    member.close();
    reader.settle();
    assert_eq!(reader.latest::<i64>(), counted(&lines));
}

#[test]
fn a_million_words_are_counted_exactly() {
    a_million_words_are_counted(Broker::start());
}

#[test]
fn a_million_words_are_counted_exactly_on_kafka_3_9() {
    a_million_words_are_counted(Broker::start_version(Some("3.9.1".to_owned()), &[]));
}
