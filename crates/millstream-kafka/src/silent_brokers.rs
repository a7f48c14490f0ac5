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

/// What is read of librdkafka's statistics (its `STATISTICS.md`).
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Statistics {
    #[serde(default)]
    brokers: BTreeMap<String, Broker>,
}

#[derive(Debug, Deserialize)]
struct Broker {
    /// −1 for an address of `bootstrap.servers` whose broker is not known yet, and for librdkafka's own queues.
    nodeid: i32,
    nodename: String,
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

impl SilentBrokers {
    /// Takes in statistics, which come once a second. Returns a report on each broker that has just become silent.
    pub(crate) fn update(&mut self, statistics: &Statistics) -> Vec<String> {
        let mut reports = Vec::new();
        for broker in statistics.brokers.values().filter(|broker| broker.nodeid >= 0) {
            let observed = self.known.entry(broker.nodeid).or_default();
            let received = (broker.rx, broker.rxbytes);
            let is_waiting = broker.waitresp_cnt > 0 && received == observed.received;
            observed.received = received;
            observed.silent_seconds = if is_waiting { observed.silent_seconds.saturating_add(1) } else { 0 };
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
