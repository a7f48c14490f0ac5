//! Explains where the number of partitions of an internal topic comes from.

use millstream_core::{PartitionCounts, SubTopology, TopicName};

/// Explains the number of partitions of an internal topic: a changelog of `reader`, or a repartition topic that it reads.
pub(super) fn why(counts: &PartitionCounts, all: &[SubTopology], reader: &SubTopology, topic: &TopicName) -> String {
    let is_repartition = reader.repartition_topics.iter().any(|repartition| repartition.name == *topic);
    let sources = reader.sources.iter().map(|source| &source.topic);
    let largest = sources.max_by_key(|source| counts.partitions(source));
    let mut cause = if is_repartition { topic } else { largest.unwrap_or(topic) };
    // A chain of repartition topics is at most as long as the number of sub-topologies.
    for _ in all {
        cause = upstream(counts, all, cause).unwrap_or(cause);
    }
    if cause.internal {
        format!("as was said where `{}` is repartitioned", cause.name)
    } else {
        format!("as many as `{}` has", cause.name)
    }
}

/// The topic that determines the partition count of a repartition topic: one that it is co-partitioned with, or one that is
/// read where it is written. `None` for the user's topics, and if the user has set the count.
fn upstream<'a>(counts: &PartitionCounts, all: &'a [SubTopology], topic: &TopicName) -> Option<&'a TopicName> {
    if !is_derived(all, topic) {
        return None;
    }
    let has_same = |other: &&TopicName| *other != topic && counts.partitions(other) == counts.partitions(topic);
    let groups = all.iter().flat_map(|part| &part.copartitioned).filter(|group| group.contains(topic));
    let (derived, given): (Vec<_>, Vec<_>) =
        groups.flatten().filter(has_same).partition(|other| is_derived(all, other));
    let writers = all.iter().filter(|part| part.sinks.contains(topic));
    let read = writers.flat_map(|part| part.sources.iter().map(|source| &source.topic)).filter(has_same);
    given.into_iter().chain(read).chain(derived).min_by_key(|other| other.internal)
}

fn is_derived(all: &[SubTopology], topic: &TopicName) -> bool {
    let mut repartitions = all.iter().flat_map(|part| &part.repartition_topics);
    repartitions.any(|repartition| repartition.name == *topic && repartition.partitions.is_none())
}
