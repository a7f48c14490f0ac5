//! How many partitions topics have.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_log::LogError;
use millstream_types::{MonotonicTime, Topic};

use super::not_joined::NotJoined;
use crate::admin;
use crate::group::coordinator::{Coordinator, CoordinatorError};

/// How long the leader looks for topics that are not found.
const LOOK_FOR: Duration = Duration::from_secs(2);

/// How often it does.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// How long the leader uses what it has looked up itself before it joined.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// The numbers of partitions of topics.
pub(in crate::group) type Counts = BTreeMap<Topic, u32>;

/// What a member has looked up before it joined.
#[derive(Clone, Debug)]
pub(in crate::group) struct Found {
    counts: Counts,
    at: MonotonicTime,
}

/// Looks up the topics of a member that joins. It may not lead, and would then not learn of a topic that it may not use.
pub(in crate::group) async fn find(coordinator: &Coordinator, topics: &[Topic]) -> Result<Found, NotJoined> {
    let at = coordinator.cluster.now();
    Ok(Found { counts: count(coordinator, topics.iter().cloned().collect()).await?, at })
}

/// The numbers of partitions of all topics of a group, for its leader.
///
/// What it has found just before is enough if it has all of them. Otherwise they are looked up, and a topic that is not found is looked
/// up again for a while: a broker that has just started does not know all topics, and members whose topic was missing would
/// have to give its partitions away.
pub(in crate::group) async fn count_all(
    coordinator: &Coordinator,
    topics: BTreeSet<Topic>,
    found: Found,
) -> Result<Counts, NotJoined> {
    let now = coordinator.cluster.now();
    if now < found.at + FRESH_FOR && topics.iter().eq(found.counts.keys()) {
        return Ok(found.counts);
    }
    loop {
        let counts = count(coordinator, topics.clone()).await?;
        if counts.len() == topics.len() || coordinator.cluster.now() >= now + LOOK_FOR {
            return Ok(counts);
        }
        coordinator.cluster.pause(LOOK_AGAIN_AFTER).await;
    }
}

/// Looks up the numbers of partitions of those topics that exist.
pub(in crate::group) async fn count(coordinator: &Coordinator, topics: BTreeSet<Topic>) -> Result<Counts, NotJoined> {
    let found = match admin::describe(&coordinator.cluster, topics.into_iter().collect()).await {
        Ok(found) => found,
        Err(LogError::Unavailable { reason }) => return Err(CoordinatorError::Unavailable(reason).into()),
        Err(error) => return Err(CoordinatorError::Final(error).into()),
    };
    let mut counts = Counts::new();
    for (topic, description) in found {
        match description {
            Ok(description) => _ = counts.insert(topic, description.partitions),
            Err(error @ (LogError::Unauthorised { .. } | LogError::Invalid { .. })) => {
                return Err(NotJoined::RefusedTopic(error));
            }
            // It may be created later.
            Err(_) => {}
        }
    }
    Ok(counts)
}
