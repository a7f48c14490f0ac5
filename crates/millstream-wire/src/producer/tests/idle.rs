//! Connections on which nothing is sent.

use super::*;
use crate::testing::TestPartition;

/// Longer than a connection is used without being checked.
const LONG: Duration = Duration::from_millis(200);

/// Each of these was a failure once, with a look-up, and a batch of which nobody knew whether it was written.
#[test]
fn a_broker_that_closes_idle_connections_is_no_outage() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut writer = Writer::new(&cluster, 1);
    writer.step = Duration::from_millis(20);
    for opened in 0..5 {
        writer.append(0);
        writer.check_written();
        std::thread::sleep(LONG);
        assert_eq!(cluster.edit(|script| script.opened[&1]), 2 + opened, "one of them for look-ups");
        cluster.edit(|script| script.disconnect(1));
    }
    assert_eq!((writer.producers(), cluster.edit(|script| script.lookups)), (1, 1));
    assert_eq!(writer.produces(), 5, "each is sent once");
}

#[test]
fn an_idle_connection_is_closed_after_its_time_and_opened_again() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let client = ClientSettings { idle_max: LONG, ..cluster.client() };
    let mut writer = Writer::new(&cluster, 1);
    writer.producer = Producer::new(ProduceSettings { client, ..settings() }, &writer.signal);
    writer.partitions.clear();
    writer.open("t", 0);
    for _ in 0..3 {
        writer.append(0);
        writer.check_written();
        writer.until("all are closed, that for look-ups too", |writer| writer.cluster.open() == 0);
    }
    assert_eq!(cluster.edit(|script| (script.opened[&1], script.lookups)), (4, 1));
}
