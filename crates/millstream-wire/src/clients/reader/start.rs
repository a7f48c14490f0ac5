//! Looks up where reading begins.

use std::collections::BTreeMap;

use millstream_log::{LogError, OffsetRange, StartAt};
use millstream_types::{MonotonicTime, Offset, TopicPartition};

use crate::admin::{Leaders, Position, list_offsets_at, look_up_leaders};
use crate::client::{Cluster, Tasks};

/// How reading a partition starts.
#[derive(Clone, Copy)]
pub(super) struct Start {
    pub(super) at: StartAt,
    /// Since when the topic or partition has been unknown.
    pub(super) unknown_since: Option<MonotonicTime>,
}

impl Start {
    pub(super) fn new(at: StartAt) -> Self {
        Self { at, unknown_since: None }
    }
}

/// Where reading a partition begins, and its range.
type Found = Result<(Offset, OffsetRange), LogError>;

/// Partitions, and where to start with them.
type Positions = Vec<(TopicPartition, StartAt)>;

/// Look-ups that are in flight. Each leader is asked for itself, so that one that does not respond delays its own partitions only.
#[derive(Default)]
pub(super) struct Lookups {
    last: u64,
    tasks: Tasks<(u64, Step)>,
}

/// The result of a step.
enum Step {
    Leaders(Positions, Result<Leaders, LogError>),
    Found(Vec<(TopicPartition, Found)>),
}

impl Lookups {
    /// Begins a look-up, and returns its number.
    pub(super) fn begin(&mut self, cluster: &Cluster, positions: Positions) -> u64 {
        self.last += 1;
        let (number, cluster) = (self.last, cluster.clone());
        self.tasks.add(async move {
            let topics = positions.iter().map(|(partition, _)| partition.topic.clone()).collect();
            let leaders = look_up_leaders(&cluster, topics).await;
            (number, Step::Leaders(positions, leaders))
        });
        number
    }

    /// What was found since the last call, with the number of the look-up.
    pub(super) fn poll(&mut self, cluster: &Cluster) -> Vec<(u64, TopicPartition, Found)> {
        let mut results = Vec::new();
        for (_, (number, step)) in self.tasks.poll() {
            let found = match step {
                Step::Found(found) => found,
                Step::Leaders(positions, Ok(leaders)) => self.ask_leaders(cluster, number, positions, &leaders),
                Step::Leaders(positions, Err(error)) => {
                    positions.into_iter().map(|(partition, _)| (partition, Err(error.clone()))).collect()
                }
            };
            results.extend(found.into_iter().map(|(partition, found)| (number, partition, found)));
        }
        results
    }

    /// Asks each leader about its partitions. Returns the errors of those that have none.
    fn ask_leaders(
        &mut self,
        cluster: &Cluster,
        number: u64,
        positions: Positions,
        leaders: &Leaders,
    ) -> Vec<(TopicPartition, Found)> {
        let (mut by_leader, mut failed) = (BTreeMap::<i32, Positions>::new(), Vec::new());
        for (partition, at) in positions {
            match leaders.of(&partition) {
                Ok(leader) => by_leader.entry(leader).or_default().push((partition, at)),
                Err(error) => failed.push((partition, Err(error))),
            }
        }
        for (leader, positions) in by_leader {
            let cluster = cluster.clone();
            self.tasks.add(async move { (number, Step::Found(find(&cluster, leader, positions).await)) });
        }
        failed
    }
}

/// The starts of partitions of a leader.
async fn find(cluster: &Cluster, leader: i32, positions: Positions) -> Vec<(TopicPartition, Found)> {
    let at = |position| positions.iter().map(move |(partition, _)| (partition.clone(), position)).collect();
    let times = positions.iter().filter_map(|(partition, at)| match at {
        StartAt::Time(time) => Some((partition.clone(), Position::At(*time))),
        StartAt::Earliest | StartAt::Latest | StartAt::Offset(_) => None,
    });
    let starts = list_offsets_at(cluster, leader, at(Position::Start)).await;
    let ends = list_offsets_at(cluster, leader, at(Position::End)).await;
    let times = list_offsets_at(cluster, leader, times.collect()).await;
    let missing = |partition: &TopicPartition| {
        let reason = format!("{partition}: the broker returned no offset");
        LogError::Unavailable { reason }
    };
    let find = |(partition, at): &(TopicPartition, StartAt)| {
        let offset =
            |of: &BTreeMap<_, Result<Option<Offset>, LogError>>| of.get(partition).cloned().unwrap_or(Ok(None));
        let start = offset(&starts)?.ok_or_else(|| missing(partition))?;
        let end = offset(&ends)?.ok_or_else(|| missing(partition))?;
        let begin = match at {
            StartAt::Earliest => start,
            StartAt::Latest => end,
            StartAt::Offset(offset) => *offset,
            // No record is late enough.
            StartAt::Time(_) => offset(&times)?.unwrap_or(end),
        };
        Ok((begin, (start, end)))
    };
    positions.iter().map(|position| (position.0.clone(), find(position))).collect()
}
