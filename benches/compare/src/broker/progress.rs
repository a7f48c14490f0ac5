//! How far a group has come, from the offsets that it commits: told by the broker, so that no contender spends time on
//! telling it.

use std::time::{Duration, Instant};

use millstream::logs::{GroupConfig, GroupConsumer, Log, LogEvent};

use super::hands::{Hands, PATIENCE, now, partitions};
use crate::Outcome;

/// A look at the committed offsets of a group, which it does not join.
pub(crate) struct Progress<'a> {
    hands: &'a Hands,
    onlooker: Box<dyn GroupConsumer>,
}

impl<'a> Progress<'a> {
    pub(crate) fn of(hands: &'a Hands, group: &str) -> Outcome<Self> {
        let config = GroupConfig {
            group_id: group.to_owned(),
            client_id: "compare".to_owned(),
            instance_id: None,
            session_timeout: Duration::from_secs(45),
        };
        Ok(Self { hands, onlooker: hands.log.consumer(&config, &hands.signal)? })
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
            self.hands.signal.wait(Duration::from_millis(1));
        }
        Err("the broker did not tell committed offsets".into())
    }
}
