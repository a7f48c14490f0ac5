//! Reads partitions from the brokers that lead them.

mod link;
mod place;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use millstream_log::{Chunk, Signal};
use millstream_types::{MonotonicTime, Offset, TopicPartition};

use self::link::Link;
use self::place::Place;
use crate::batch::BatchError;
use crate::error::LinkError;
use crate::leaders::Leaders;
use crate::messages::api_versions::READER;
use crate::messages::fetch::{Asked, FetchAnswer};
use crate::messages::metadata::Leader;
use crate::settings::FetchSettings;

/// For how long a broker may hold a question about some of its partitions: nobody asks for the others meanwhile. Made
/// while all busy partitions have enough waiting, it is about the idle ones alone, and the busy ones would stand still.
const PARTIAL_WAIT_MAX: Duration = Duration::from_millis(20);

/// Reads partitions, each from an offset on, without ever waiting: a thread per broker waits for the answers.
///
/// The next answer is asked for as soon as one is there, before what came is taken, unless enough waits already. So a
/// partition's records wait in memory, about twice [`partition_bytes_max`](FetchSettings::partition_bytes_max) at most,
/// as they came; they are unpacked and checked (CRC-32C) when they are taken.
pub struct Fetcher {
    settings: FetchSettings,
    signal: Signal,
    places: BTreeMap<TopicPartition, Place>,
    leaders: Leaders,
    links: BTreeMap<i32, Link>,
    /// Which partition comes first in a question: a broker fills its answer in that order.
    turn: usize,
}

/// What a fetcher has to tell.
#[derive(Debug)]
pub enum Told {
    /// Records, or that there are none: the first chunk of a partition that is at its end is empty.
    Chunk(Chunk),
    /// A partition cannot be read on, and is not read any more.
    Halted {
        /// Which one.
        partition: TopicPartition,
        /// The next record that there would have been to hand over.
        offset: Offset,
        /// Why.
        why: Halt,
    },
    /// A broker that leads partitions cannot be reached, for some time already; it is tried again.
    Unreachable(String),
    /// A broker does not speak what a fetcher needs; the text says what and how to help.
    Unfit(String),
}

/// Why a partition is not read any more.
#[derive(Debug)]
pub enum Halt {
    /// There is no such offset, or no longer.
    OutOfRange,
    /// A new leader has lost what was read: its log is another one from `end` on.
    Truncated {
        /// The first offset that it has.
        start: Offset,
        /// Where the logs go apart.
        end: Offset,
    },
    /// The broker refuses.
    Refused {
        /// Kafka's number for the error.
        code: i16,
    },
    /// The log has something that cannot be read.
    Damaged(BatchError),
}

impl Fetcher {
    /// Reads nothing yet. The signal is raised when there is something to poll.
    #[must_use]
    pub fn new(settings: FetchSettings, signal: &Signal) -> Self {
        Self {
            leaders: Leaders::new(settings.client.clone(), READER),
            settings,
            signal: signal.clone(),
            places: BTreeMap::new(),
            links: BTreeMap::new(),
            turn: 0,
        }
    }

    /// Reads a partition from `next` on; `end` is its end as known now.
    pub fn assign(&mut self, partition: TopicPartition, next: Offset, end: Offset) {
        self.places.insert(partition.clone(), Place::new(partition, next, end));
    }

    /// Stops to read a partition.
    pub fn unassign(&mut self, partition: &TopicPartition) {
        self.places.remove(partition);
    }

    /// Moves work along and appends what there is to tell: at most one chunk per partition, and only of those that
    /// `wants` has.
    pub fn poll(&mut self, now: MonotonicTime, wants: &mut dyn FnMut(&TopicPartition) -> bool, told: &mut Vec<Told>) {
        self.poll_links(now, told);
        self.poll_leaders(now, told);
        self.let_go_for_new_partitions(now);
        self.ask(now);
        self.take(wants, told);
    }

    fn poll_links(&mut self, now: MonotonicTime, told: &mut Vec<Told>) {
        let mut ended = Vec::new();
        for (broker, link) in &mut self.links {
            match link.poll(now) {
                Ok(None) => {}
                Ok(Some(answer)) => {
                    self.leaders.answered(*broker);
                    take_in(&mut self.places, *broker, answer, &self.settings, now);
                }
                Err(error) => ended.push((*broker, error)),
            }
        }
        for (broker, error) in ended {
            self.end_link(broker, &error, now, told);
        }
    }

    /// A broker is away, or was told of another one: who leads its partitions now?
    fn end_link(&mut self, broker: i32, error: &LinkError, now: MonotonicTime, told: &mut Vec<Told>) {
        self.links.remove(&broker);
        for place in self.places.values_mut() {
            let is_led = place.leader.is_some_and(|leader| leader.broker == broker);
            if is_led || place.asked_of == Some(broker) {
                place.lose_leader();
            }
        }
        let failed = self.leaders.failed(broker, error, now);
        if error.is_final() {
            told.push(Told::Unfit(error.to_string()));
        } else {
            told.extend(failed.map(Told::Unreachable));
        }
    }

