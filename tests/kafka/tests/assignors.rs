//! Groups whose members differ, under load: in the assignor that they bring along, and in their topology.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test of the real thing, in real time")]

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::member::{Member, Options};
use millstream_kafka_tests::reader::Reader;
use millstream_kafka_tests::{Job, Scene, until};
use tempfile::TempDir;

/// The rate of the input, in lines per second.
const LOAD: u64 = 1_000;

const LABELS: [&str; 3] = ["pod-0", "pod-1", "pod-2"];

/// Replaces the members one after another. After each, `check` gets all of them and how many are new.
fn replace(members: &mut Vec<Member>, by: &[Options], reader: &Reader, mut check: impl FnMut(&[Member], usize)) {
    for (turn, options) in by.iter().enumerate() {
        members.remove(0).close();
        let mut again = options.start();
        again.await_running();
        members.push(again);
        reader.await_more(2_000);
        check(members, turn + 1);
    }
}

fn count(members: &[Member], event: &str) -> usize {
    members.iter().flat_map(Member::events).filter(|it| it.name() == event).count()
}

fn standbys(member: &Member) -> usize {
    let number = |name: &str| count(std::slice::from_ref(member), name);
    number("standby_started") - number("standby_suspended")
}

/// Members of an earlier version, or on librdkafka, know `cooperative-sticky` only.
#[test]
fn members_with_an_assignor_and_without_one_replace_each_other() {
    let scene = Scene::new(Broker::shared(), "assignors", Job::Ledger);
    let (reader, feeder) = (scene.read(), scene.feed(LOAD));
    let without = LABELS.map(|label| scene.member(label).with("--without-assignor", "true"));
    let with = LABELS.map(|label| scene.member(label).with("--standbys", "1"));
    let mut members: Vec<Member> = without.iter().map(Options::start).collect();
    let share = |members: &[Member]| scene.await_sharing(&members.iter().collect::<Vec<_>>());
    share(&members);
    reader.await_more(2_000);
    replace(&mut members, &with, &reader, |members, new| {
        share(members);
        if new < 3 {
            assert_eq!(count(members, "group_assigned"), 0, "the group uses `cooperative-sticky` still");
        }
    });
    until("there are standbys", || (members.iter().map(standbys).sum::<usize>() == 4).then_some(()));
    assert!(count(&members, "group_assigned") > 0);
    reader.await_more(2_000);
    replace(&mut members, &without, &reader, |members, new| {
        share(members);
        let with = &members[..3 - new];
        until("standbys have ended", || with.iter().all(|member| standbys(member) == 0).then_some(()));
    });
    let truth = feeder.stop();
    scene.await_truth(&reader, &truth);
    members.into_iter().for_each(|member| drop(member.close()));
    assert_eq!(scene.doubled(&reader, &truth), 0, "of {} lines", truth.total());
}

/// The new sub-topology is the first one, so all others get other numbers, and their directories on disk too.
#[test]
fn a_sub_topology_is_added_by_a_rolling_update() {
    let (old, state) = (Scene::new(Broker::shared(), "rolling-topology", Job::Ledger), TempDir::new().unwrap());
    let new = Scene::bare(Broker::shared(), "rolling-topology", Job::LedgerExtended);
    new.client.create(&[&new.topic("added")]);
    let (reader, feeder) = (old.read(), old.feed(LOAD));
    let options = |scene: &Scene| {
        LABELS.map(|label| scene.member(label).on_disk(&state.path().join(label)).with("--standbys", "1"))
    };
    let mut members: Vec<Member> = options(&old).iter().map(Options::start).collect();
    old.await_sharing(&members.iter().collect::<Vec<_>>());
    reader.await_more(2_000);
    replace(&mut members, &options(&new), &reader, |members, new| {
        if new == 1 {
            let waits = members.last().unwrap().events().into_iter().find(|event| event.name() == "assignment_refused");
            let leads =
                members[..2].iter().any(|old| old.events().iter().any(|it| it.message().contains("another topology")));
            assert!(waits.is_some() || !leads, "it was told that the tasks of `added` wait");
        }
    });
    new.await_sharing(&members.iter().collect::<Vec<_>>());
    let truth = feeder.stop();
    new.await_truth(&reader, &truth);
    members.into_iter().for_each(|member| drop(member.close()));
    assert_eq!(new.doubled(&reader, &truth), 0, "of {} lines", truth.total());
}
