//! Looks up offsets at the leaders of partitions.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_log::{LogError, OffsetRange};
use millstream_protocol::ErrorCode;
use millstream_protocol::messages::list_offsets::{
    ListOffsetsRequest, ListOffsetsRequestPartition, ListOffsetsRequestTopic, ListOffsetsResponse,
};
use millstream_types::{Offset, Timestamp, Topic, TopicPartition};

use super::leaders::{self, at_leaders};
use crate::client::{Cluster, Lane, about_partition};

/// How long a leader may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A position in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// The first offset.
    Start,
    /// The offset after the last record.
    End,
    /// The first record that is not earlier than this, which is not negative.
    At(Timestamp),
}

impl Position {
    /// Its number in requests.
    fn number(self) -> i64 {
        match self {
            Self::Start => -2,
            Self::End => -1,
            Self::At(time) => time.as_millis(),
        }
    }
}

/// The offsets of partitions; `None` where no record is late enough.
type Offsets = BTreeMap<TopicPartition, Result<Option<Offset>, LogError>>;

/// The offset of each position in its partition, which this broker leads.
pub(crate) async fn list_offsets_at(
    cluster: &Cluster,
    leader: i32,
    positions: Vec<(TopicPartition, Position)>,
) -> Offsets {
    if positions.is_empty() {
        return Offsets::new();
    }
    let partitions: Vec<TopicPartition> = positions.iter().map(|(partition, _)| partition.clone()).collect();
    let build = move |_| request(&positions);
    match cluster.call(leader, Lane::General, PATIENCE, build).await {
        Ok(response) => results(response).into_iter().collect(),
        Err(error) => partitions.into_iter().map(|partition| (partition, Err(error.clone().into()))).collect(),
    }
}

/// The offset of each position, from the leader of its partition.
async fn list_offsets(cluster: &Cluster, positions: Vec<(TopicPartition, Position)>) -> Result<Offsets, LogError> {
    at_leaders(cluster, positions, |cluster, leader, positions| async move {
        Ok(list_offsets_at(&cluster, leader, positions).await.into_iter().collect())
    })
    .await
}

fn request(positions: &[(TopicPartition, Position)]) -> ListOffsetsRequest {
    let topics = leaders::by_topic(positions, |number, position: &Position| ListOffsetsRequestPartition {
        partition_index: number,
        current_leader_epoch: -1,
        timestamp: position.number(),
    });
    let topic = |(name, partitions): (&Topic, Vec<_>)| ListOffsetsRequestTopic { name: name.to_string(), partitions };
    ListOffsetsRequest { replica_id: -1, topics: topics.into_iter().map(topic).collect(), ..Default::default() }
}

fn results(response: ListOffsetsResponse) -> Vec<(TopicPartition, Result<Option<Offset>, LogError>)> {
    let mut results = Vec::new();
    for topic in response.topics {
        for found in topic.partitions {
            let Ok(number) = u32::try_from(found.partition_index) else { continue };
            let partition = TopicPartition::new(topic.name.as_str(), number);
            let offset = match ErrorCode(found.error_code) {
                ErrorCode::NONE => Ok((found.offset >= 0).then(|| Offset::new(found.offset))),
                error => Err(about_partition(error, "", &partition)),
            };
            results.push((partition, offset));
        }
    }
    results
}

/// The first and the end offset of each partition.
pub(super) async fn ranges(
    cluster: &Cluster,
    partitions: Vec<TopicPartition>,
) -> Result<Vec<(TopicPartition, Result<OffsetRange, LogError>)>, LogError> {
    if partitions.is_empty() {
        return Ok(Vec::new());
    }
    let distinct: BTreeSet<TopicPartition> = partitions.iter().cloned().collect();
    let at = |position| distinct.iter().map(move |partition| (partition.clone(), position)).collect();
    let mut starts = list_offsets(cluster, at(Position::Start)).await?;
    let mut ends = list_offsets(cluster, at(Position::End)).await?;
    let missing = |partition: &TopicPartition| {
        let reason = format!("{partition}: the broker returned no offset");
        LogError::Unavailable { reason }
    };
    let range = |partition: TopicPartition| {
        let offset = |found: &mut BTreeMap<_, Result<Option<Offset>, _>>| {
            let found = found.remove(&partition).unwrap_or(Ok(None))?;
            found.ok_or_else(|| missing(&partition))
        };
        let range = offset(&mut starts).and_then(|start| Ok((start, offset(&mut ends)?)));
        (partition, range)
    };
    let mut found: BTreeMap<_, _> = distinct.iter().cloned().map(range).collect();
    let result = |partition: TopicPartition| {
        let range = found.get_mut(&partition).map_or_else(|| Err(missing(&partition)), |range| range.clone());
        (partition, range)
    };
    Ok(partitions.into_iter().map(result).collect())
}
