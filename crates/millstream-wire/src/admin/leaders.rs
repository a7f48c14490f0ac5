//! Sends requests about partitions to their leaders.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::task::Poll;

use millstream_log::LogError;
use millstream_protocol::ErrorCode;
use millstream_protocol::messages::metadata::MetadataResponsePartition;
use millstream_types::{Topic, TopicPartition};

use crate::client::{CallError, Cluster, Task, about_partition, about_topic};

/// The leader of a partition, or why there is none.
pub(crate) type Leader = Result<i32, LogError>;

/// The results for partitions.
pub(super) type Results<T> = BTreeMap<TopicPartition, Result<T, LogError>>;

/// Looks up the leaders of partitions, sends each leader a request about its partitions, all at once, and gathers the results.
/// A leader that does not respond is an error of its partitions only.
pub(super) async fn at_leaders<A, T, F>(
    cluster: &Cluster,
    about: Vec<(TopicPartition, A)>,
    call: impl Fn(Cluster, i32, Vec<(TopicPartition, A)>) -> F,
) -> Result<Results<T>, LogError>
where
    T: Send + 'static,
    F: Future<Output = Result<Vec<(TopicPartition, Result<T, LogError>)>, CallError>> + Send + 'static,
{
    let mut results = Results::new();
    let topics: BTreeSet<Topic> = about.iter().map(|(partition, _)| partition.topic.clone()).collect();
    if topics.is_empty() {
        return Ok(results);
    }
    let leaders = look_up_leaders(cluster, topics).await?;
    let mut by_leader: BTreeMap<i32, Vec<(TopicPartition, A)>> = BTreeMap::new();
    for (partition, about) in about {
        match leaders.of(&partition) {
            Ok(leader) => by_leader.entry(leader).or_default().push((partition, about)),
            Err(error) => drop(results.insert(partition, Err(error))),
        }
    }
    let mut open = Vec::new();
    for (leader, about) in by_leader {
        let partitions: Vec<TopicPartition> = about.iter().map(|(partition, _)| partition.clone()).collect();
        open.push((partitions, Task::new(call(cluster.clone(), leader, about))));
    }
    while !open.is_empty() {
        let (partitions, response) = first_of(&mut open).await;
        match response {
            Ok(found) => results.extend(found),
            Err(error) => {
                let failed = |partition| (partition, Err(LogError::from(error.clone())));
                results.extend(partitions.into_iter().map(failed));
            }
        }
    }
    Ok(results)
}

/// The partitions and the result of the first task that ends.
async fn first_of<P, T>(open: &mut Vec<(P, Task<T>)>) -> (P, T) {
    poll_fn(|_| {
        for index in 0..open.len() {
            if let Some(result) = open[index].1.poll() {
                return Poll::Ready((open.swap_remove(index).0, result));
            }
        }
        Poll::Pending
    })
    .await
}

/// The leaders of the partitions of topics.
pub(crate) struct Leaders(BTreeMap<Topic, Result<BTreeMap<u32, Leader>, LogError>>);

/// Looks up the leaders of the partitions of topics.
pub(crate) async fn look_up_leaders(cluster: &Cluster, topics: BTreeSet<Topic>) -> Result<Leaders, LogError> {
    let response = cluster.metadata(Some(topics.into_iter().collect())).await?;
    let mut leaders = BTreeMap::new();
    for topic in response.topics {
        let Some(name) = topic.name.map(Topic::from) else { continue };
        let of_topic = match ErrorCode(topic.error_code) {
            ErrorCode::NONE => Ok(topic.partitions.iter().filter_map(|found| leader_in(&name, found)).collect()),
            error => Err(about_topic(error, "", &name)),
        };
        leaders.insert(name, of_topic);
    }
    Ok(Leaders(leaders))
}

fn leader_in(topic: &Topic, found: &MetadataResponsePartition) -> Option<(u32, Leader)> {
    let number = u32::try_from(found.partition_index).ok()?;
    let none = || about_partition(ErrorCode::LEADER_NOT_AVAILABLE, "", &TopicPartition::new(topic.clone(), number));
    Some((number, if found.leader_id < 0 { Err(none()) } else { Ok(found.leader_id) }))
}

impl Leaders {
    /// The leader of a partition.
    pub(crate) fn of(&self, partition: &TopicPartition) -> Leader {
        let unknown = || about_topic(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, "", &partition.topic);
        let of_topic = self.0.get(&partition.topic).ok_or_else(unknown)?.as_ref().map_err(Clone::clone)?;
        let missing = || Err(about_partition(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, "", partition));
        of_topic.get(&partition.partition.number()).cloned().unwrap_or_else(missing)
    }
}

/// Groups what a request says of partitions by their topics.
pub(super) fn by_topic<A, T>(
    about: &[(TopicPartition, A)],
    of_partition: impl Fn(i32, &A) -> T,
) -> BTreeMap<&Topic, Vec<T>> {
    let mut topics: BTreeMap<&Topic, Vec<T>> = BTreeMap::new();
    for (partition, about) in about {
        let number = i32::try_from(partition.partition.number()).unwrap_or(i32::MAX);
        topics.entry(&partition.topic).or_default().push(of_partition(number, about));
    }
    topics
}
