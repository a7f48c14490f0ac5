//! Looks up the committed offsets of a group.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_log::{CommittedOffset, LogError};
use millstream_protocol::ErrorCode;
use millstream_protocol::messages::offset_fetch::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics, OffsetFetchResponse,
};
use millstream_types::{Offset, Topic, TopicPartition};

use super::coordinator::{Coordinator, CoordinatorError};
use crate::client::{Lane, about_group, about_partition};

/// How long the coordinator may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The first version with a list of groups.
const WITH_GROUPS: i16 = 8;

/// The committed offset of each partition; `None` if there is none.
pub(crate) type Committed = Vec<(TopicPartition, Option<CommittedOffset>)>;

/// Looks up the committed offsets of these partitions, or of all. Offsets of transactions that have not ended are waited for.
///
/// # Errors
/// When the coordinator does not respond or refuses; retriable if a repetition may succeed.
pub(crate) async fn committed_offsets(
    coordinator: Coordinator,
    partitions: Option<Vec<TopicPartition>>,
) -> Result<Committed, LogError> {
    let group = coordinator.group_id().to_owned();
    let about = |error, message: &str| about_group(error, message, &group);
    let (id, topics) = (group.clone(), partitions.as_deref().map(by_topic));
    let build = move |version| request(&id, topics.as_ref(), version);
    let response = match coordinator.call(Lane::General, PATIENCE, build, error_of).await {
        Ok(response) => response,
        Err(CoordinatorError::Refused(error, message)) => return Err(about(error, &message)),
        Err(CoordinatorError::Final(error)) => return Err(error),
        Err(CoordinatorError::Unavailable(reason) | CoordinatorError::Silent(reason)) => {
            return Err(LogError::Unavailable { reason });
        }
    };
    match error_of(&response) {
        ErrorCode::NONE => {}
        // Not `RebalanceInProgress`, as for a commit: an open transaction ends.
        error @ ErrorCode::UNSTABLE_OFFSET_COMMIT => return Err(unstable(error)),
        error => return Err(about(error, "")),
    }
    let mut found = read(response)?;
    match partitions {
        None => Ok(found.into_iter().collect()),
        // One that is left out is an error: taken for one without an offset, it would be read from the wrong offset.
        Some(partitions) => partitions
            .into_iter()
            .map(|partition| match found.remove(&partition) {
                Some(offset) => Ok((partition, offset)),
                None => Err(about_partition(ErrorCode::OFFSET_NOT_AVAILABLE, "the response lacks it", &partition)),
            })
            .collect(),
    }
}

fn unstable(error: ErrorCode) -> LogError {
    LogError::Unavailable { reason: format!("a transaction has not ended: {error}") }
}

/// The numbers of partitions by topic.
type ByTopic = BTreeMap<Topic, Vec<i32>>;

fn by_topic(partitions: &[TopicPartition]) -> ByTopic {
    let mut topics = ByTopic::new();
    for partition in partitions {
        topics.entry(partition.topic.clone()).or_default().push(partition.partition.number() as i32);
    }
    topics
}

fn request(group: &str, topics: Option<&ByTopic>, version: i16) -> OffsetFetchRequest {
    if version < WITH_GROUPS {
        let topic = |(name, numbers): (&Topic, &Vec<i32>)| OffsetFetchRequestTopic {
            name: name.to_string(),
            partition_indexes: numbers.clone(),
        };
        let topics = topics.map(|topics| topics.iter().map(topic).collect());
        return OffsetFetchRequest { group_id: group.to_owned(), topics, require_stable: true, ..Default::default() };
    }
    let topic = |(name, numbers): (&Topic, &Vec<i32>)| OffsetFetchRequestTopics {
        name: name.to_string(),
        partition_indexes: numbers.clone(),
    };
    let topics = topics.map(|topics| topics.iter().map(topic).collect());
    let group = OffsetFetchRequestGroup { group_id: group.to_owned(), topics, ..Default::default() };
    OffsetFetchRequest { groups: vec![group], require_stable: true, ..Default::default() }
}

/// The error of the group, or that of the first partition which a repetition of the request would change.
fn error_of(response: &OffsetFetchResponse) -> ErrorCode {
    let of_group = response.groups.first().map_or(response.error_code, |group| group.error_code);
    let of_partitions = response.topics.iter().flat_map(|topic| topic.partitions.iter().map(|it| it.error_code));
    let in_groups = response.groups.iter().flat_map(|group| &group.topics);
    let in_groups = in_groups.flat_map(|topic| topic.partitions.iter().map(|it| it.error_code));
    let all = std::iter::once(of_group).chain(of_partitions).chain(in_groups).map(ErrorCode);
    let mut errors = all.filter(|error| *error != ErrorCode::NONE && error.is_retriable());
    match ErrorCode(of_group) {
        ErrorCode::NONE => errors.next().unwrap_or(ErrorCode::NONE),
        error => error,
    }
}

fn read(response: OffsetFetchResponse) -> Result<BTreeMap<TopicPartition, Option<CommittedOffset>>, LogError> {
    let old = response.topics.into_iter().flat_map(|topic| {
        let of = move |it: millstream_protocol::messages::offset_fetch::OffsetFetchResponsePartition| {
            (topic.name.clone(), it.partition_index, it.error_code, it.committed_offset, it.metadata)
        };
        topic.partitions.into_iter().map(of)
    });
    let new = response.groups.into_iter().flat_map(|group| group.topics).flat_map(|topic| {
        let of = move |it: millstream_protocol::messages::offset_fetch::OffsetFetchResponsePartitions| {
            (topic.name.clone(), it.partition_index, it.error_code, it.committed_offset, it.metadata)
        };
        topic.partitions.into_iter().map(of)
    });
    let mut found = BTreeMap::new();
    for (topic, number, error, offset, metadata) in old.chain(new) {
        let Ok(number) = u32::try_from(number) else { continue };
        let partition = TopicPartition::new(topic, number);
        match ErrorCode(error) {
            ErrorCode::NONE => {}
            error => return Err(about_partition(error, "", &partition)),
        }
        let metadata = metadata.unwrap_or_default();
        let committed = (offset >= 0).then(|| CommittedOffset { offset: Offset::new(offset), metadata });
        found.insert(partition, committed);
    }
    Ok(found)
}
