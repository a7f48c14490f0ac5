//! The tasks of a member, as requests and responses have them.

use std::collections::{BTreeMap, BTreeSet};

use millstream_log::StreamsEndpoint;
use millstream_protocol::messages::streams_group_heartbeat::{
    StreamsGroupHeartbeatRequestTaskIds as RequestIds, StreamsGroupHeartbeatRequestTaskOffset as RequestOffset,
    StreamsGroupHeartbeatResponse as Response, StreamsGroupHeartbeatResponseEndpointToPartitions as Endpoint,
    StreamsGroupHeartbeatResponseTaskIds as ResponseIds, StreamsGroupHeartbeatResponseTopicPartition as Partitions,
};
use millstream_types::{TaskId, TopicPartition};

use super::topology::number;

/// The tasks of a member, by their roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tasks {
    pub(super) active: BTreeSet<TaskId>,
    pub(super) standby: BTreeSet<TaskId>,
    pub(super) warm_up: BTreeSet<TaskId>,
}

/// The tasks that a response has for the member; `None` if it says that they are unchanged.
///
/// # Errors
/// When an id is none.
pub(super) fn assigned(response: &Response) -> Result<Option<Tasks>, String> {
    let Response { active_tasks, standby_tasks, warmup_tasks, .. } = response;
    if active_tasks.is_none() && standby_tasks.is_none() && warmup_tasks.is_none() {
        return Ok(None);
    }
    let read = |ids: &Option<Vec<ResponseIds>>| {
        let ids = ids.iter().flatten().map(|ids| (ids.subtopology_id.as_str(), ids.partitions.as_slice()));
        read(ids)
    };
    Ok(Some(Tasks { active: read(active_tasks)?, standby: read(standby_tasks)?, warm_up: read(warmup_tasks)? }))
}

/// The tasks with these ids.
///
/// # Errors
/// When an id is none.
pub(super) fn read<'a>(ids: impl Iterator<Item = (&'a str, &'a [i32])>) -> Result<BTreeSet<TaskId>, String> {
    let mut tasks = BTreeSet::new();
    for (subtopology, partitions) in ids {
        for partition in partitions {
            let task = subtopology.parse().ok().zip(u32::try_from(*partition).ok());
            let (number, partition) = task.ok_or_else(|| format!("`{subtopology}_{partition}` is no task"))?;
            tasks.insert(TaskId::new(number, partition));
        }
    }
    Ok(tasks)
}

/// The tasks in a request, by sub-topologies.
pub(super) fn ids(tasks: &BTreeSet<TaskId>) -> Vec<RequestIds> {
    let mut partitions: BTreeMap<u32, Vec<i32>> = BTreeMap::new();
    for task in tasks {
        partitions.entry(task.subtopology).or_default().push(number(task.partition.number()));
    }
    let ids =
        |(subtopology, partitions): (u32, Vec<i32>)| RequestIds { subtopology_id: subtopology.to_string(), partitions };
    partitions.into_iter().map(ids).collect()
}

/// The sum of a task's offsets, in a request.
pub(super) fn offset(task: TaskId, sum: u64) -> RequestOffset {
    RequestOffset {
        subtopology_id: task.subtopology.to_string(),
        partition: number(task.partition.number()),
        offset: i64::try_from(sum).unwrap_or(i64::MAX),
    }
}

/// Where the tasks of the group are.
pub(super) fn endpoints(endpoints: &[Endpoint]) -> Vec<StreamsEndpoint> {
    let endpoint = |endpoint: &Endpoint| StreamsEndpoint {
        server: format!("{}:{}", endpoint.user_endpoint.host, endpoint.user_endpoint.port),
        active: partitions(&endpoint.active_partitions),
        standby: partitions(&endpoint.standby_partitions),
    };
    endpoints.iter().map(endpoint).collect()
}

fn partitions(topics: &[Partitions]) -> BTreeSet<TopicPartition> {
    let of = |topic: &Partitions| {
        let numbers = topic.partitions.iter().filter_map(|number| u32::try_from(*number).ok());
        numbers.map(|number| TopicPartition::new(topic.topic.as_str(), number)).collect::<Vec<_>>()
    };
    topics.iter().flat_map(of).collect()
}
