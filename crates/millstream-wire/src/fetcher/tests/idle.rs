//! Connections on which nothing is sent.

use super::*;
use crate::testing::TestPartition;

fn with_idle_max(cluster: &TestCluster, idle_max: Duration) -> Reader {
    let mut reader = Reader::new(cluster);
    let client = ClientSettings { idle_max, ..cluster.client() };
    reader.fetcher = Fetcher::new(FetchSettings { client, ..settings() }, &reader.signal);
    reader.step = Duration::ZERO;
    reader
}

#[test]
fn an_idle_connection_is_closed_after_its_time_and_opened_again() {
    let cluster = TestCluster::start(2).with([TestPartition::new(2).with(&[9])]);
    let mut reader = with_idle_max(&cluster, Duration::from_secs(540));
    let open = || cluster.edit(|script| script.open[&2]);
    for opened in 1..4 {
        reader.assign(0, 0, 9);
        reader.until_at(0, 9);
        reader.fetcher.unassign(&partition(0));
        reader.idle();
        reader.advance(Duration::from_millis(539_900));
        reader.idle();
        assert_eq!((cluster.edit(|script| script.opened[&2]), open()), (opened, 1));
        reader.advance(Duration::from_millis(200));
        reader.until("it is closed", |_| open() == 0);
    }
    assert!(reader.events.is_empty(), "{:?}", reader.events);
}

/// Each of these was a failure once, and the third was reported as an outage.
#[test]
fn a_broker_that_closes_idle_connections_is_no_outage() {
    let cluster = TestCluster::start(2).with([TestPartition::new(2).with(&[9])]);
    let mut reader = with_idle_max(&cluster, Duration::from_secs(540));
    for opened in 1..6 {
        reader.assign(0, 0, 9);
        reader.until_at(0, 9);
        reader.fetcher.unassign(&partition(0));
        reader.idle();
        assert_eq!(cluster.edit(|script| (script.opened[&2], script.open[&2])), (opened, 1));
        cluster.edit(|script| script.disconnect(2));
        reader.until("it is noticed", |reader| !reader.fetcher.links.contains_key(&2));
    }
    assert!(reader.events.is_empty(), "{:?}", reader.events);
}
