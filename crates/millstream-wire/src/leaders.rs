//! Who leads which partition, looked up whenever somebody does not know.

use std::collections::BTreeMap;

use millstream_log::Signal;
use millstream_types::{Timestamp, Topic, TopicPartition};

use crate::connection::Address;
use crate::error::LinkError;
use crate::lookup::Lookup;
use crate::messages::metadata::Leader;
use crate::pause::Pause;
use crate::settings::FetchSettings;

/// Kafka's own, where an address names none.
const DEFAULT_PORT: u16 = 9092;

/// The brokers as far as known.
pub(crate) struct Leaders {
    bootstrap: Vec<Address>,
    brokers: BTreeMap<i32, Address>,
    lookup: Option<Lookup>,
    pause: Pause,
}

impl Leaders {
    pub(crate) fn new(bootstrap_servers: &str) -> Self {
        let bootstrap = bootstrap_servers.split(',').map(str::trim).filter(|text| !text.is_empty()).map(address);
        Self { bootstrap: bootstrap.collect(), brokers: BTreeMap::new(), lookup: None, pause: Pause::default() }
    }

    /// Where a broker is.
    pub(crate) fn address(&self, broker: i32) -> Option<&Address> {
        self.brokers.get(&broker)
    }

    /// Looks these topics up, if nothing is looked up already and it is time to.
    pub(crate) fn look_up(&mut self, topics: Vec<Topic>, settings: &FetchSettings, signal: &Signal, now: Timestamp) {
        if self.lookup.is_some() || !self.pause.is_over(now) {
            return;
        }
        let addresses = self.brokers.values().chain(&self.bootstrap).cloned().collect();
        let client_id = settings.client_id.clone();
        self.lookup = Some(Lookup::begin(addresses, topics, client_id, settings.answer_within, signal));
        // What was found may be out of date: no look-up follows another at once.
        self.pause.fail(now);
    }

    /// What was found, if a look-up has ended.
    pub(crate) fn poll(&mut self) -> Option<Result<BTreeMap<TopicPartition, Leader>, LinkError>> {
        let found = self.lookup.as_ref()?.poll()?;
        self.lookup = None;
        Some(found.map(|cluster| {
            self.brokers = cluster.brokers;
            cluster.leaders
        }))
    }

    /// Every partition has a leader: the next look-up need not wait.
    pub(crate) fn rest(&mut self) {
        self.pause = Pause::default();
    }
}

/// An address as `bootstrap.servers` has it: the name of a protocol before it is left out, a port is added.
fn address(text: &str) -> Address {
    let text = text.split_once("://").map_or(text, |(_protocol, address)| address);
    let (host, port) = match text.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
        Some((host, Ok(port))) => (host, port),
        // No port, or the end of an address of IPv6.
        _ => (text, DEFAULT_PORT),
    };
    (host.trim_start_matches('[').trim_end_matches(']').to_owned(), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_kafka_writes_them() {
        let check = |text: &str, host: &str, port: u16| assert_eq!(address(text), (host.to_owned(), port), "{text}");
        check("broker-1:9093", "broker-1", 9093);
        check("broker-1", "broker-1", 9092);
        check("PLAINTEXT://broker-1:19092", "broker-1", 19092);
        check("127.0.0.1:9092", "127.0.0.1", 9092);
        check("[::1]:9093", "::1", 9093);
        check("[::1]", "::1", 9092);
    }
}
