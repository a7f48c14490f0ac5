//! Which brokers there are, and which of them leads each partition.

use std::collections::BTreeMap;
use std::io::Read;

use millstream_types::{Topic, TopicPartition};

use crate::error::LinkError;
use crate::frame::{Answer, Api, Question};

/// Version 9, since Kafka 2.4: the first one of flexible encoding.
pub(crate) const API: Api = Api { key: 3, version: 9, is_flexible: true };

/// The broker that leads a partition, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leader {
    pub(crate) broker: i32,
    /// −1 where the broker does not tell.
    pub(crate) epoch: i32,
}

/// A part of a cluster.
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    /// Where each broker is: its host and port.
    pub(crate) brokers: BTreeMap<i32, (String, u16)>,
    /// All partitions of the topics that there are; one may be without a leader.
    pub(crate) leaders: BTreeMap<TopicPartition, Option<Leader>>,
}

/// Asks for these topics, and creates none of them.
pub(crate) fn question(correlation: i32, client_id: &str, topics: &[Topic]) -> Vec<u8> {
    let mut question = Question::new(API, correlation, client_id);
    question.count(topics.len());
    for topic in topics {
        question.compact_string(topic.as_str()).no_tags();
    }
    let (creates_topics, tells_of_clusters_acl, tells_of_topics_acl) = (0, 0, 0);
    question.int8(creates_topics).int8(tells_of_clusters_acl).int8(tells_of_topics_acl).no_tags();
    question.finish()
}

/// Reads the answer.
pub(crate) fn read<R: Read>(mut answer: Answer<R>) -> Result<Cluster, LinkError> {
    let mut cluster = Cluster::default();
    let _throttle_ms = answer.int32()?;
    for _ in 0..answer.count(11)? {
        let (id, host, port) = (answer.int32()?, answer.compact_string()?, answer.int32()?);
        let _rack = answer.compact_string()?;
        answer.skip_tags()?;
        let port = u16::try_from(port).map_err(|_| LinkError::Garbled { what: "a broker has no port" })?;
        cluster.brokers.insert(id, (host, port));
    }
    let _cluster_id = answer.compact_string()?;
    let _controller = answer.int32()?;
    for _ in 0..answer.count(9)? {
        read_topic(&mut answer, &mut cluster.leaders)?;
    }
    answer.end()?;
    Ok(cluster)
}

fn read_topic<R: Read>(
    answer: &mut Answer<R>,
    leaders: &mut BTreeMap<TopicPartition, Option<Leader>>,
) -> Result<(), LinkError> {
    let _error = answer.int16()?;
    let topic = Topic::from(answer.compact_string()?);
    let _is_internal = answer.int8()?;
    for _ in 0..answer.count(18)? {
        let _error = answer.int16()?;
        let number = answer.int32()?;
        let leader = Leader { broker: answer.int32()?, epoch: answer.int32()? };
        for _replicas_then_in_sync_then_offline in 0..3 {
            for _ in 0..answer.count(4)? {
                answer.int32()?;
            }
        }
        answer.skip_tags()?;
        if let Ok(number) = u32::try_from(number) {
            leaders
                .insert(TopicPartition::new(topic.clone(), number), Some(leader).filter(|leader| leader.broker >= 0));
        }
    }
    let _authorized_operations = answer.int32()?;
    answer.skip_tags()
}
