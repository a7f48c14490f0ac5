//! The progress of a group by its committed offsets, which the broker returns, so that contenders spend no time on reporting.

use std::time::{Duration, Instant};

use millstream::logs::{GroupConfig, GroupConsumer, Log, LogEvent};

use super::client::{BrokerClient, PATIENCE, now, partitions};
use crate::Outcome;

/// Reads the committed offsets of a group without joining it.
pub(crate) struct Progress<'a> {
    client: &'a BrokerClient,
    onlooker: Box<dyn GroupConsumer>,
}

impl<'a> Progress<'a> {
    pub(crate) fn of(client: &'a BrokerClient, group: &str) -> Outcome<Self> {
        let config = GroupConfig::new(group, "compare", Duration::from_secs(45));
        Ok(Self { client, onlooker: client.log.consumer(&config, &client.signal)? })
    }

    /// How many records of a topic the group has committed.
    pub(crate) fn committed(&mut self, topic: &str) -> Outcome<u64> {
        self.onlooker.fetch_committed(&partitions(topic));
        let (deadline, mut events) = (Instant::now() + PATIENCE, Vec::new());
        while Instant::now() < deadline {
            self.onlooker.poll(now(), &mut |_| false, &mut events);
            for event in events.drain(..) {
                if let LogEvent::Committed(offsets) = event {
                    let offsets = offsets.into_iter().filter_map(|(_, committed)| committed);
                    return Ok(offsets.map(|committed| committed.offset.number().unsigned_abs()).sum());
                }
            }
            self.client.signal.wait(Duration::from_millis(1));
        }
        Err("the broker did not tell committed offsets".into())
    }
}
