//! Members with another topology.

use millstream_core::{StreamsBuilder, Topology};

use super::fixture::{Group, Member, counting, named, tasks};
use super::*;

/// Counts the records of both topics in one sub-topology.
fn merged(store: &str) -> Topology {
    let builder = StreamsBuilder::new();
    let (words, lines) = (builder.stream::<String, String>("words"), builder.stream::<String, String>("lines"));
    words.merge(&lines).group_by_key().count(store);
    builder.build().unwrap()
}

/// Copies the records of both topics in one sub-topology.
fn copying() -> Topology {
    let builder = StreamsBuilder::new();
    let (words, lines) = (builder.stream::<String, String>("words"), builder.stream::<String, String>("lines"));
    words.merge(&lines).to("out");
    builder.build().unwrap()
}

/// The topics of each member's partitions.
fn owned(group: &Group) -> Vec<Vec<&str>> {
    let topics = |member: usize| {
        let topics: BTreeSet<&str> = group.members[member].owned.iter().map(|it| it.topic.as_str()).collect();
        topics.into_iter().collect()
    };
    (0..group.members.len()).map(topics).collect()
}

/// The new sub-topology is in front, so that the others have other numbers.
#[test]
fn a_sub_topology_that_the_leader_does_not_have_waits_until_it_leaves() {
    let mut group = Group::of(&["words", "lines", "added"], 2);
    group.add_process(&counting(&["words", "lines"]), named("old"), 1);
    group.settle();
    group.add_process(&counting(&["added", "words", "lines"]), named("new"), 1);
    group.settle_with_probing();
    assert_eq!(owned(&group), [["lines", "words"], ["lines", "words"]]);
    assert!(group.assigned().contains("with another topology: new"), "{}", group.assigned());
    let refused = group.members[1].told.refused.clone().unwrap();
    assert!(refused.contains("without the sub-topologies that read `added`; their tasks start when"), "{refused}");
    assert_eq!(group.members[0].told.refused, None);
    // By the numbers of the leader they are 0 and 1.
    assert!(group.members[1].active().iter().all(|task| task.subtopology > 0));
    assert_eq!(group.members[1].told.active, group.members[1].active());

    group.members.remove(0);
    group.settle();
    assert_eq!(owned(&group), [["added", "lines", "words"]]);
    assert_eq!(group.members[0].told.refused, None);
}

/// The same with the new one at the end, where no number differs: the member was not told that something waits.
#[test]
fn one_that_was_added_at_the_end_is_told_to_wait_too() {
    let mut group = Group::of(&["words", "added"], 2);
    group.add_process(&counting(&["words"]), named("old"), 1);
    group.add_process(&counting(&["words", "added"]), named("new"), 1);
    group.settle();
    let refused = group.members[1].told.refused.clone().unwrap();
    assert!(refused.contains("without the sub-topologies that read `added`"), "{refused}");
}

#[test]
fn one_that_the_new_leader_does_not_have_ends_and_the_others_go_on() {
    let mut group = Group::of(&["words", "lines"], 2);
    group.add_process(&counting(&["lines"]), named("new"), 1);
    group.add_process(&counting(&["words", "lines"]), named("old"), 1);
    group.members[1].owned = vec![TopicPartition::new("words", 0), TopicPartition::new("words", 1)];
    group.settle_with_probing();
    assert_eq!(owned(&group), [["lines"], ["lines"]]);
    let active: Vec<BTreeSet<TaskId>> = group.members.iter().map(Member::active).collect();
    assert!(tasks(0, 0..2).is_superset(&active[0]) && tasks(1, 0..2).is_superset(&active[1]), "{active:?}");
}

