//! Clusters all of whose brokers have moved, so that only the bootstrap servers lead to them (KIP-899).

use millstream_protocol::Request;
use millstream_protocol::messages::MetadataRequest;

use super::*;
use crate::batch::testing::TestBatch;
use crate::testing::{TestPartition, names};

/// Brokers behind a name, and a reader that has read up to offset 3.
fn begin(name: &str) -> (TestCluster, Reader) {
    let cluster = TestCluster::start(2).with([TestPartition::new(2).with(&[3])]);
    names::set(name, cluster.edit(|script| script.ports[&1]));
    let mut reader = Reader::new(&cluster);
    let client = ClientSettings { bootstrap_servers: name.parse().unwrap(), ..cluster.client() };
    reader.fetcher = Fetcher::new(FetchSettings { client, ..settings() }, &reader.signal);
    reader.step = Duration::from_millis(10);
    reader.assign(0, 0, 3);
    reader.until_at(0, 3);
    (cluster, reader)
}

#[test]
fn when_all_known_brokers_refuse_the_bootstrap_names_are_resolved_anew() {
    let (cluster, mut reader) = begin("refused.test");
    let begin = reader.now;
    cluster.move_to_other_ports();
    names::set("refused.test", cluster.edit(|script| script.ports[&1]));
    cluster.edit(|script| script.partition("t", 0).push(&TestBatch::numbered(3, 4)));
    reader.until_at(0, 7);
    assert!(reader.now - begin < Duration::from_secs(1), "after {:?}", reader.now - begin);
    reader.check_offsets(0, 0..7);
}

/// The old brokers are gone: nothing refuses a connection, and nothing responds. Kafka's Java clients wait for
/// `metadata.recovery.rebootstrap.trigger.ms` then, which is five minutes.
#[test]
fn when_no_known_broker_responds_the_bootstrap_servers_are_asked_after_seconds() {
    let (old, mut reader) = begin("silent.test");
    let begin = reader.now;
    (1..=2).for_each(|broker| old.silence(broker));
    let new = TestCluster::start(2).with([TestPartition::new(1).with(&[3, 4])]);
    names::set("silent.test", new.edit(|script| script.ports[&1]));
    reader.until_at(0, 7);
    assert!(reader.now - begin < Duration::from_secs(30), "after {:?}", reader.now - begin);
    reader.check_offsets(0, 0..7);
}

/// KIP-1102.
#[test]
fn a_broker_may_send_its_clients_to_the_bootstrap_servers() {
    const REBOOTSTRAP_REQUIRED: i16 = 129;
    let (old, mut reader) = begin("sent.test");
    let new = TestCluster::start(2).with([TestPartition::new(1).with(&[3, 4])]);
    names::set("sent.test", new.edit(|script| script.ports[&1]));
    old.edit(|script| {
        script.calls.fail(MetadataRequest::API_KEY, REBOOTSTRAP_REQUIRED, usize::MAX);
        script.partition("t", 0).leader = 1;
    });
    reader.until_at(0, 7);
    reader.check_offsets(0, 0..7);
    assert!(reader.events.is_empty(), "{:?}", reader.events);
}
