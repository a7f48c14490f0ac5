//! Deletes records.

use std::collections::BTreeMap;

use millstream_log::LogError;
use millstream_protocol::ErrorCode;
use millstream_protocol::messages::delete_records::{
    DeleteRecordsRequest, DeleteRecordsRequestPartition, DeleteRecordsRequestTopic, DeleteRecordsResponse,
};
use millstream_types::{Offset, Topic, TopicPartition};

use super::leaders::{self, at_leaders};
use super::offsets;
use super::outcomes::{PATIENCE, in_order};
use crate::client::{Cluster, Lane, about_partition};

/// For each partition, its new first offset.
type Deleted = Vec<(TopicPartition, Result<Offset, LogError>)>;

/// Deletes the records before these offsets.
pub(super) async fn delete_records(
    cluster: &Cluster,
    requested: Vec<(TopicPartition, Offset)>,
) -> Result<Deleted, LogError> {
    let mut deleted = at_leaders(cluster, requested.clone(), |cluster, broker, about| async move {
        let build = move |_| request(&about);
        cluster.call(broker, Lane::General, PATIENCE, build).await.map(results)
    })
    .await?;
    let offsets: BTreeMap<&TopicPartition, Offset> = requested.iter().map(|(it, offset)| (it, *offset)).collect();
    let is_out_of_range = |result: &Result<Offset, LogError>| matches!(result, Err(LogError::OffsetOutOfRange { .. }));
    let out_of_range = deleted.iter().filter(|(_, result)| is_out_of_range(result)).map(|(it, _)| it.clone());
    for (partition, range) in offsets::ranges(cluster, out_of_range.collect()).await? {
        if let (Some(offset), Ok((start, end))) = (offsets.get(&partition), range) {
            let error = LogError::OffsetOutOfRange { partition: partition.clone(), offset: *offset, start, end };
            deleted.insert(partition, Err(error));
        }
    }
    Ok(in_order(requested.into_iter().map(|(partition, _)| partition), deleted))
}

fn request(about: &[(TopicPartition, Offset)]) -> DeleteRecordsRequest {
    let topics = leaders::by_topic(about, |number, offset: &Offset| DeleteRecordsRequestPartition {
        partition_index: number,
        offset: offset.number(),
    });
    let topic = |(name, partitions): (&Topic, Vec<_>)| DeleteRecordsRequestTopic { name: name.to_string(), partitions };
    let timeout_ms = PATIENCE.as_millis() as i32;
    DeleteRecordsRequest { topics: topics.into_iter().map(topic).collect(), timeout_ms }
}

/// The range of an offset out of range is not known yet.
fn results(response: DeleteRecordsResponse) -> Deleted {
    let mut results = Vec::new();
    for topic in response.topics {
        for found in topic.partitions {
            let Ok(number) = u32::try_from(found.partition_index) else { continue };
            let partition = TopicPartition::new(topic.name.as_str(), number);
            let (offset, start, end) = (Offset::ZERO, Offset::ZERO, Offset::ZERO);
            let result = match ErrorCode(found.error_code) {
                ErrorCode::NONE => Ok(Offset::new(found.low_watermark)),
                ErrorCode::OFFSET_OUT_OF_RANGE => {
                    Err(LogError::OffsetOutOfRange { partition: partition.clone(), offset, start, end })
                }
                error => Err(about_partition(error, "", &partition)),
            };
            results.push((partition, result));
        }
    }
    results
}
