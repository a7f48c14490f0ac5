//! The topics that the patterns of a topology match.

use std::collections::{BTreeMap, BTreeSet};

use millstream_types::Topic;

use super::error::TopologyError;
use super::spec::{NodeId, Spec, matches_read_topic};
use super::topic_name::TopicName;

/// The topics in which brokers keep state of their own.
const KAFKA_TOPICS: [&str; 4] =
    ["__cluster_metadata", "__consumer_offsets", "__share_group_state", "__transaction_state"];

/// How the names of topics end that an application creates, besides its id at their beginning.
const INTERNAL_ENDS: [&str; 3] = ["-assignment", "-changelog", "-repartition"];

/// For each source with a pattern the topics that match it.
#[derive(Default)]
pub(super) struct Matched(BTreeMap<NodeId, Vec<TopicName>>);

impl Matched {
    /// Finds the topics among `known` that match, in the order of their names, except those of `own`.
    ///
    /// # Errors
    /// When a topic matches two patterns.
    pub(super) fn find<'a>(
        spec: &Spec,
        own: &Own,
        known: impl IntoIterator<Item = &'a Topic>,
    ) -> Result<Self, TopologyError> {
        let is_users = |topic: &&str| own.owner_of(topic).is_none();
        let topics: BTreeSet<&str> = known.into_iter().map(Topic::as_str).filter(is_users).collect();
        let mut matched: BTreeMap<NodeId, Vec<TopicName>> =
            spec.patterns().map(|(node, ..)| (node, Vec::new())).collect();
        for topic in topics {
            let mut sources = spec.patterns().filter(|(.., pattern)| pattern.matches(topic));
            let Some((node, first, pattern)) = sources.next() else { continue };
            if let Some((_, other, _)) = sources.next() {
                return Err(matches_read_topic(pattern, &first.name, topic, &other.name));
            }
            matched.entry(node).or_default().push(TopicName::external(topic));
        }
        Ok(Self(matched))
    }

    /// The topics that a source reads: those that it names, or those that match its pattern.
    pub(super) fn topics_of<'a>(&'a self, spec: &'a Spec, node: NodeId) -> &'a [TopicName] {
        match self.0.get(&node) {
            Some(matched) => matched,
            None => spec.node(node).source_topics().map_or(&[], |topics| topics.names()),
        }
    }
}

/// Who writes an internal topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicOwner {
    /// Kafka's brokers, which keep state of their own in it.
    Kafka,
    /// The application: it is an internal topic of this topology, or was perhaps one of an earlier topology.
    Application,
}

/// The topics that no pattern matches: those of Kafka itself, and those that the application has created, also for an earlier topology.
pub(super) struct Own {
    prefix: String,
    names: BTreeSet<Topic>,
}

impl Own {
    /// Those of an application with the internal topics `names`.
    pub(super) fn of(application_id: &str, names: BTreeSet<Topic>) -> Self {
        Self { prefix: format!("{application_id}-"), names }
    }

    /// Whose topic it is; `None` if it is one of the user's.
    pub(super) fn owner_of(&self, topic: &str) -> Option<TopicOwner> {
        let is_earlier = || topic.starts_with(&self.prefix) && INTERNAL_ENDS.iter().any(|end| topic.ends_with(end));
        if KAFKA_TOPICS.contains(&topic) {
            return Some(TopicOwner::Kafka);
        }
        (self.names.contains(topic) || is_earlier()).then_some(TopicOwner::Application)
    }
}
