//! Internal topics and the settings Kafka Streams creates them with.

use std::collections::BTreeMap;

use super::topic_name::TopicName;
use crate::stores::{ChangelogKind, StoreDefinition};

/// How much longer than its store a window store's changelog keeps records: one day, as in Kafka Streams
/// (`windowstore.changelog.additional.retention.ms`).
const ADDITIONAL_RETENTION_MS: i64 = 24 * 60 * 60 * 1000;

/// A topic that Millstream creates for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternalTopic {
    /// Its name, without the application id.
    pub name: TopicName,
    /// Its number of partitions if the user set it; otherwise as many as the topics upstream have, or as the
    /// sub-topology has tasks.
    pub partitions: Option<u32>,
    /// Its settings by Kafka's names.
    pub config: BTreeMap<String, String>,
    /// Those among them that the topology gives for this topic alone.
    pub own_config: BTreeMap<String, String>,
}

impl InternalTopic {
    pub(super) fn repartition(name: TopicName, partitions: Option<u32>) -> Self {
        let settings = [("cleanup.policy", "delete"), ("retention.ms", "-1"), ("segment.bytes", "52428800")];
        Self { name, partitions, config: with_create_time(&settings), own_config: BTreeMap::new() }
    }

    pub(super) fn changelog(store: &StoreDefinition) -> Self {
        let mut config = match store.changelog {
            ChangelogKind::Compacted => with_create_time(&[("cleanup.policy", "compact")]),
            ChangelogKind::Windowed { retention_ms } => {
                let retention_ms = retention_ms.saturating_add(ADDITIONAL_RETENTION_MS).to_string();
                with_create_time(&[("cleanup.policy", "compact,delete"), ("retention.ms", &retention_ms)])
            }
        };
        config.extend(store.changelog_config.clone());
        let (name, own_config) =
            (TopicName::internal(format!("{}-changelog", store.name)), store.changelog_config.clone());
        Self { name, partitions: None, config, own_config }
    }

    /// Its settings where the application has some for all of its internal topics: they go before the defaults, and
    /// those that the topology gives for this topic alone go before them.
    pub fn config_under(&self, application: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut config = self.config.clone();
        config.extend(application.clone());
        config.extend(self.own_config.clone());
        config
    }
}

fn with_create_time(settings: &[(&str, &str)]) -> BTreeMap<String, String> {
    let create_time = ("message.timestamp.type", "CreateTime");
    settings.iter().chain([&create_time]).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
