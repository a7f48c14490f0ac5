//! Records out of librdkafka's queues, one for each partition.

use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_log::Signal;
use millstream_types::{MonotonicTime, TopicPartition};

use super::place::Place;
use super::{Begun, Brought, Source};
use crate::native::{Client, LogicalOffset, NativeError, Partitions, Room};

/// What librdkafka reads.
pub(crate) struct Queues {
    client: Arc<Client>,
    signal: Signal,
    places: BTreeMap<TopicPartition, Place>,
    room: Room,
}

impl Queues {
    pub(crate) fn new(client: &Arc<Client>, signal: &Signal) -> Self {
        Self { client: Arc::clone(client), signal: signal.clone(), places: BTreeMap::new(), room: Room::default() }
    }
}

impl Source for Queues {
    fn begin(&mut self, begun: &[Begun]) -> Result<(), NativeError> {
        let offsets =
            Partitions::at(begun.iter().map(|(partition, offset, _)| (partition, LogicalOffset::At(*offset))));
        for (partition, offset, end) in begun {
            let place = Place::new(&self.client, partition.clone(), *offset, *end, &self.signal);
            self.places.insert(partition.clone(), place);
        }
        self.client.incremental_assign(&offsets).inspect_err(|_| {
            begun.iter().for_each(|(partition, ..)| drop(self.places.remove(partition)));
        })
    }

    fn end(&mut self, partitions: &[TopicPartition]) {
        let read: Vec<&TopicPartition> =
            partitions.iter().filter(|partition| self.places.remove(partition).is_some()).collect();
        if !read.is_empty() {
            // Refused only for what is not assigned, and then there is nothing to take away.
            let _refused = self.client.incremental_unassign(&Partitions::of(read));
        }
    }

    fn take(
        &mut self,
        _now: MonotonicTime,
        wants: &mut dyn FnMut(&TopicPartition) -> bool,
        brought: &mut Vec<Brought>,
    ) {
        let mut halted = Vec::new();
        for (partition, place) in &mut self.places {
            if !place.is_ready() || !wants(partition) {
                continue;
            }
            match place.take(&mut self.room) {
                Ok(chunk) => brought.extend(chunk.map(Brought::Chunk)),
                Err(halt) => {
                    halted.push(partition.clone());
                    brought.push(Brought::Halted(partition.clone(), halt));
                }
            }
        }
        self.end(&halted);
    }
}
