//! Groups of topics that need equal numbers of partitions. Groups that share a topic are one group.

use super::topic_name::TopicName;

/// Unites the groups that share a topic. Each group, and the list of groups, is sorted by name, so that the result does not
/// depend on the order of declarations or on the sides of a join.
pub(super) fn united<'a>(groups: impl IntoIterator<Item = &'a Vec<TopicName>>) -> Vec<Vec<TopicName>> {
    let mut united: Vec<Vec<TopicName>> = Vec::new();
    for group in groups {
        let shares = |other: &Vec<TopicName>| other.iter().any(|topic| group.contains(topic));
        let (shared, mut others): (Vec<_>, Vec<_>) = united.into_iter().partition(shares);
        let mut all: Vec<TopicName> = shared.into_iter().flatten().chain(group.iter().cloned()).collect();
        all.sort();
        all.dedup();
        others.push(all);
        united = others;
    }
    united.sort();
    united
}
