//! Administration: topics, offsets, groups.

mod create;
mod delete;
mod groups;
mod leaders;
mod offsets;
mod outcomes;
#[cfg(test)]
mod tests;
mod topics;

use std::time::Duration;

use millstream_log::{AdminRequest, AdminResponse, Administration, LogError, LogEvent, Signal};
use millstream_types::MonotonicTime;

use crate::client::{Cluster, Tasks};
use crate::settings::ClientSettings;

pub(crate) use leaders::{Leaders, look_up_leaders};
pub(crate) use offsets::{Position, list_offsets_at};
pub(crate) use topics::{Description, describe};

/// The backoff before a request is repeated.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// How long a request is repeated after retriable errors, as when a new partition has no leader yet.
const RETRY_FOR: Duration = Duration::from_secs(5);

/// The administration client of the log traits.
pub struct Admin {
    cluster: Cluster,
    signal: Signal,
    replicas: Option<u16>,
    tasks: Tasks<Result<AdminResponse, LogError>>,
}

impl Admin {
    /// A client that has not connected yet. New topics get `replicas`, or as many as the broker is configured to give them.
    #[must_use]
    pub fn new(settings: ClientSettings, replicas: Option<u16>, signal: &Signal) -> Self {
        Self { cluster: Cluster::new(settings, signal), signal: signal.clone(), replicas, tasks: Tasks::default() }
    }
}

impl Administration for Admin {
    fn request(&mut self, request: AdminRequest) -> u64 {
        self.signal.raise();
        self.tasks.add(respond(self.cluster.clone(), request, self.replicas))
    }

    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        self.cluster.set_now(now);
        events.extend(self.tasks.poll().into_iter().map(|(token, result)| LogEvent::AdminDone { token, result }));
        events.extend(self.cluster.outages().map(LogEvent::Unavailable));
    }
}

/// Carries out a request. It is repeated for a while after retriable errors, unless it creates topics: then that would fail,
/// since they exist.
async fn respond(cluster: Cluster, request: AdminRequest, replicas: Option<u16>) -> Result<AdminResponse, LogError> {
    let until = cluster.now() + RETRY_FOR;
    loop {
        let result = attempt(&cluster, request.clone(), replicas).await;
        let is_repeatable = !matches!(request, AdminRequest::CreateTopics(_));
        if !is_repeatable || !is_retriable(&result) || cluster.now() >= until {
            return result;
        }
        cluster.pause(RETRY_AFTER).await;
    }
}

/// A request for nothing needs no broker.
async fn attempt(cluster: &Cluster, request: AdminRequest, replicas: Option<u16>) -> Result<AdminResponse, LogError> {
    Ok(match request {
        AdminRequest::PartitionCounts(topics) => AdminResponse::PartitionCounts(topics::counts(cluster, topics).await?),
        AdminRequest::TopicSettings(topics) => AdminResponse::TopicSettings(topics::settings(cluster, topics).await?),
        AdminRequest::CreateTopics(topics) => {
            AdminResponse::CreateTopics(create::create(cluster, topics, replicas).await?)
        }
        AdminRequest::AddPartitions(topics) => {
            AdminResponse::AddPartitions(create::add_partitions(cluster, topics).await?)
        }
        AdminRequest::OffsetRanges(partitions) => {
            AdminResponse::OffsetRanges(offsets::ranges(cluster, partitions).await?)
        }
        AdminRequest::DeleteRecords(offsets) => {
            AdminResponse::DeleteRecords(delete::delete_records(cluster, offsets).await?)
        }
        AdminRequest::TopicsNamed(prefix) => AdminResponse::TopicsNamed(topics::named(cluster, &prefix).await?),
        AdminRequest::Groups => AdminResponse::Groups(groups::groups(cluster).await?),
        AdminRequest::CommittedOffsets(group) => {
            AdminResponse::CommittedOffsets(groups::committed(cluster, &group).await?)
        }
    })
}

/// Whether a response has a retriable error, for all or some of what was requested.
fn is_retriable(result: &Result<AdminResponse, LogError>) -> bool {
    fn any<K, V>(results: &[(K, Result<V, LogError>)]) -> bool {
        results.iter().any(|(_, result)| result.as_ref().is_err_and(LogError::is_retriable))
    }
    match result {
        Err(error) => error.is_retriable(),
        Ok(AdminResponse::OffsetRanges(results)) => any(results),
        Ok(AdminResponse::AddPartitions(results)) => any(results),
        Ok(AdminResponse::DeleteRecords(results)) => any(results),
        Ok(AdminResponse::TopicSettings(results)) => any(results),
        Ok(
            AdminResponse::PartitionCounts(_)
            | AdminResponse::CreateTopics(_)
            | AdminResponse::TopicsNamed(_)
            | AdminResponse::Groups(_)
            | AdminResponse::CommittedOffsets(_),
        ) => false,
    }
}
