//! Reads records from librdkafka's queues, one for each partition.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use millstream_log::{LogEvent, Signal};
use millstream_types::TopicPartition;

use super::partition_state::PartitionState;
use super::{Begun, SourceEvent};
use crate::native::{Client, LogicalOffset, NativeError, Partitions, Room};
use crate::silent_brokers::{SilentBrokers, Statistics};

/// The partitions that are read, and their queues.
pub(crate) struct Queues {
    client: Arc<Client>,
    signal: Signal,
    partitions: BTreeMap<TopicPartition, PartitionState>,
    silent: SilentBrokers,
    /// Partitions of silent brokers.
    stalled: BTreeSet<TopicPartition>,
    /// What the statistics have shown.
    reports: Vec<LogEvent>,
    room: Room,
}

impl Queues {
    pub(crate) fn new(client: &Arc<Client>, signal: &Signal) -> Self {
        Self {
            client: Arc::clone(client),
            signal: signal.clone(),
            partitions: BTreeMap::new(),
            silent: SilentBrokers::default(),
            stalled: BTreeSet::new(),
            reports: Vec::new(),
            room: Room::default(),
        }
    }

    /// Starts to read these partitions too.
    ///
    /// # Errors
    /// When none of them can be read.
    pub(crate) fn begin(&mut self, begun: &[Begun]) -> Result<(), NativeError> {
        let offsets =
            Partitions::at(begun.iter().map(|(partition, offset, _)| (partition, LogicalOffset::At(*offset))));
        for (partition, offset, end) in begun {
            let state = PartitionState::new(&self.client, partition.clone(), *offset, *end, &self.signal);
            self.partitions.insert(partition.clone(), state);
        }
        self.client.incremental_assign(&offsets).inspect_err(|_| {
            begun.iter().for_each(|(partition, ..)| drop(self.partitions.remove(partition)));
        })
    }

    /// Stops reading these partitions, and drops their records that were fetched.
    pub(crate) fn end(&mut self, partitions: &[TopicPartition]) {
        partitions.iter().for_each(|partition| drop(self.stalled.take(partition)));
        let read: Vec<&TopicPartition> =
            partitions.iter().filter(|partition| self.partitions.remove(partition).is_some()).collect();
        if !read.is_empty() {
            // This fails only for partitions that are not assigned, and then there is nothing to do.
            let _refused = self.client.incremental_unassign(&Partitions::of(read));
        }
    }

    /// Appends what has arrived to `source_events`: at most one chunk per partition, and only for those that `wants` accepts.
    pub(crate) fn take(
        &mut self,
        wants: &mut dyn FnMut(&TopicPartition) -> bool,
        source_events: &mut Vec<SourceEvent>,
    ) {
        source_events.extend(self.reports.drain(..).map(SourceEvent::Log));
        let mut halted = Vec::new();
        for (partition, state) in &mut self.partitions {
            if !state.is_ready() || !wants(partition) {
                continue;
            }
            match state.take(&mut self.room) {
                Ok(chunk) => source_events.extend(chunk.map(SourceEvent::Chunk)),
                Err(halt) => {
                    halted.push(partition.clone());
                    source_events.push(SourceEvent::Halted(partition.clone(), halt));
                }
            }
        }
        self.end(&halted);
    }

    /// Takes in librdkafka's statistics. Reports brokers that are silent, and their partitions as stalled until another broker
    /// leads them, or the same one responds.
    pub(crate) fn take_statistics(&mut self, statistics: &Statistics) {
        self.reports.extend(self.silent.update(statistics).into_iter().map(LogEvent::Unavailable));
        for (partition, leader) in statistics.leaders() {
            let Some(state) = self.partitions.get_mut(&partition) else { continue };
            if !self.silent.contains(leader) {
                if self.stalled.remove(&partition) {
                    state.report_end();
                }
            } else if self.stalled.insert(partition.clone()) {
                self.reports.push(LogEvent::Stalled(partition));
            }
        }
    }
}
