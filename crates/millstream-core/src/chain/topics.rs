//! Topics that appear and disappear while a chain runs, because a source reads them by a pattern.

use millstream_types::{Timestamp, Topic};

use super::Chain;
use super::source::SourceSlot;

impl Chain {
    /// Lets the source named `source` read one more topic. Returns its number, which comes after all others; `None` if there is no such
    /// source.
    pub fn add_topic(&mut self, source: &str, topic: Topic) -> Option<usize> {
        let index = self.sources.iter().position(|node| node.name() == source)?;
        let number = self.sources[index].add_topic(topic.as_str());
        self.slots.push(SourceSlot { source: index, topic: number });
        self.heads.push(None);
        self.partition_times.push(Timestamp::UNKNOWN);
        self.state.topics.push(topic);
        Some(self.slots.len() - 1)
    }

    /// Forgets the head and the partition time of topic number `topic`, whose records are gone. A topic of the same name may come back.
    pub fn forget_topic(&mut self, topic: usize) {
        let slot = self.slots[topic];
        self.sources[slot.source].drop_head(slot.topic);
        self.heads[topic] = None;
        self.partition_times[topic] = Timestamp::UNKNOWN;
    }
}
