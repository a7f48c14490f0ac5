//! Brokers that keep their connections and do not respond, found in librdkafka's statistics.
//!
//! librdkafka itself reports such a broker when a request times out (`socket.timeout.ms`), and then only that it connects
//! again. Its statistics show, for each broker, how many requests wait for a response and how much was received so far.

use std::collections::BTreeMap;

use millstream_types::TopicPartition;
use serde::Deserialize;

/// How often librdkafka is to report its statistics, in milliseconds.
pub(crate) const STATISTICS_EVERY_MS: &str = "1000";

/// A broker is silent when requests wait and nothing was received over so many seconds.
const SILENT_AFTER_SECONDS: u32 = 3;

/// The same for the coordinator of a group during a rebalance: it responds to a member that joins when all others have
/// joined too.
const SILENT_IN_REBALANCE_AFTER_SECONDS: u32 = 30;

/// What is read of librdkafka's statistics (its `STATISTICS.md`).
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Statistics {
    #[serde(default)]
    brokers: BTreeMap<String, Broker>,
    /// Of a group member.
    cgrp: Option<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    /// `up` while the coordinator is known and connected.
    state: String,
    join_state: String,
}

#[derive(Debug, Deserialize)]
struct Broker {
    /// −1 for an address of `bootstrap.servers` whose broker is not known yet, and for librdkafka's own queues.
    nodeid: i32,
    nodename: String,
    /// `logical` for the connection to the coordinator of the group, which is apart from those to brokers.
    #[serde(default)]
    source: String,
    /// Requests that wait for a response.
    waitresp_cnt: u64,
    /// Responses received, and their bytes.
    rx: u64,
    rxbytes: u64,
    /// The partitions that are read from it or written to it.
    #[serde(default)]
    toppars: BTreeMap<String, Partition>,
}

#[derive(Debug, Deserialize)]
struct Partition {
    topic: String,
    partition: i32,
}

impl Statistics {
    /// Reads librdkafka's statistics; empty if they have another form.
    pub(crate) fn parse(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// Each partition, with the broker that leads it as far as librdkafka knows.
    pub(crate) fn leaders(&self) -> impl Iterator<Item = (TopicPartition, i32)> + '_ {
        let known = self.brokers.values().filter(|broker| broker.nodeid >= 0);
        known.flat_map(|broker| broker.toppars.values().filter_map(|of| Some((of.name()?, broker.nodeid))))
    }
}

impl Statistics {
    /// The broker with the address of this connection.
    fn name_of(&self, connection: &Broker) -> String {
        let address = &connection.nodename;
        let same = self.brokers.values().find(|broker| broker.nodeid >= 0 && broker.nodename == *address);
        same.map_or_else(
            || format!("the broker at {address}"),
            |broker| format!("broker {} at {address}", broker.nodeid),
        )
    }
}

impl Partition {
    fn name(&self) -> Option<TopicPartition> {
        Some(TopicPartition::new(self.topic.as_str(), u32::try_from(self.partition).ok()?))
    }
}

/// Which brokers are silent.
#[derive(Debug, Default)]
pub(crate) struct SilentBrokers {
    known: BTreeMap<i32, Observed>,
}

/// A broker as the latest statistics show it.
#[derive(Debug, Default)]
struct Observed {
    received: (u64, u64),
    /// For how many seconds requests wait and nothing is received.
    silent_seconds: u32,
}

impl Observed {
    fn update(&mut self, broker: &Broker) {
        let received = (broker.rx, broker.rxbytes);
        let is_waiting = broker.waitresp_cnt > 0 && received == self.received;
        self.received = received;
        self.silent_seconds = if is_waiting { self.silent_seconds.saturating_add(1) } else { 0 };
    }
}

impl SilentBrokers {
    /// Takes in statistics, which come once a second. Returns a report on each broker that has just become silent.
    pub(crate) fn update(&mut self, statistics: &Statistics) -> Vec<String> {
        let mut reports = Vec::new();
        for broker in statistics.brokers.values().filter(|broker| broker.nodeid >= 0) {
            let observed = self.known.entry(broker.nodeid).or_default();
            observed.update(broker);
            if observed.silent_seconds == SILENT_AFTER_SECONDS {
                reports.push(format!(
                    "broker {} at {} cannot be used: it has not responded for {SILENT_AFTER_SECONDS} s",
                    broker.nodeid, broker.nodename
                ));
            }
        }
        reports
    }

