//! `Metadata`: the brokers of the cluster, and the leaders of partitions.

use std::collections::BTreeMap;
use std::io::Read;

use millstream_types::{Topic, TopicPartition};

use crate::error::LinkError;
use crate::frame::{Api, RequestFrame, ResponseFrame};

/// Version 9, since Kafka 2.4: the first flexible version.
pub(crate) const API: Api = Api { key: 3, version: 9, is_flexible: true };

/// The broker that leads a partition, and its leader epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leader {
    pub(crate) broker: i32,
    /// −1 if the broker does not report it.
    pub(crate) epoch: i32,
}

/// The brokers of a cluster, and the partitions of some topics.
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    /// The host and port of each broker.
    pub(crate) brokers: BTreeMap<i32, (String, u16)>,
    /// All partitions of the topics that exist, with their leaders if they have one.
    pub(crate) leaders: BTreeMap<TopicPartition, Option<Leader>>,
}

/// Writes a request for these topics, which are not created.
pub(crate) fn request(correlation: i32, client_id: &str, topics: &[Topic]) -> Vec<u8> {
    let mut request = RequestFrame::new(API, correlation, client_id);
    request.count(topics.len());
    for topic in topics {
        request.compact_string(topic.as_str()).no_tags();
    }
    let (creates_topics, with_cluster_acls, with_topic_acls) = (0, 0, 0);
    request.int8(creates_topics).int8(with_cluster_acls).int8(with_topic_acls).no_tags();
    request.finish()
}

/// Reads the response.
pub(crate) fn read<R: Read>(mut response: ResponseFrame<R>) -> Result<Cluster, LinkError> {
    let mut cluster = Cluster::default();
    let _throttle_ms = response.int32()?;
    for _ in 0..response.count(11)? {
        let (id, host, port) = (response.int32()?, response.compact_string()?, response.int32()?);
        let _rack = response.compact_string()?;
        response.skip_tags()?;
        let port =
            u16::try_from(port).map_err(|_| LinkError::Garbled { what: "the port of a broker is out of range" })?;
        cluster.brokers.insert(id, (host, port));
    }
    let _cluster_id = response.compact_string()?;
    let _controller = response.int32()?;
    for _ in 0..response.count(9)? {
        read_topic(&mut response, &mut cluster.leaders)?;
    }
    response.end()?;
    Ok(cluster)
}

fn read_topic<R: Read>(
    response: &mut ResponseFrame<R>,
    leaders: &mut BTreeMap<TopicPartition, Option<Leader>>,
) -> Result<(), LinkError> {
    let _error = response.int16()?;
    let topic = Topic::from(response.compact_string()?);
    let _is_internal = response.int8()?;
    for _ in 0..response.count(18)? {
        let _error = response.int16()?;
        let number = response.int32()?;
        let leader = Leader { broker: response.int32()?, epoch: response.int32()? };
        for _replicas_then_in_sync_then_offline in 0..3 {
            for _ in 0..response.count(4)? {
                response.int32()?;
            }
        }
        response.skip_tags()?;
        if let Ok(number) = u32::try_from(number) {
            leaders
                .insert(TopicPartition::new(topic.clone(), number), Some(leader).filter(|leader| leader.broker >= 0));
        }
    }
    let _authorized_operations = response.int32()?;
    response.skip_tags()
}
