//! Partition counts: upstream, enforced, co-partitioned, missing.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::partitioning::Partitioning;
use crate::topology::SourceTopic;

fn name(topic: &str) -> TopicName {
    match topic.strip_prefix('@') {
        Some(topic) => TopicName::internal(topic),
        None => TopicName::external(topic),
    }
}

fn names(topics: &[&str]) -> Vec<TopicName> {
    topics.iter().map(|topic| name(topic)).collect()
}

/// A sub-topology that reads and writes these topics; an `@` before a name makes it internal, and a `=n` behind an
/// internal source says how many partitions the user gave it.
fn part(id: u32, sources: &[&str], sinks: &[&str], copartitioned: &[&[&str]]) -> SubTopology {
    let split = |source: &str| {
        let (topic, count) = source.split_once('=').unwrap_or((source, ""));
        (name(topic), count.parse().ok())
    };
    let sources: Vec<(TopicName, Option<u32>)> = sources.iter().map(|source| split(source)).collect();
    let repartitions = sources.iter().filter(|(topic, _)| topic.internal);
    SubTopology {
        id,
        digest: 0,
        repartition_topics: repartitions
            .map(|(topic, count)| InternalTopic::repartition(topic.clone(), *count))
            .collect(),
        sources: sources
            .into_iter()
            .map(|(topic, _)| SourceTopic {
                topic,
                by_pattern: false,
                node: "source".into(),
                reset: None,
                partitioning: Partitioning::ByKey,
            })
            .collect(),
        patterns: Vec::new(),
        assignment_topic: None,
        sinks: names(sinks),
        stores: Vec::new(),
        node_names: Vec::new(),
        copartitioned: copartitioned.iter().map(|group| names(group)).collect(),
        is_global: false,
        nodes: Vec::new(),
        source_nodes: Vec::new(),
    }
}

/// `a2` has two partitions, `b3` three: the digit behind a name is its count; names without one are missing.
fn existing(topic: &TopicName) -> Option<u32> {
    topic.name.chars().last()?.to_digit(10)
}

fn check(parts: &[SubTopology], expected: &[(&str, u32)]) {
    let counts = PartitionCounts::resolve(parts, existing).unwrap();
    for (topic, count) in expected {
        assert_eq!(counts.partitions(&name(topic)), Some(*count), "partitions of {topic}");
    }
}

fn check_error(parts: &[SubTopology], expected: &str) {
    let message = PartitionCounts::resolve(parts, existing).unwrap_err().to_string();
    assert!(message.contains(expected), "`{message}` should contain `{expected}`");
}

#[test]
fn a_repartition_topic_follows_the_largest_topic_upstream() {
    check(&[part(0, &["a2", "b3"], &["@r"], &[]), part(1, &["@r"], &[], &[])], &[("@r", 3)]);
}

#[test]
fn counts_pass_through_a_chain_whatever_its_order() {
    let parts = [part(0, &["@s"], &[], &[]), part(1, &["@r"], &["@s"], &[]), part(2, &["a4"], &["@r"], &[])];
    check(&parts, &[("@r", 4), ("@s", 4)]);
}

#[test]
fn a_loop_of_repartition_topics_ends() {
    check(&[part(0, &["a2", "@r"], &["@s"], &[]), part(1, &["@s"], &["@r"], &[])], &[("@r", 2), ("@s", 2)]);
}

#[test]
fn an_enforced_count_stands_and_counts_downstream() {
    let parts = [part(0, &["a2"], &["@r"], &[]), part(1, &["@r=7"], &["@s"], &[]), part(2, &["@s"], &[], &[])];
    check(&parts, &[("@r", 7), ("@s", 7)]);
}

#[test]
fn external_topics_of_a_join_must_agree() {
    check_error(
        &[part(0, &["a2", "b3"], &[], &[&["a2", "b3"]])],
        "`a2` (2 partitions), `b3` (3 partitions); create them again with equal numbers, or put `repartition()`",
    );
}

