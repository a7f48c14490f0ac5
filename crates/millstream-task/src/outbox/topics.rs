//! The topics that an outbox writes.

use std::collections::HashMap;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use millstream_core::partition_for;
use millstream_log::{PointerCache, Producing, TopicState};
use millstream_types::{Partition, Topic};

/// The number of records without a key that go to one partition before the next one, so that batches fill; the sticky
/// partitioner of Kafka's producer has the same purpose.
const STICKY_RECORDS: u64 = 64;

/// A topic that was looked up or written to.
#[derive(Debug)]
pub(super) struct KnownTopic {
    pub(super) topic: Topic,
    pub(super) is_changelog: bool,
    /// The sink that wrote to it last.
    pub(super) node: Arc<str>,
    partitions: Option<u32>,
    /// The number of records without a key that were sent to it.
    keyless: u64,
}

impl KnownTopic {
    fn new(topic: Topic) -> Self {
        Self { topic, is_changelog: false, node: "".into(), partitions: None, keyless: 0 }
    }

    /// Sets the sink that writes to it, which is named in a later failure.
    #[inline]
    pub(super) fn set_sink(&mut self, node: &str) {
        if *self.node != *node {
            self.node = node.into();
        }
    }

    /// The partition of a key, as Kafka's default partitioner chooses it. Records without a key are distributed round robin.
    #[inline]
    pub(super) fn choose_partition(&mut self, key: Option<&[u8]>, partitions: u32) -> Partition {
        match key {
            _ if partitions == 1 => Partition::new(0),
            Some(key) => partition_for(key, partitions),
            None => {
                let turn = self.keyless / STICKY_RECORDS % u64::from(partitions);
                self.keyless += 1;
                Partition::new(u32::try_from(turn).expect("a turn is less than the number of partitions"))
            }
        }
    }
}

/// The topics by index. The index of a topic never changes.
#[derive(Debug)]
pub(super) struct Topics {
    known: Vec<KnownTopic>,
    by_name: HashMap<Topic, usize>,
    recent: PointerCache<Topic>,
}

impl Topics {
    pub(super) fn new() -> Self {
        Self { known: Vec::new(), by_name: HashMap::new(), recent: PointerCache::new() }
    }

    /// The index of a topic. Its name is hashed only if the address of the string is not known.
    #[inline]
    pub(super) fn index_of(&mut self, topic: &Topic) -> usize {
        self.recent.get(topic.as_str()).unwrap_or_else(|| self.find_or_add(topic))
    }

    fn find_or_add(&mut self, topic: &Topic) -> usize {
        let index = self.by_name.get(topic).copied().unwrap_or_else(|| {
            self.known.push(KnownTopic::new(topic.clone()));
            self.by_name.insert(topic.clone(), self.known.len() - 1);
            self.known.len() - 1
        });
        self.recent.insert(topic.as_str(), topic.clone(), index);
        index
    }

    /// Updates the partition counts of topics that have grown or were deleted.
    pub(super) fn refresh(&mut self, producer: &mut dyn Producing) {
        for known in self.known.iter_mut().filter(|known| known.partitions.is_some()) {
            known.partitions = match producer.topic(&known.topic) {
                TopicState::Ready { partitions } => Some(partitions),
                TopicState::Pending | TopicState::Missing => None,
            };
        }
    }

    /// The state of a topic. Its number of partitions is cached until the next [`refresh`](Self::refresh); any other state is
    /// looked up again.
    #[inline]
    pub(super) fn state(&mut self, index: usize, producer: &mut dyn Producing) -> TopicState {
        let known = &mut self.known[index];
        if let Some(partitions) = known.partitions {
            return TopicState::Ready { partitions };
        }
        let state = producer.topic(&known.topic);
        if let TopicState::Ready { partitions } = state {
            known.partitions = Some(partitions);
        }
        state
    }
}

impl Index<usize> for Topics {
    type Output = KnownTopic;

    fn index(&self, index: usize) -> &KnownTopic {
        &self.known[index]
    }
}

impl IndexMut<usize> for Topics {
    fn index_mut(&mut self, index: usize) -> &mut KnownTopic {
        &mut self.known[index]
    }
}