/// The old one reads `words` too, by the lead topic `lines`: so nobody owns `words`, and it was given away while the old task read it.
#[test]
fn the_tasks_of_a_sub_topology_that_was_split_start_after_the_old_ones_have_ended() {
    let mut group = Group::of(&["words", "lines"], 2);
    group.add_process(&merged("all"), named("old"), 1);
    group.settle();
    assert_eq!(owned(&group), [["lines"]]);
    group.add_process(&counting(&["words", "lines"]), named("new"), 1);
    group.members.swap(0, 1);
    assert!(group.rebalance());
    assert_eq!(owned(&group), [[""; 0], []], "the old one gives away what it has first");
    assert!(group.assigned().contains("no member had it, being revoked"), "{}", group.assigned());
    group.settle();
    assert_eq!(owned(&group), [vec!["lines", "words"], vec![]]);
}

/// Two members have parts of what is one task in the leader's topology.
#[test]
fn the_tasks_of_sub_topologies_that_were_merged_start_after_the_old_ones_have_ended() {
    let mut group = Group::of(&["words", "lines"], 2);
    group.add_process(&counting(&["words", "lines"]), named("old"), 1);
    group.add_process(&counting(&["words", "lines"]), named("other"), 1);
    // Nobody has the lead topic of the merged one, but the other topic is still read.
    group.members[0].owned = vec![TopicPartition::new("words", 0)];
    group.members[1].owned = vec![TopicPartition::new("words", 1)];
    group.add_process(&merged("all"), named("new"), 1);
    group.members.swap(0, 2);
    assert!(group.rebalance());
    assert_eq!(owned(&group), [[""; 0], [], []]);
    group.settle();
    assert_eq!(owned(&group), [vec!["lines"], vec![], vec![]]);
}

#[test]
fn a_standby_that_waits_to_become_active_is_kept() {
    let mut group = Group::of(&["words", "lines", "added"], 2);
    group.settings(|config| config.standby_replicas = 1);
    group.add_process(&counting(&["words", "lines"]), named("old"), 1);
    group.add_process(&counting(&["words", "lines"]), named("other"), 1);
    group.settle_with_probing();
    // The owner of some tasks is gone, and a new one has tasks of another topology.
    group.members.remove(1);
    let had: BTreeSet<TaskId> = group.members[0].told.standby.clone();
    group.add_process(&counting(&["added"]), named("new"), 1);
    group.members[1].owned = vec![TopicPartition::new("added", 0)];
    group.rebalance();
    assert_eq!((had.len(), &group.members[0].told.standby), (2, &had));
    assert_eq!(group.members[0].owned.len(), 2);
    group.settle();
    assert!(group.members[0].active().is_superset(&had));
}

/// A topic has grown between the starts of two members, so that another one leads. The result was refused, and nobody got anything.
#[test]
fn a_member_with_another_lead_topic_gets_none_of_its_tasks() {
    let mut group = Group::of(&["words", "lines"], 2);
    group.add_process(&copying(), named("old"), 1);
    group.settle();
    group.partitions.insert("words".into(), 3);
    group.add_process(&copying(), named("new"), 1);
    group.members.swap(0, 1);
    group.settle();
    assert_eq!(group.faults, [""; 0]);
    assert_eq!(owned(&group), [vec!["words"], vec![]]);
}

/// A directory is named by the number of its task, and the number may have been another sub-topology's.
#[test]
fn what_is_on_disk_counts_for_tasks_with_the_same_stores_only() {
    let mut group = Group::of(&["words", "added"], 2);
    group.add_process(&counting(&["added", "words"]), named("one"), 1);
    group.set_disk(
        0,
        &[
            (TaskId::new(0, 0), 10, &["words-counts"]),
            (TaskId::new(1, 0), 20, &["words-counts"]),
            (TaskId::new(1, 1), 30, &[]),
            (TaskId::new(7, 0), 40, &["words-counts"]),
        ],
    );
    let on_disk = group.says(0).report.unwrap().on_disk;
    assert_eq!(on_disk, [(TaskId::new(1, 0), CopyState::At { offset_sum: 20 })].into());
}