    fn poll_leaders(&mut self, now: MonotonicTime, told: &mut Vec<Told>) {
        match self.leaders.poll() {
            Some(Ok(leaders)) => {
                for (partition, place) in &mut self.places {
                    if place.leader.is_none() {
                        place.leader = leaders.get(partition).copied().flatten();
                    }
                }
            }
            Some(Err(error)) if error.is_final() => told.push(Told::Unfit(error.to_string())),
            // No broker answers, which the client beside this one tells.
            Some(Err(_)) | None => {}
        }
        let lost = self.places.iter().filter(|(_, place)| place.leader.is_none());
        self.leaders.look_up(lost.map(|(partition, _)| &partition.topic), &self.signal, now);
    }

    /// Ends connections on which a question is held that knows nothing of a partition that has just come to their broker.
    fn let_go_for_new_partitions(&mut self, now: MonotonicTime) {
        let waiting_bytes_max = self.settings.waiting_bytes_max();
        let wanted = self.places.values().filter(|place| place.wants_more(now, waiting_bytes_max));
        for broker in wanted.filter_map(Place::new_leader).collect::<BTreeSet<i32>>() {
            let is_held = self.links.get(&broker).is_some_and(|link| link.is_held(PARTIAL_WAIT_MAX));
            if is_held {
                self.links.remove(&broker);
                release(&mut self.places, broker);
            }
        }
    }

    /// Asks each broker that is free for all partitions of its own of which more is wanted.
    fn ask(&mut self, now: MonotonicTime) {
        let waiting_bytes_max = self.settings.waiting_bytes_max();
        let mut wanted: BTreeMap<i32, Vec<(&mut Place, Leader)>> = BTreeMap::new();
        let mut led: BTreeMap<i32, usize> = BTreeMap::new();
        for place in self.places.values_mut() {
            let Some(leader) = place.leader else { continue };
            *led.entry(leader.broker).or_default() += 1;
            if place.wants_more(now, waiting_bytes_max) {
                wanted.entry(leader.broker).or_default().push((place, leader));
            }
        }
        for (broker, mut places) in wanted {
            let Some(link) = self.links.get_mut(&broker) else {
                if let Some(address) = self.leaders.address(broker, now) {
                    self.links.insert(broker, Link::open(address.clone(), self.settings.clone(), &self.signal));
                } else if !self.leaders.knows(broker) {
                    // It left the cluster while it was given time to come back.
                    places.into_iter().for_each(|(place, _)| place.lose_leader());
                }
                continue;
            };
            if link.is_free(now) {
                let first = self.turn % places.len();
                places.rotate_left(first);
                let asked: Vec<Asked> = places.into_iter().map(|(place, leader)| place.ask(leader)).collect();
                self.turn = self.turn.wrapping_add(1);
                let is_about_all = led.get(&broker) == Some(&asked.len());
                let wait_max = if is_about_all { Duration::MAX } else { PARTIAL_WAIT_MAX };
                link.ask(&asked, self.settings.wait_max.min(wait_max), &self.settings, now);
            }
        }
    }

    fn take(&mut self, wants: &mut dyn FnMut(&TopicPartition) -> bool, told: &mut Vec<Told>) {
        let mut halted = Vec::new();
        for (partition, place) in &mut self.places {
            if !place.is_ready() || !wants(partition) {
                continue;
            }
            match place.take() {
                Ok(chunk) => told.extend(chunk.map(Told::Chunk)),
                Err((offset, why)) => halted.push((partition.clone(), offset, why)),
            }
        }
        for (partition, offset, why) in halted {
            self.places.remove(&partition);
            told.push(Told::Halted { partition, offset, why });
        }
    }
}

/// Gives each partition what a broker answered of it. One that is read anew since it was asked for is not concerned.
fn take_in(
    places: &mut BTreeMap<TopicPartition, Place>,
    broker: i32,
    answer: FetchAnswer,
    settings: &FetchSettings,
    now: MonotonicTime,
) {
    for fetched in answer.partitions {
        let place = places.get_mut(&fetched.partition).filter(|place| place.asked_of == Some(broker));
        if let Some(place) = place {
            place.answered(fetched, now, settings.retry_after);
        }
    }
    // What the broker passed over is asked for again.
    release(places, broker);
}

/// Lets all partitions be asked for that a broker was asked for.
fn release(places: &mut BTreeMap<TopicPartition, Place>, broker: i32) {
    for place in places.values_mut().filter(|place| place.asked_of == Some(broker)) {
        place.asked_of = None;
    }
}
