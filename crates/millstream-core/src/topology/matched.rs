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
    /// Finds the topics among `known` that match, in the order of their names; `internal` are the internal topics of the topology.
    ///
    /// # Errors
    /// When a topic matches two patterns.
    pub(super) fn find<'a>(
        spec: &Spec,
        internal: BTreeSet<Topic>,
        application_id: &str,
        known: impl IntoIterator<Item = &'a Topic>,
    ) -> Result<Self, TopologyError> {
        let own = Own { prefix: format!("{application_id}-"), names: internal };
        let topics: BTreeSet<&str> = known.into_iter().map(Topic::as_str).filter(|topic| !own.has(topic)).collect();
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

/// The topics that no pattern matches: those of Kafka itself, and those that the application has created, also for an earlier topology.
struct Own {
    prefix: String,
    names: BTreeSet<Topic>,
}

impl Own {
    fn has(&self, topic: &str) -> bool {
        let is_earlier = || topic.starts_with(&self.prefix) && INTERNAL_ENDS.iter().any(|end| topic.ends_with(end));
        KAFKA_TOPICS.contains(&topic) || self.names.contains(topic) || is_earlier()
    }
}
