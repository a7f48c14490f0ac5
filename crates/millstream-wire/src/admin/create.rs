//! Creates topics, and adds partitions.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_log::{LogError, NewTopic};
use millstream_protocol::ErrorCode;
use millstream_protocol::messages::create_partitions::{CreatePartitionsRequest, CreatePartitionsRequestTopic};
use millstream_protocol::messages::create_topics::{
    CreateTopicsRequest, CreateTopicsRequestCreatableTopic, CreateTopicsRequestCreatableTopicConfig,
};
use millstream_types::Topic;

use super::outcomes::{PATIENCE, in_order};
use super::topics;
use crate::client::{Cluster, about_topic};

/// How often new topics are looked up until the brokers know them.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// How long new topics are looked up. After that, the creation succeeds although not all brokers know them.
const LOOK_FOR: Duration = Duration::from_secs(5);

/// The most partitions of a topic that brokers accept.
const PARTITIONS_MAX: u32 = 100_000;

/// How long the brokers may take by their own clocks.
const TIMEOUT_MS: i32 = PATIENCE.as_millis() as i32;

/// For each topic, whether it was changed.
type Outcomes = Vec<(Topic, Result<(), LogError>)>;

/// Creates topics, and waits until brokers know them.
pub(super) async fn create(
    cluster: &Cluster,
    topics: Vec<NewTopic>,
    replicas: Option<u16>,
) -> Result<Outcomes, LogError> {
    let names: Vec<Topic> = topics.iter().map(|topic| topic.name.clone()).collect();
    let (valid, invalid): (Vec<_>, Vec<_>) = topics.into_iter().partition(|topic| is_possible(topic.partitions));
    let refusal = |topic: NewTopic| (topic.name.clone(), Err(impossible(&topic.name, topic.partitions)));
    let mut outcomes: BTreeMap<_, _> = invalid.into_iter().map(refusal).collect();
    if !valid.is_empty() {
        let request = CreateTopicsRequest {
            topics: valid.into_iter().map(|topic| creatable(topic, replicas)).collect(),
            timeout_ms: TIMEOUT_MS,
            ..Default::default()
        };
        let response = cluster.controller(PATIENCE, move |_| request.clone()).await?;
        outcomes.extend(response.topics.into_iter().map(|result| {
            let topic = Topic::from(result.name);
            let outcome = outcome(result.error_code, result.error_message, &topic);
            (topic, outcome)
        }));
    }
    let outcomes = in_order(names, outcomes);
    await_known(cluster, &outcomes).await;
    Ok(outcomes)
}

fn creatable(topic: NewTopic, replicas: Option<u16>) -> CreateTopicsRequestCreatableTopic {
    let config = |(name, value)| CreateTopicsRequestCreatableTopicConfig { name, value: Some(value) };
    CreateTopicsRequestCreatableTopic {
        name: topic.name.as_str().to_owned(),
        num_partitions: topic.partitions as i32,
        replication_factor: replicas.map_or(-1, |replicas| i16::try_from(replicas).unwrap_or(i16::MAX)),
        assignments: Vec::new(),
        configs: topic.config.into_iter().map(config).collect(),
    }
}

/// Looks up the topics that were created until a broker knows all of them.
async fn await_known(cluster: &Cluster, outcomes: &Outcomes) {
    let created = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).map(|(topic, _)| topic.clone());
    let (created, until) = (created.collect::<Vec<_>>(), cluster.now() + LOOK_FOR);
    while cluster.now() < until {
        let found = topics::describe(cluster, created.clone()).await;
        if found.is_ok_and(|found| found.iter().all(|(_, description)| description.is_ok())) {
            return;
        }
        cluster.pause(LOOK_AGAIN_AFTER).await;
    }
}

/// Gives topics so many partitions. A broker refuses the number that a topic has already, or fewer.
pub(super) async fn add_partitions(cluster: &Cluster, topics: Vec<(Topic, u32)>) -> Result<Outcomes, LogError> {
    if let Some((topic, count)) = topics.iter().find(|(_, count)| !is_possible(*count)) {
        return Err(impossible(topic, *count));
    }
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let grown = |(topic, count): &(Topic, u32)| CreatePartitionsRequestTopic {
        name: topic.as_str().to_owned(),
        count: *count as i32,
        assignments: None,
    };
    let request = CreatePartitionsRequest {
        topics: topics.iter().map(grown).collect(),
        timeout_ms: TIMEOUT_MS,
        ..Default::default()
    };
    let response = cluster.controller(PATIENCE, move |_| request.clone()).await?;
    let outcomes = response.results.into_iter().map(|result| {
        let topic = Topic::from(result.name);
        let outcome = match ErrorCode(result.error_code) {
            ErrorCode::INVALID_PARTITIONS => Ok(()),
            _ => outcome(result.error_code, result.error_message, &topic),
        };
        (topic, outcome)
    });
    let outcomes = outcomes.collect();
    Ok(in_order(topics.into_iter().map(|(topic, _)| topic), outcomes))
}

fn outcome(error: i16, message: Option<String>, topic: &Topic) -> Result<(), LogError> {
    match ErrorCode(error) {
        ErrorCode::NONE => Ok(()),
        error => Err(about_topic(error, &message.unwrap_or_default(), topic)),
    }
}

fn is_possible(partitions: u32) -> bool {
    (1..=PARTITIONS_MAX).contains(&partitions)
}

fn impossible(topic: &Topic, partitions: u32) -> LogError {
    let reason =
        format!("topic `{topic}` cannot have {partitions} partitions: the number must be from 1 to {PARTITIONS_MAX}");
    LogError::Invalid { reason }
}