/// Rule 113.
#[test]
fn repartition_topics_adapt_to_the_external_topic_they_are_joined_with() {
    let parts = [part(0, &["a5"], &["@r"], &[]), part(1, &["@r", "b3"], &[], &[&["@r", "b3"]])];
    check(&parts, &[("@r", 3)]);
    assert_eq!(PartitionCounts::resolve(&parts, existing).unwrap().tasks(1), 3);
}

#[test]
fn an_enforced_count_must_fit_the_external_topic() {
    let parts = [part(0, &["a5"], &["@r"], &[]), part(1, &["@r=4", "b3"], &[], &[&["@r", "b3"]])];
    check_error(&parts, "`r` was given 4 partitions, but is joined with `b3` (3 partitions)");
}

/// Rule 113.
#[test]
fn joined_repartition_topics_take_the_largest_count() {
    let parts =
        [part(0, &["a2"], &["@r"], &[]), part(1, &["b5"], &["@s"], &[]), part(2, &["@r", "@s"], &[], &[&["@r", "@s"]])];
    check(&parts, &[("@r", 5), ("@s", 5)]);
}

/// Rule 113.
#[test]
fn joined_repartition_topics_take_the_count_one_was_given() {
    let parts = [
        part(0, &["a9"], &["@r"], &[]),
        part(1, &["b5"], &["@s"], &[]),
        part(2, &["@r", "@s=2"], &[], &[&["@r", "@s"]]),
    ];
    check(&parts, &[("@r", 2), ("@s", 2)]);
}

#[test]
fn enforced_counts_of_a_join_must_agree() {
    let parts = [part(0, &["a2"], &["@r", "@s"], &[]), part(1, &["@r=2", "@s=4"], &[], &[&["@r", "@s"]])];
    check_error(&parts, "were given `r` (2 partitions), `s` (4 partitions)");
}

#[test]
fn all_missing_sources_are_named_at_once() {
    check_error(
        &[part(0, &["lines", "a1", "words"], &[], &[])],
        "topics that do not exist: `lines`, `words`; create them",
    );
}

#[test]
fn a_repartition_topic_without_a_source_needs_a_number() {
    check_error(&[part(0, &["@r"], &[], &[])], "repartition topic `r`");
    check(&[part(0, &["@r=3"], &[], &[])], &[("@r", 3)]);
}

#[test]
fn internal_topics_carry_the_application_id_and_their_counts() {
    let parts = [part(0, &["a2"], &["@r-repartition"], &[]), part(1, &["@r-repartition"], &[], &[])];
    let counts = PartitionCounts::resolve(&parts, existing).unwrap();
    let internal: Vec<_> =
        counts.internal_topics(&parts, "app").map(|(topic, count, _)| (topic.to_string(), count)).collect();
    assert_eq!(internal, [("app-r-repartition".to_owned(), 2)]);
}

/// `k = a.select_key(); t1 = b.select_key().to_table(); k.join(&t1); x.join(&t1)`: all of them are joined with `x`.
#[test]
fn groups_that_share_a_topic_are_one_group() {
    let parts = [
        part(0, &["a3"], &["@k"], &[]),
        part(1, &["b5"], &["@t"], &[]),
        part(2, &["@k", "@t", "x8"], &[], &[&["@k", "@t"], &["@t", "x8"]]),
    ];
    check(&parts, &[("@k", 8), ("@t", 8)]);
    assert_eq!(PartitionCounts::resolve(&parts, existing).unwrap().tasks(2), 8);
}

#[test]
fn a_conflict_by_way_of_others_names_topics_and_counts() {
    let parts = [part(0, &["a3"], &["@t"], &[]), part(1, &["@t", "x8", "y5"], &[], &[&["@t", "x8"], &["@t", "y5"]])];
    check_error(&parts, "but have `x8` (8 partitions), `y5` (5 partitions)");
    let parts =
        [part(0, &["a3"], &["@s", "@t"], &[]), part(1, &["@s=4", "@t", "x8"], &[], &[&["@s", "@t"], &["@t", "x8"]])];
    check_error(&parts, "`s` was given 4 partitions, but is joined with `x8` (8 partitions)");
}

