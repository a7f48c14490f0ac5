//! Reads partitions from the brokers that lead them.

mod event;
mod link;
mod partition_state;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_log::{BytesInUse, Signal};
use millstream_types::{MonotonicTime, Offset, TopicPartition};

pub use self::event::{FetchEvent, Halt};
use self::link::Link;
use self::partition_state::{Halted, PartitionState, Room};
use crate::error::LinkError;
use crate::leaders::Leaders;
use crate::messages::api_versions::READER;
use crate::messages::fetch::{FetchPartition, FetchResponse};
use crate::messages::metadata::Leader;
use crate::settings::FetchSettings;

/// For how long a broker may hold a request about some of its partitions: the others cannot be requested meanwhile. Made
/// while all busy partitions have enough waiting, it is about the idle ones alone, and the busy ones would stand still.
const PARTIAL_WAIT_MAX: Duration = Duration::from_millis(20);

/// Reads partitions, each from an offset on, without ever waiting: a thread per broker waits for the responses.
///
/// The next request is sent as soon as a response is there, before its records are taken, unless enough waits already. So a
/// partition's records wait in memory, about twice [`partition_bytes_max`](FetchSettings::partition_bytes_max) at most,
/// as they came; they are unpacked and checked (CRC-32C) when they are taken.
pub struct Fetcher {
    settings: FetchSettings,
    signal: Signal,
    partitions: BTreeMap<TopicPartition, PartitionState>,
    /// Counts what was handed over and is still held.
    in_use: BytesInUse,
    leaders: Leaders,
    links: BTreeMap<i32, Link>,
    /// Which partition comes first in a request: a broker fills its response in that order.
    turn: usize,
}

impl Fetcher {
    /// Reads nothing yet. The signal is raised when there is something to poll.
    #[must_use]
    pub fn new(settings: FetchSettings, signal: &Signal) -> Self {
        Self {
            leaders: Leaders::new(settings.client.clone(), READER),
            settings,
            signal: signal.clone(),
            partitions: BTreeMap::new(),
            in_use: BytesInUse::default(),
            links: BTreeMap::new(),
            turn: 0,
        }
    }

    /// Reads a partition from `next` on; `end` is its end as known now.
    pub fn assign(&mut self, partition: TopicPartition, next: Offset, end: Offset) {
        let state = PartitionState::new(partition.clone(), next, end, self.in_use.part());
        self.partitions.insert(partition, state);
    }

    /// Stops to read a partition.
    pub fn unassign(&mut self, partition: &TopicPartition) {
        self.partitions.remove(partition);
    }

    /// Does what is due without blocking, and appends what happened to `events`: at most one chunk per partition, and
    /// only of those that `wants` has.
    pub fn poll(
        &mut self,
        now: MonotonicTime,
        wants: &mut dyn FnMut(&TopicPartition) -> bool,
        events: &mut Vec<FetchEvent>,
    ) {
        self.poll_links(now, events);
        self.report_stalled(now, events);
        self.poll_leaders(now, events);
        self.let_go_for_new_partitions(now);
        self.ask(now);
        self.take(wants, events);
    }

    fn poll_links(&mut self, now: MonotonicTime, events: &mut Vec<FetchEvent>) {
        let mut ended = Vec::new();
        for (broker, link) in &mut self.links {
            match link.poll(now) {
                Ok(None) if Leaders::is_silence(link.late_by(now)) => {
                    events.extend(self.leaders.silent(*broker, link.late_by(now)).map(FetchEvent::Unreachable));
                }
                Ok(None) => {}
                Ok(Some((response, late_by))) => {
                    self.leaders.responded(*broker, late_by);
                    take_in(&mut self.partitions, *broker, response, &self.settings, now);
                }
                Err(error) => ended.push((*broker, error)),
            }
        }
        for (broker, error) in ended {
            self.end_link(broker, &error, now, events);
        }
    }

    /// A connection has failed: the leaders of its partitions are looked up again.
    fn end_link(&mut self, broker: i32, error: &LinkError, now: MonotonicTime, events: &mut Vec<FetchEvent>) {
        self.links.remove(&broker);
        for state in self.partitions.values_mut() {
            let is_led = state.leader.is_some_and(|leader| leader.broker == broker);
            if is_led || state.requested_from == Some(broker) {
                state.lose_leader();
            }
        }
        let failed = self.leaders.failed(broker, error, now);
        if error.is_final() {
            events.push(FetchEvent::Unfit(error.to_string()));
        } else {
            events.extend(failed.map(FetchEvent::Unreachable));
        }
    }

    fn report_stalled(&mut self, now: MonotonicTime, events: &mut Vec<FetchEvent>) {
        let (room, wait_max) = (self.room(), self.settings.wait_max);
        for (partition, state) in &mut self.partitions {
            if state.has_stalled(now, room, wait_max) {
                events.push(FetchEvent::Stalled(partition.clone()));
            }
        }
    }

