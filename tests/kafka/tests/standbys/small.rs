//! Edges: state deleted under a standby, two instances in a process, and more instances than tasks.

use std::time::Duration;

use millstream_kafka_tests::broker::Broker;
use millstream_kafka_tests::member::Member;
use millstream_kafka_tests::{Job, PARTITIONS, Scene, until};

use crate::instances::{Instances, Stores, caught_up};

/// The rate of the input, in lines per second.
const LOAD: u64 = 1_000;

#[test]
fn state_deleted_under_a_running_standby_is_restored() {
    let mut all = Instances::new(Broker::shared(), "deleted-state", Stores::OnDisk);
    let (reader, feeder) = (all.scene.read(), all.scene.feed(LOAD));
    all.start("first");
    all.start("second");
    all.await_settled();
    reader.await_more(2_000);
    // The standby may create a file meanwhile.
    until("its state is deleted", || std::fs::remove_dir_all(all.directory("second")).ok());
    reader.await_more(2_000);
    all.kill("first");
    std::thread::sleep(Duration::from_millis(500));
    // It goes on from what it has open, or fails and is started again: nothing is lost.
    until("all tasks run again", || {
        if all.members.get_mut("second").unwrap().has_ended() {
            all.members.remove("second");
            all.start("second");
        }
        (all.member("second").tasks().len() == 2 * PARTITIONS as usize).then_some(())
    });
    reader.await_more(2_000);
    let truth = feeder.stop();
    all.scene.await_truth(&reader, &truth);
}

#[test]
fn two_instances_in_a_process_are_two() {
    let mut all = Instances::new(Broker::shared(), "two-in-one", Stores::OnDisk).with("--instances", 2);
    let (reader, feeder) = (all.scene.read(), all.scene.feed(LOAD));
    all.start("both");
    // Their events are those of one process, so whose standby has caught up cannot be told.
    all.await_sharing();
    reader.await_more(2_000);
    let truth = feeder.stop();
    all.scene.await_truth(&reader, &truth);
    all.close_all();
    assert_eq!(all.scene.doubled(&reader, &truth), 0, "of {} lines", truth.total());
}

#[test]
fn of_ten_instances_of_one_partition_one_works_and_another_stands_by() {
    let broker = Broker::shared();
    let scene = Scene::bare(broker, "ten-of-one", Job::Ledger).with_kills();
    scene.client.create_with(&scene.topic("lines"), 1);
    scene.client.create(&[&scene.topic("results")]);
    let members: Vec<_> = (0..10).map(|number| scene.member(&format!("pod-{number}")).standbys(1).start()).collect();
    until("two tasks run, and one has a standby", || {
        let tasks: usize = members.iter().map(|member| member.tasks().len()).sum();
        let standbys: usize = members.iter().map(|member| caught_up(&member.events()).len()).sum();
        (tasks == 2 && standbys == 1).then_some(())
    });
    std::thread::sleep(Duration::from_secs(3));
    let assigned = |member: &Member| member.events().iter().filter(|event| event.name() == "group_assigned").count();
    let before: usize = members.iter().map(assigned).sum();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(members.iter().map(assigned).sum::<usize>(), before, "the group goes on rebalancing");
    members.into_iter().for_each(|member| drop(member.close()));
}
