//! Brokers that keep their connections and do not respond.

use super::*;
use crate::testing::{API_VERSIONS, Fault, METADATA, PRODUCE, TestPartition};

/// The time within which silence is reported.
const REPORTED_WITHIN: Duration = Duration::from_secs(5);

#[test]
fn a_silent_broker_is_reported_within_seconds_and_another_leader_is_written_to() {
    let cluster = TestCluster::start(2).with([TestPartition::new(2)]);
    let mut writer = Writer::new(&cluster, 1);
    writer.append(0);
    writer.check_written();
    [API_VERSIONS, METADATA, PRODUCE].into_iter().for_each(|kind| cluster.fault(2, kind, Fault::Held));
    let produces = writer.produces();
    (0..3).for_each(|_| writer.append(0));
    writer.producer.flush();
    writer.until_requests(produces + 1);
    let begin = writer.now;
    writer.step = Duration::from_millis(10);
    writer.until("it is reported", |writer| !writer.events.is_empty());
    assert!(writer.now - begin <= REPORTED_WITHIN, "after {:?}", writer.now - begin);
    let expected = "cannot be used: it has not responded for 3 s";
    assert!(
        matches!(&writer.events[..], [ProduceEvent::Unreachable(text)] if text.starts_with("broker 2 at ") && text.ends_with(expected)),
        "{:?}",
        writer.events
    );
    writer.events.clear();
    cluster.edit(|script| script.partition("t", 0).leader = 1);
    (writer.now, writer.step) = (writer.now + Duration::from_secs(1), Duration::ZERO);
    writer.until("the new leader gets a request", |_| {
        cluster.edit(|script| script.produces.last().is_some_and(|(broker, _)| *broker == 1))
    });
    writer.step = Duration::from_millis(1);
    writer.check_written();
    assert_eq!(writer.producers(), 1);
}
