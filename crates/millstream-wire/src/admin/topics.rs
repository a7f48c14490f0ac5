//! Looks up topics and their settings.

use std::collections::BTreeMap;

use millstream_log::LogError;
use millstream_protocol::messages::describe_configs::{DescribeConfigsRequest, DescribeConfigsRequestResource};
use millstream_protocol::messages::metadata::MetadataResponseTopic;
use millstream_protocol::{ErrorCode, Uuid};
use millstream_types::Topic;

use super::outcomes::in_order;
use crate::client::{Cluster, about_topic};

/// The number of topics among resources with settings.
const TOPIC: i8 = 2;

/// A topic that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) partitions: u32,
    /// Its id, which distinguishes it from others of its name; `None` where the broker does not say.
    pub(crate) id: Option<Uuid>,
}

/// Looks up topics.
pub(crate) async fn describe(
    cluster: &Cluster,
    topics: Vec<Topic>,
) -> Result<Vec<(Topic, Result<Description, LogError>)>, LogError> {
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let response = cluster.metadata(Some(topics.clone())).await?;
    Ok(in_order(topics, response.topics.into_iter().filter_map(described).collect()))
}

fn described(topic: MetadataResponseTopic) -> Option<(Topic, Result<Description, LogError>)> {
    let name = Topic::from(topic.name?);
    let description = match ErrorCode(topic.error_code) {
        ErrorCode::NONE if topic.partitions.is_empty() => Err(ErrorCode::LEADER_NOT_AVAILABLE),
        ErrorCode::NONE => Ok(Description {
            partitions: topic.partitions.len() as u32,
            id: Some(topic.topic_id).filter(|id| *id != Uuid::default()),
        }),
        error => Err(error),
    };
    let description = description.map_err(|error| about_topic(error, "", &name));
    Some((name, description))
}

/// The number of partitions of each topic; `None` if it does not exist.
pub(super) async fn counts(cluster: &Cluster, topics: Vec<Topic>) -> Result<Vec<(Topic, Option<u32>)>, LogError> {
    let count = |(topic, description): (Topic, Result<Description, LogError>)| match description {
        Ok(description) => Ok((topic, Some(description.partitions))),
        Err(LogError::UnknownTopic { .. }) => Ok((topic, None)),
        Err(error) => Err(error),
    };
    describe(cluster, topics).await?.into_iter().map(count).collect()
}

/// All topics whose names begin with this, with their numbers of partitions.
pub(super) async fn named(cluster: &Cluster, prefix: &str) -> Result<Vec<(Topic, u32)>, LogError> {
    let response = cluster.metadata(None).await?;
    let found = response.topics.into_iter().filter_map(described);
    let usable = found.filter_map(|(topic, description)| Some((topic, description.ok()?.partitions)));
    Ok(usable.filter(|(topic, _)| topic.as_str().starts_with(prefix)).collect())
}

/// The settings of each topic.
pub(super) async fn settings(
    cluster: &Cluster,
    topics: Vec<Topic>,
) -> Result<Vec<(Topic, Result<BTreeMap<String, String>, LogError>)>, LogError> {
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let resource = |topic: &Topic| DescribeConfigsRequestResource {
        resource_type: TOPIC,
        resource_name: topic.as_str().to_owned(),
        configuration_keys: None,
    };
    let request = DescribeConfigsRequest { resources: topics.iter().map(resource).collect(), ..Default::default() };
    let response = cluster.any(move |_| request.clone()).await?;
    let found = response.results.into_iter().map(|result| {
        let topic = Topic::from(result.resource_name);
        let settings = match ErrorCode(result.error_code) {
            ErrorCode::NONE => {
                Ok(result.configs.into_iter().filter_map(|config| Some((config.name, config.value?))).collect())
            }
            error => Err(about_topic(error, &result.error_message.unwrap_or_default(), &topic)),
        };
        (topic, settings)
    });
    let found = found.collect();
    Ok(in_order(topics, found))
}
