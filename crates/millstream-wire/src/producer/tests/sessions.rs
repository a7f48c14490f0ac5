//! Connections of authenticated users.

use super::*;
use crate::testing::TestPartition;

#[test]
fn a_connection_is_authenticated_again_before_its_session_ends() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]).with_user("u", 200);
    let mut writer = Writer::new(&cluster, 1);
    let authenticated = |times: usize| cluster.edit(|script| script.authentications.get(&1) >= Some(&times));
    let begin = Instant::now();
    while !authenticated(8) {
        writer.append(0);
        writer.until_completed();
        assert!(begin.elapsed() < PATIENCE);
    }
    assert!(writer.events.is_empty(), "{:?}", writer.events);
    assert_eq!(
        cluster.edit(|script| script.opened[&1]),
        2,
        "one for the look-up and the producer id, and one for writing"
    );
}

#[test]
fn a_user_who_is_refused_is_reported() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]).with_user("stranger", 0);
    let mut writer = Writer::new(&cluster, 1);
    writer.append(0);
    writer.until("it is reported", |writer| !writer.events.is_empty());
    let ProduceEvent::Unfit(text) = &writer.events[0] else { panic!("{:?}", writer.events) };
    assert!(text.contains("PLAIN for the user `stranger`: who is that?"), "{text}");
}
