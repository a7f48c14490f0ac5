//! Connections of authenticated users.

use super::*;
use crate::testing::TestPartition;

#[test]
fn a_connection_is_replaced_before_its_session_ends() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1).with(&[9])]).with_user("u", 300);
    let mut reader = Reader::new(&cluster);
    reader.assign(0, 0, 9);
    reader.until_at(0, 9);
    // While records come and while there are none.
    let opened = |times: usize| {
        let cluster = &cluster;
        move |_: &Reader| cluster.edit(|script| script.opened[&1] >= times)
    };
    reader.until("connections are replaced", opened(6));
    reader.check_offsets(0, 0..9);
    assert!(reader.events.is_empty(), "{:?}", reader.events);
    let (lookups, opened, authentications, open) =
        cluster.edit(|script| (script.lookups, script.opened[&1], script.authentications[&1], script.open[&1]));
    assert_eq!(lookups, 1, "the leader is known");
    assert!(opened - authentications <= 1, "{opened} opened, {authentications} authenticated");
    assert!(open <= 3, "{open} are open, one of them for look-ups");
}

#[test]
fn an_endless_session_keeps_its_connection() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1).with(&[9])]).with_user("u", 0);
    let mut reader = Reader::new(&cluster);
    reader.assign(0, 0, 9);
    reader.until_at(0, 9);
    reader.advance(Duration::from_secs(1));
    reader.idle();
    assert_eq!(cluster.edit(|script| script.opened[&1]), 2, "a look-up and fetching");
}

#[test]
fn a_user_who_is_refused_is_reported() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1).with(&[9])]).with_user("stranger", 0);
    let mut reader = Reader::new(&cluster);
    reader.assign(0, 0, 9);
    let FetchEvent::Unfit(text) = reader.until_event() else { panic!("another event") };
    let address = cluster.client().bootstrap_servers;
    assert_eq!(
        text,
        format!(
            "{address} cannot be used: the broker does not authenticate PLAIN for the user `stranger`: who is that?; check \
             `sasl.username` and `sasl.password`"
        )
    );
}
