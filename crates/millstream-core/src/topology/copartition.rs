//! Which topics need equal partition counts: groups that share a topic are one group.

use super::topic_name::TopicName;

/// The groups with those that share a topic united, each group and the list of them in the order of names.
///
/// So neither which join was declared first, nor on which side a stream stood, makes a difference.
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