    /// Whether this broker is silent.
    pub(crate) fn contains(&self, broker: i32) -> bool {
        self.known.get(&broker).is_some_and(|observed| observed.silent_seconds >= SILENT_AFTER_SECONDS)
    }
}

/// Whether the coordinator of a member's group is silent. Its commits, heartbeats and rebalances wait then, and other brokers
/// may respond meanwhile.
#[derive(Debug, Default)]
pub(crate) struct SilentCoordinator {
    observed: Observed,
    /// The name of the coordinator that was connected last.
    last: Option<String>,
    /// For how many seconds none is.
    lost_seconds: u32,
    is_reported: bool,
}

/// What is reported of a coordinator.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CoordinatorReport {
    /// It is silent, with a sentence about it.
    Silent(String),
    /// It responds again.
    Responds,
}

impl SilentCoordinator {
    /// Takes in statistics, which come once a second. Returns a report each time while the coordinator is silent, and one
    /// when it responds again.
    pub(crate) fn update(&mut self, statistics: &Statistics) -> Option<CoordinatorReport> {
        let coordinator = statistics.brokers.values().find(|broker| broker.source == "logical")?;
        self.observed.update(coordinator);
        if statistics.cgrp.as_ref().is_some_and(|group| group.state != "up") {
            self.lost_seconds += u32::from(self.last.is_some());
        } else {
            self.last = Some(statistics.name_of(coordinator));
            self.lost_seconds = 0;
        }
        let is_joining = statistics.cgrp.as_ref().is_some_and(|group| group.join_state != "steady");
        let limit = if is_joining { SILENT_IN_REBALANCE_AFTER_SECONDS } else { SILENT_AFTER_SECONDS };
        let waits = if is_joining { "joining the group" } else { "commits and heartbeats" };
        let is_due = |seconds: u32| seconds >= limit || (seconds > 0 && self.is_reported);
        let reason = match (self.observed.silent_seconds, self.lost_seconds, &self.last) {
            (_, lost, Some(last)) if is_due(lost) => Some(format!(
                "for {lost} s no broker that coordinates the group can be reached; {last} did so before; {waits} wait for it"
            )),
            (silent, _, _) if is_due(silent) => Some(format!(
                "{}, which coordinates the group, cannot be used: it has not responded for {silent} s; {waits} wait for it",
                statistics.name_of(coordinator)
            )),
            _ => None,
        };
        if let Some(reason) = reason {
            self.is_reported = true;
            return Some(CoordinatorReport::Silent(reason));
        }
        std::mem::take(&mut self.is_reported).then_some(CoordinatorReport::Responds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statistics as librdkafka writes them, without most of their fields.
    fn statistics(waiting: u64, received: u64) -> Statistics {
        Statistics::parse(&format!(
            r#"{{ "name": "reads#consumer-1", "ts": 5, "brokers": {{
                "127.0.0.1:9092/bootstrap": {{ "name": "127.0.0.1:9092/bootstrap", "nodeid": -1, "nodename": "127.0.0.1:9092",
                    "waitresp_cnt": 7, "rx": 1, "rxbytes": 1, "toppars": {{}} }},
                "127.0.0.1:9093/2": {{ "name": "127.0.0.1:9093/2", "nodeid": 2, "nodename": "127.0.0.1:9093",
                    "waitresp_cnt": {waiting}, "rx": {received}, "rxbytes": {received}, "rtt": {{ "min": 3 }},
                    "toppars": {{ "t-0": {{ "topic": "t", "partition": 0 }}, "t--1": {{ "topic": "t", "partition": -1 }} }} }}
            }}, "topics": {{}} }}"#
        ))
    }

    #[test]
    fn a_broker_that_owes_a_response_and_sends_nothing_is_reported_once() {
        let mut silent = SilentBrokers::default();
        let mut after = |waiting, received| silent.update(&statistics(waiting, received));
        for _ in 0..3 {
            assert_eq!(after(1, 10), [""; 0]);
        }
        assert_eq!(after(1, 10), ["broker 2 at 127.0.0.1:9093 cannot be used: it has not responded for 3 s"]);
        assert_eq!(after(2, 10), [""; 0], "it is reported once");
        assert!(silent.contains(2) && !silent.contains(1));
        assert_eq!(silent.update(&statistics(2, 11)), [""; 0]);
        assert!(!silent.contains(2), "it has responded");
    }

    #[test]
    fn a_broker_from_which_nothing_is_expected_is_not_silent() {
        let mut silent = SilentBrokers::default();
        for _ in 0..10 {
            assert_eq!(silent.update(&statistics(0, 10)), [""; 0]);
        }
        // The next request has its own time.
        assert_eq!(silent.update(&statistics(1, 10)), [""; 0]);
        assert!(!silent.contains(2));
    }

    /// Statistics of a member, whose connection to the coordinator is apart from that to the same broker.
    fn of_member(waiting: u64, received: u64, join_state: &str) -> Statistics {
        of_group(waiting, received, "up", join_state)
    }

    fn of_group(waiting: u64, received: u64, state: &str, join_state: &str) -> Statistics {
        Statistics::parse(&format!(
            r#"{{ "brokers": {{
                "127.0.0.1:9093/2": {{ "name": "127.0.0.1:9093/2", "nodeid": 2, "nodename": "127.0.0.1:9093",
                    "source": "learned", "waitresp_cnt": 0, "rx": 0, "rxbytes": 0 }},
                "GroupCoordinator": {{ "name": "GroupCoordinator", "nodeid": -1, "nodename": "127.0.0.1:9093",
                    "source": "logical", "waitresp_cnt": {waiting}, "rx": {received}, "rxbytes": {received} }}
            }}, "cgrp": {{ "state": "{state}", "join_state": "{join_state}" }} }}"#
        ))
    }

    #[test]
    fn a_silent_coordinator_is_reported_until_it_responds() {
        let mut coordinator = SilentCoordinator::default();
        let mut after = |waiting, received| coordinator.update(&of_member(waiting, received, "steady"));
        let silent = |seconds| {
            let reason = format!(
                "broker 2 at 127.0.0.1:9093, which coordinates the group, cannot be used: it has not responded for \
                 {seconds} s; commits and heartbeats wait for it"
            );
            Some(CoordinatorReport::Silent(reason))
        };
        for _ in 0..3 {
            assert_eq!(after(1, 10), None);
        }
        assert_eq!([after(1, 10), after(2, 10)], [silent(3), silent(4)]);
        assert_eq!([after(1, 11), after(0, 11)], [Some(CoordinatorReport::Responds), None]);
    }

    /// On a busy machine a silent coordinator was once reported after a minute only, probably since the member had lost it before and
    /// was looking for it.
    #[test]
    fn a_coordinator_that_is_looked_for_is_reported_with_the_last_one() {
        let mut coordinator = SilentCoordinator::default();
        for _ in 0..10 {
            assert_eq!(coordinator.update(&of_group(0, 0, "wait-coord", "init")), None, "it was never known");
        }
        let mut after = |state| coordinator.update(&of_group(0, 10, state, "steady"));
        assert_eq!(["up", "query-coord", "wait-coord"].map(&mut after), [None, None, None]);
        let lost = |seconds| {
            let reason = format!(
                "for {seconds} s no broker that coordinates the group can be reached; broker 2 at 127.0.0.1:9093 did so before; \
                 commits and heartbeats wait for it"
            );
            Some(CoordinatorReport::Silent(reason))
        };
        assert_eq!(["wait-coord", "wait-broker"].map(&mut after), [lost(3), lost(4)]);
        assert_eq!(["up", "up"].map(&mut after), [Some(CoordinatorReport::Responds), None]);
    }

    /// In a rebalance it responds when all other members have joined.
    #[test]
    fn a_coordinator_that_waits_for_other_members_has_more_time() {
        let mut coordinator = SilentCoordinator::default();
        let silent = (0..=30).map(|_| coordinator.update(&of_member(1, 10, "wait-join")).is_some());
        assert_eq!(silent.collect::<Vec<_>>().iter().position(|is_silent| *is_silent), Some(30));
    }

    #[test]
    fn the_leaders_of_partitions_are_read() {
        let leaders: Vec<_> = statistics(0, 0).leaders().collect();
        assert_eq!(leaders, [(TopicPartition::new("t", 0), 2)]);
    }

    #[test]
    fn statistics_of_another_form_are_empty() {
        for text in ["", "{}", "[]", r#"{"brokers": {"a": {"nodeid": 1}}}"#] {
            assert_eq!(Statistics::parse(text).leaders().count(), 0, "{text}");
        }
    }
}
