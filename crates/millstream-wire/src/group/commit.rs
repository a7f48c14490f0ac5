//! Commits offsets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use millstream_log::{CommittedOffset, LogError};
use millstream_protocol::ErrorCode;
use millstream_protocol::messages::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponse,
};
use millstream_types::{Topic, TopicPartition};

use super::config::MemberSettings;
use super::coordinator::{Coordinator, CoordinatorError, RETRY_AFTER};

use super::member::{Generation, MemberId};
use crate::client::{Lane, about_group, about_partition};

/// How long the coordinator may take for a commit.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a commit is repeated while the coordinator moves.
const RETRY_FOR: Duration = Duration::from_secs(5);

/// Offsets to commit, by a member of a generation.
#[derive(Clone)]
pub(super) struct Commit {
    pub(super) settings: Arc<MemberSettings>,
    pub(super) member: MemberId,
    pub(super) generation: Generation,
    pub(super) offsets: Vec<(TopicPartition, CommittedOffset)>,
}

/// Commits the offsets.
///
/// # Errors
/// When one of them was not committed.
pub(super) async fn commit(coordinator: Coordinator, commit: Commit) -> Result<(), LogError> {
    if commit.offsets.is_empty() {
        return Ok(());
    }
    let until = coordinator.cluster.now() + RETRY_FOR;
    loop {
        let sent = commit.clone();
        let response = coordinator.call(Lane::General, PATIENCE, move |_| request(&sent), first_error).await;
        let result = match response {
            Ok(response) => outcome(&coordinator, &commit, &response),
            Err(CoordinatorError::Refused(error, message)) => Err(about_group(error, &message, coordinator.group_id())),
            Err(CoordinatorError::Final(error)) => Err(error),
            Err(CoordinatorError::Unavailable(reason) | CoordinatorError::Silent(reason)) => {
                Err(LogError::Unavailable { reason })
            }
        };
        match result {
            Err(LogError::Unavailable { .. }) if coordinator.cluster.now() < until => {
                coordinator.cluster.pause(RETRY_AFTER).await;
            }
            result => return result,
        }
    }
}

fn request(commit: &Commit) -> OffsetCommitRequest {
    let mut topics: BTreeMap<&Topic, Vec<OffsetCommitRequestPartition>> = BTreeMap::new();
    for (partition, committed) in &commit.offsets {
        topics.entry(&partition.topic).or_default().push(OffsetCommitRequestPartition {
            partition_index: partition.partition.number() as i32,
            committed_offset: committed.offset.number(),
            committed_leader_epoch: -1,
            committed_metadata: Some(committed.metadata.clone()),
        });
    }
    let topic =
        |(name, partitions): (&Topic, Vec<_>)| OffsetCommitRequestTopic { name: name.as_str().to_owned(), partitions };
    OffsetCommitRequest {
        group_id: commit.settings.group_id.clone(),
        generation_id_or_member_epoch: commit.generation.number(),
        member_id: commit.member.as_str().to_owned(),
        group_instance_id: commit.settings.instance_id.clone(),
        topics: topics.into_iter().map(topic).collect(),
    }
}

fn errors(response: &OffsetCommitResponse) -> impl Iterator<Item = (TopicPartition, ErrorCode)> + '_ {
    response.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|partition| {
            let number = u32::try_from(partition.partition_index).unwrap_or(u32::MAX);
            (TopicPartition::new(topic.name.as_str(), number), ErrorCode(partition.error_code))
        })
    })
}

fn first_error(response: &OffsetCommitResponse) -> ErrorCode {
    errors(response).map(|(_, error)| error).find(|error| *error != ErrorCode::NONE).unwrap_or(ErrorCode::NONE)
}

fn outcome(coordinator: &Coordinator, commit: &Commit, response: &OffsetCommitResponse) -> Result<(), LogError> {
    match errors(response).find(|(_, error)| *error != ErrorCode::NONE) {
        None => all_are_in(commit, response),
        // A topic that was deleted meanwhile is named.
        Some((partition, error @ ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)) => Err(about_partition(error, "", &partition)),
        Some((_, ErrorCode::FENCED_INSTANCE_ID)) => {
            Err(LogError::Fenced { identity: commit.settings.instance_id.clone().unwrap_or_default() })
        }
        Some((_, error)) => Err(about_group(error, "", coordinator.group_id())),
    }
}

/// Checks that the response is about each partition.
fn all_are_in(commit: &Commit, response: &OffsetCommitResponse) -> Result<(), LogError> {
    let committed: BTreeSet<TopicPartition> = errors(response).map(|(partition, _)| partition).collect();
    match commit.offsets.iter().find(|(partition, _)| !committed.contains(partition)) {
        None => Ok(()),
        Some((partition, _)) => {
            Err(about_partition(ErrorCode::OFFSET_NOT_AVAILABLE, "the response lacks it", partition))
        }
    }
}