/// Calls `check` with every order of `items`.
fn permutations<T: Clone>(items: &[T], check: &mut dyn FnMut(&[T])) {
    fn go<T: Clone>(items: &mut Vec<T>, from: usize, check: &mut dyn FnMut(&[T])) {
        if from == items.len() {
            return check(items);
        }
        for at in from..items.len() {
            items.swap(from, at);
            go(items, from + 1, check);
            items.swap(from, at);
        }
    }
    go(&mut items.to_vec(), 0, check);
}

/// Joins in chains, stars and rings, with counts that agree and counts that do not: the outcome, error or counts, is the
/// same whatever is declared first and on whichever side.
#[test]
fn the_order_of_declaration_makes_no_difference() {
    let cases: [&[[&str; 2]]; 6] = [
        &[["@k", "@t"], ["@t", "x8"]],
        &[["@k", "@t"], ["@t", "@u"], ["@u", "@v"], ["x8", "@v"]],
        &[["@t", "@k"], ["@t", "@u"], ["@t", "@v"], ["@t", "@w"]],
        &[["@k", "@t"], ["@t", "@u"], ["@u", "@k"]],
        &[["@k", "@t"], ["@u", "@v"], ["@t", "x8"], ["@v", "y5"]],
        &[["@k", "@t"], ["@t", "x8"], ["@k", "y5"], ["@u", "z8"]],
    ];
    for groups in cases {
        let mut expected = None;
        permutations(groups, &mut |groups| {
            for turned in 0..1_u32 << groups.len() {
                let side = |number: usize, [left, right]: [&'static str; 2]| {
                    if turned >> number & 1 == 0 { vec![left, right] } else { vec![right, left] }
                };
                let sides: Vec<Vec<&str>> =
                    groups.iter().enumerate().map(|(number, group)| side(number, *group)).collect();
                let sides: Vec<&[&str]> = sides.iter().map(Vec::as_slice).collect();
                let repartitions = ["@k", "@t", "@u", "@v", "@w"];
                let parts = [
                    part(0, &["a3"], &["@k", "@u"], &[]),
                    part(1, &["b5"], &["@t", "@v", "@w"], &[]),
                    part(2, &[&repartitions[..], &["x8", "y5", "z8"]].concat(), &[], &sides),
                ];
                let outcome = PartitionCounts::resolve(&parts, existing);
                assert_eq!(expected.get_or_insert_with(|| outcome.clone()), &outcome, "{sides:?}");
            }
        });
    }
}

/// A sub-topology that reads these topics because they match a pattern. Its assignment topic has the partitions that the digit at the
/// end of its name says; without a digit it does not exist yet.
fn matching(assignment: &str, matched: &[&str], sinks: &[&str]) -> SubTopology {
    let assignment_topic = InternalTopic { name: TopicName::internal(assignment), ..InternalTopic::assignment("read") };
    SubTopology {
        patterns: vec!["in-.*".into()],
        assignment_topic: Some(assignment_topic),
        ..part(0, matched, sinks, &[])
    }
}

#[test]
fn there_are_as_many_tasks_as_the_largest_topic_that_matches_has_partitions_and_never_fewer() {
    for (assignment, matched, tasks) in [
        ("new", &["in-a2", "in-b3"][..], 3),
        ("had4", &["in-a2", "in-b3"], 4),
        ("had2", &["in-a2", "in-b3"], 3),
        ("had4", &[], 4),
        ("new", &[], 1),
    ] {
        let parts = [matching(assignment, matched, &["out"])];
        let counts = PartitionCounts::resolve(&parts, existing).unwrap();
        let name = TopicName::internal(assignment);
        assert_eq!((counts.tasks(0), counts.partitions(&name)), (tasks, Some(tasks)), "{assignment} {matched:?}");
    }
}

#[test]
fn repartition_topics_behind_a_pattern_need_a_topic_that_matches() {
    let parts = |assignment, matched: &[&str]| [matching(assignment, matched, &["@r"]), part(1, &["@r"], &[], &[])];
    check(&parts("new", &["in-a5"]), &[("@r", 5)]);
    check(&parts("had4", &[]), &[("@r", 4)]);
    check_error(&parts("new", &[]), "no topic matches the pattern `in-.*`");
}