    /// Looks up who leads the partitions without a leader, and those whose leader is silent: another one may lead them.
    fn poll_leaders(&mut self, now: MonotonicTime, events: &mut Vec<FetchEvent>) {
        match self.leaders.poll(now) {
            Some(Ok(leaders)) => {
                for (partition, state) in &mut self.partitions {
                    state.found_leader(leaders.get(partition).copied().flatten());
                }
            }
            Some(Err(error)) if error.is_final() => events.push(FetchEvent::Unfit(error.to_string())),
            // No broker responds: the client beside this one reports that.
            Some(Err(_)) | None => {}
        }
        let silent = self.links.iter().filter(|(_, link)| Leaders::is_silence(link.late_by(now)));
        let silent: Vec<i32> = silent.map(|(broker, _)| *broker).collect();
        let is_lost = |state: &PartitionState| state.leader.is_none_or(|leader| silent.contains(&leader.broker));
        let lost = self.partitions.iter().filter(|(_, state)| is_lost(state));
        self.leaders.look_up(lost.map(|(partition, _)| &partition.topic), &self.signal, now);
    }

    /// Ends connections whose held request lacks a partition that has just come to their broker.
    fn let_go_for_new_partitions(&mut self, now: MonotonicTime) {
        let room = self.room();
        let wanted = self.partitions.values().filter(|state| state.wants_more(now, room));
        for broker in wanted.filter_map(PartitionState::new_leader).collect::<BTreeSet<i32>>() {
            let is_held = self.links.get(&broker).is_some_and(|link| link.is_held(PARTIAL_WAIT_MAX));
            if is_held {
                self.links.remove(&broker);
                release(&mut self.partitions, broker);
            }
        }
    }

    /// Asks each broker that is free for all partitions of its own of which more is wanted.
    fn ask(&mut self, now: MonotonicTime) {
        let room = self.room();
        let mut wanted: BTreeMap<i32, Vec<(&mut PartitionState, Leader)>> = BTreeMap::new();
        let mut led: BTreeMap<i32, usize> = BTreeMap::new();
        for state in self.partitions.values_mut() {
            let Some(leader) = state.leader else { continue };
            *led.entry(leader.broker).or_default() += 1;
            if state.wants_more(now, room) {
                wanted.entry(leader.broker).or_default().push((state, leader));
            }
        }
        for (broker, mut partitions) in wanted {
            let Some(link) = self.links.get_mut(&broker) else {
                if let Some(address) = self.leaders.address(broker, now) {
                    let timeout = self.leaders.request_timeout(broker);
                    let link = Link::open(address.clone(), self.settings.clone(), &self.signal, timeout, now);
                    self.links.insert(broker, link);
                } else if !self.leaders.knows(broker) {
                    // It left the cluster while it was given time to come back.
                    partitions.into_iter().for_each(|(state, _)| state.lose_leader());
                }
                continue;
            };
            if link.is_free(now) {
                let first = self.turn % partitions.len();
                partitions.rotate_left(first);
                let requested: Vec<FetchPartition> =
                    partitions.into_iter().map(|(state, leader)| state.ask(leader)).collect();
                self.turn = self.turn.wrapping_add(1);
                let is_about_all = led.get(&broker) == Some(&requested.len());
                let wait_max = if is_about_all { Duration::MAX } else { PARTIAL_WAIT_MAX };
                link.ask(&requested, self.settings.wait_max.min(wait_max), &self.settings, now);
            }
        }
    }

    fn take(&mut self, wants: &mut dyn FnMut(&TopicPartition) -> bool, events: &mut Vec<FetchEvent>) {
        let mut halted = Vec::new();
        for (partition, state) in &mut self.partitions {
            if !state.is_ready() || !state.may_unpack(&self.settings) || !wants(partition) {
                continue;
            }
            match state.take() {
                Ok(chunk) => events.extend(chunk.map(FetchEvent::Chunk)),
                Err((offset, halt)) => halted.push((partition.clone(), offset, halt)),
            }
        }
        for (partition, offset, Halted { why, next }) in halted {
            self.partitions.remove(&partition);
            events.push(FetchEvent::Halted { partition, offset, next, why });
        }
    }

    /// How much room there is for records that are fetched.
    fn room(&self) -> Room {
        let waiting: usize = self.partitions.values().map(PartitionState::waiting_bytes).sum();
        Room {
            waiting_bytes_max: self.settings.waiting_bytes_max(),
            partition_bytes_max: self.settings.partition_buffer_bytes_max,
            is_full: waiting.saturating_add(self.in_use.all_bytes()) >= self.settings.buffer_bytes_max,
        }
    }
}

/// Gives each partition its part of a response. One that was assigned anew since the request is left alone.
fn take_in(
    partitions: &mut BTreeMap<TopicPartition, PartitionState>,
    broker: i32,
    response: FetchResponse,
    settings: &FetchSettings,
    now: MonotonicTime,
) {
    for fetched in response.partitions {
        let state = partitions.get_mut(&fetched.partition).filter(|state| state.requested_from == Some(broker));
        if let Some(state) = state {
            state.on_response(fetched, now, settings);
        }
    }
    // What the broker left out is requested again.
    release(partitions, broker);
}

/// Lets all partitions be requested again that this broker was asked for.
fn release(partitions: &mut BTreeMap<TopicPartition, PartitionState>, broker: i32) {
    for state in partitions.values_mut().filter(|state| state.requested_from == Some(broker)) {
        state.requested_from = None;
    }
}
