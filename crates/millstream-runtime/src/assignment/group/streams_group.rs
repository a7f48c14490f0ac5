//! What the broker of a streams group (KIP-1071) is told of an application, so that it can assign the tasks.

use std::collections::{BTreeMap, BTreeSet};

use millstream_core::{InternalTopic, PartitionCounts, SubTopology, TopicName};
use millstream_log::{StreamsGroup, StreamsGroupSetting, StreamsSubtopology, StreamsTopic};
use millstream_types::{TaskId, Topic};

use crate::StreamsConfig;
use crate::assignment::WorkPlan;

/// What a member of the group tells the broker, for an application with this plan.
pub(crate) fn streams_group(plan: &WorkPlan, config: &StreamsConfig, process_id: &str) -> StreamsGroup {
    let parts = Parts { counts: &plan.counts, id: &config.application_id, settings: &config.topic_settings };
    let subtopologies = plan.topology.subtopologies().iter().filter_map(|part| {
        let lead = plan.assignment.partition_of(TaskId::new(part.id, 0))?.topic;
        Some(parts.subtopology(part, lead))
    });
    StreamsGroup {
        process_id: process_id.to_owned(),
        endpoint: config.application_server.as_deref().and_then(endpoint),
        client_tags: config.client_tags.clone(),
        subtopologies: subtopologies.collect(),
        settings: settings(config),
    }
}

fn endpoint(server: &str) -> Option<(String, u16)> {
    let (host, port) = server.rsplit_once(':')?;
    Some((host.to_owned(), port.parse().ok()?))
}

/// The settings that the brokers keep, with the values that they must have.
fn settings(config: &StreamsConfig) -> Vec<StreamsGroupSetting> {
    let default = StreamsConfig::new("");
    let setting = |name, set_by, value: String, default: String| StreamsGroupSetting {
        name,
        set_by,
        is_default: value == default,
        value,
    };
    let of = |name, set_by, value: fn(&StreamsConfig) -> String| setting(name, set_by, value(config), value(&default));
    vec![
        of("streams.session.timeout.ms", "session_timeout", |it| it.session_timeout.as_millis().to_string()),
        of("streams.num.standby.replicas", "standby_replicas", |it| it.standby_replicas.to_string()),
        of("streams.num.warmup.replicas", "max_warmup_replicas", |it| it.max_warmup_replicas.to_string()),
        of("streams.acceptable.recovery.lag", "acceptable_recovery_lag", |it| it.acceptable_recovery_lag.to_string()),
        of("streams.rack.aware.assignment.tags", "rack_aware_assignment_tags", |it| {
            it.rack_aware_assignment_tags.join(",")
        }),
    ]
}

/// What the names and the numbers of partitions of topics depend on.
struct Parts<'a> {
    counts: &'a PartitionCounts,
    id: &'a str,
    settings: &'a BTreeMap<String, String>,
}

impl Parts<'_> {
    fn subtopology(&self, part: &SubTopology, lead: Topic) -> StreamsSubtopology {
        let resolve = |name: &TopicName| name.resolve(self.id);
        let is_repartition = |name: &TopicName| part.repartition_topics.iter().any(|topic| topic.name == *name);
        let sources = part.sources.iter().map(|source| &source.topic).filter(|name| !is_repartition(name));
        let changelogs = part.stores.iter().filter_map(|store| store.changelog.as_ref());
        let group = |names: &Vec<TopicName>| names.iter().map(resolve).collect::<BTreeSet<Topic>>();
        StreamsSubtopology {
            source_topics: sources.map(resolve).collect(),
            repartition_sources: part.repartition_topics.iter().map(|topic| self.repartition(topic)).collect(),
            repartition_sinks: part.sinks.iter().filter(|sink| sink.internal).map(resolve).collect(),
            changelogs: changelogs.map(|topic| self.topic(topic, self.counts.tasks(part.id))).collect(),
            copartitioned: part.copartitioned.iter().filter(|names| names.len() > 1).map(group).collect(),
            ..StreamsSubtopology::new(part.id, lead)
        }
    }

    fn repartition(&self, topic: &InternalTopic) -> StreamsTopic {
        self.topic(topic, self.counts.partitions(&topic.name).unwrap_or(0))
    }

    fn topic(&self, topic: &InternalTopic, partitions: u32) -> StreamsTopic {
        StreamsTopic { name: topic.name.resolve(self.id), partitions, config: topic.config_under(self.settings) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use millstream_core::StreamsBuilder;

    use super::*;

    #[test]
    fn the_broker_is_told_all_topics_of_each_sub_topology() {
        let builder = StreamsBuilder::new();
        let words = builder.stream::<String, String>("in").select_key(|_, value: &String| value.clone());
        words.group_by_key().count("words").to_stream().to("out");
        let topology = builder.build().unwrap();
        let counts = PartitionCounts::resolve(topology.subtopologies(), |_| Some(3)).unwrap();
        let settings = BTreeMap::from([("retention.bytes".to_owned(), "7".to_owned())]);
        let parts = Parts { counts: &counts, id: "app", settings: &settings };
        let [first, second] = topology.subtopologies() else { panic!("two sub-topologies") };
        let first = parts.subtopology(first, "in".into());
        assert_eq!(first.source_topics, ["in".into()].into());
        assert!(first.changelogs.is_empty() && first.repartition_sources.is_empty());
        assert_eq!(first.repartition_sinks.len(), 1, "`out` is none");
        let repartition = first.repartition_sinks.iter().next().unwrap();
        let second = parts.subtopology(second, repartition.clone());
        assert!(second.source_topics.is_empty() && second.repartition_sinks.is_empty());
        let [source] = &second.repartition_sources[..] else { panic!("{second:?}") };
        assert_eq!((&source.name, source.partitions), (repartition, 3));
        let [changelog] = &second.changelogs[..] else { panic!("{second:?}") };
        assert_eq!((changelog.name.as_str(), changelog.partitions), ("app-words-changelog", 3));
        assert_eq!(changelog.config["retention.bytes"], "7");
        assert!(changelog.config.contains_key("cleanup.policy"));
    }

    #[test]
    fn settings_of_the_group_have_the_values_of_the_application() {
        let tags = vec!["zone".to_owned(), "rack".to_owned()];
        let config =
            StreamsConfig { standby_replicas: 1, rack_aware_assignment_tags: tags, ..StreamsConfig::new("app") };
        let told: Vec<_> = settings(&config).into_iter().map(|it| (it.set_by, it.value, it.is_default)).collect();
        let expected = [
            ("session_timeout", "45000", true),
            ("standby_replicas", "1", false),
            ("max_warmup_replicas", "2", true),
            ("acceptable_recovery_lag", "10000", true),
            ("rack_aware_assignment_tags", "zone,rack", false),
        ];
        assert_eq!(told, expected.map(|(name, value, is_default)| (name, value.to_owned(), is_default)));
    }

    #[test]
    fn a_server_is_a_host_and_a_port() {
        assert_eq!(endpoint("host:80"), Some(("host".to_owned(), 80)));
        assert_eq!(endpoint("::1:80"), Some(("::1".to_owned(), 80)));
        assert_eq!(endpoint("host"), None);
    }
}
