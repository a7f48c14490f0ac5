//! Internal topics, with the settings that Kafka Streams gives them.

use std::collections::BTreeMap;

use super::topic_name::TopicName;
use crate::stores::{ChangelogKind, StoreDefinition};

/// How much longer than its store a window store's changelog keeps records: one day, as in Kafka Streams
/// (`windowstore.changelog.additional.retention.ms`).
const ADDITIONAL_RETENTION_MS: i64 = 24 * 60 * 60 * 1000;

/// A topic that Millstream creates: a repartition topic, a changelog, or the topic by which tasks with a pattern are divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternalTopic {
    /// Its name, without the application id.
    pub name: TopicName,
    /// Its number of partitions, if the user set it. Otherwise a repartition topic has as many as the largest topic upstream, and
    /// a changelog as many as the sub-topology has tasks.
    pub partitions: Option<u32>,
    /// Its settings by Kafka's names.
    pub config: BTreeMap<String, String>,
    /// Those of its settings that the topology sets for this topic only.
    pub own_config: BTreeMap<String, String>,
}

impl InternalTopic {
    pub(super) fn repartition(name: TopicName, partitions: Option<u32>) -> Self {
        let settings = [("cleanup.policy", "delete"), ("retention.ms", "-1"), ("segment.bytes", "52428800")];
        Self { name, partitions, config: with_create_time(&settings), own_config: BTreeMap::new() }
    }

    /// The topic by which a group divides the tasks that read topics by the pattern of `source`. It has no records.
    pub(super) fn assignment(source: &str) -> Self {
        let name = TopicName::internal(format!("{source}-assignment"));
        Self {
            name,
            partitions: None,
            config: with_create_time(&[("cleanup.policy", "delete")]),
            own_config: BTreeMap::new(),
        }
    }

    pub(super) fn changelog(store: &StoreDefinition) -> Self {
        let mut config = match store.changelog {
            ChangelogKind::Compacted | ChangelogKind::Buffer => with_create_time(&[("cleanup.policy", "compact")]),
            ChangelogKind::Versioned { history_retention_ms, .. } => {
                let lag_ms = history_retention_ms.saturating_add(ADDITIONAL_RETENTION_MS).to_string();
                with_create_time(&[("cleanup.policy", "compact"), ("min.compaction.lag.ms", &lag_ms)])
            }
            ChangelogKind::Windowed { retention_ms, .. } | ChangelogKind::Sessions { retention_ms } => {
                windowed("compact,delete", retention_ms)
            }
            ChangelogKind::Duplicates { retention_ms } => windowed("delete", retention_ms),
        };
        config.extend(store.changelog_config.clone());
        let (name, own_config) =
            (TopicName::internal(format!("{}-changelog", store.name)), store.changelog_config.clone());
        Self { name, partitions: None, config, own_config }
    }

    /// Its settings in an application with the settings `application` for all internal topics. These override the defaults, and
    /// the settings that the topology sets for this topic only override both.
    ///
    /// # Examples
    /// ```
    /// # use std::collections::BTreeMap;
    /// # use millstream_core::{Materialized, StreamsBuilder};
    /// let builder = StreamsBuilder::new();
    /// let counts = Materialized::named("counts").changelog_config("segment.bytes", "1048576");
    /// builder.stream::<String, String>("words").group_by_key().count(counts);
    /// let topology = builder.build()?;
    /// let changelog = topology.subtopologies()[0].stores[0].changelog.as_ref().unwrap();
    ///
    /// let application = [("segment.bytes", "1"), ("cleanup.policy", "compact,delete")];
    /// let application = application.map(|(name, value)| (name.to_owned(), value.to_owned()));
    /// let config = changelog.config_under(&BTreeMap::from(application));
    /// assert_eq!(config["segment.bytes"], "1048576");
    /// assert_eq!(config["cleanup.policy"], "compact,delete");
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    #[must_use]
    pub fn config_under(&self, application: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut config = self.config.clone();
        config.extend(application.clone());
        config.extend(self.own_config.clone());
        config
    }
}

fn windowed(cleanup_policy: &str, retention_ms: i64) -> BTreeMap<String, String> {
    let retention_ms = retention_ms.saturating_add(ADDITIONAL_RETENTION_MS).to_string();
    with_create_time(&[("cleanup.policy", cleanup_policy), ("retention.ms", &retention_ms)])
}

fn with_create_time(settings: &[(&str, &str)]) -> BTreeMap<String, String> {
    let create_time = ("message.timestamp.type", "CreateTime");
    settings.iter().chain([&create_time]).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
