//! Detects topologies that write to their own source topics, directly or through other topics, in a loop that does not end.

use std::collections::{BTreeMap, BTreeSet};

use millstream_core::Topology;
use millstream_types::Topic;

use crate::TestError;
use crate::error::Names;

/// The loops of a topology. They are found while it runs, because sinks may compute their topics.
pub(crate) struct Loops {
    /// The sub-topologies that read each topic.
    readers: BTreeMap<Topic, BTreeSet<u32>>,
    /// The source topics that each sub-topology has written.
    written: BTreeMap<u32, BTreeSet<Topic>>,
    /// The sub-topologies that are part of a loop.
    looping: BTreeSet<u32>,
    /// The number of records that they processed for the present input.
    processed: u64,
    max: u64,
}

impl Loops {
    pub(crate) fn new(topology: &Topology, application_id: &str, max: u64) -> Self {
        let (written, looping) = (BTreeMap::new(), BTreeSet::new());
        let mut loops = Self { readers: BTreeMap::new(), written, looping, processed: 0, max };
        loops.add_readers(topology, application_id);
        loops
    }

    /// Adds what reads the topics of `topology`.
    pub(crate) fn add_readers(&mut self, topology: &Topology, application_id: &str) {
        for part in topology.subtopologies() {
            let topics = part.sources.iter().map(|source| source.topic.resolve(application_id));
            topics.for_each(|topic| _ = self.readers.entry(topic).or_default().insert(part.id));
        }
    }

    /// Starts to count the records of another input.
    pub(crate) fn begin(&mut self) {
        self.processed = 0;
    }

    /// Records that `subtopology` has processed a record and written to the source topics `fed`.
    ///
    /// # Errors
    /// When loops have processed more records than the maximum.
    pub(crate) fn note(&mut self, subtopology: u32, fed: &[Topic]) -> Result<(), TestError> {
        if fed.is_empty() && self.looping.is_empty() {
            return Ok(());
        }
        let written = self.written.entry(subtopology).or_default();
        let len_before = written.len();
        fed.iter().for_each(|topic| _ = written.insert(topic.clone()));
        if written.len() > len_before {
            self.looping =
                self.readers.values().flatten().copied().filter(|part| self.leads_to_itself(*part)).collect();
        }
        self.processed += u64::from(self.looping.contains(&subtopology));
        if self.processed > self.max {
            return Err(TestError::Endless { topics: self.topics(), processed: self.max });
        }
        Ok(())
    }

    fn leads_to_itself(&self, part: u32) -> bool {
        let (mut seen, mut ahead) = (BTreeSet::new(), vec![part]);
        while let Some(next) = ahead.pop() {
            let topics = self.written.get(&next).into_iter().flatten();
            for reader in topics.filter_map(|topic| self.readers.get(topic)).flatten() {
                if seen.insert(*reader) {
                    ahead.push(*reader);
                }
            }
        }
        seen.contains(&part)
    }

    /// The topics through which the sub-topologies of loops are connected.
    fn topics(&self) -> Names {
        let written = self.looping.iter().filter_map(|part| self.written.get(part)).flatten();
        let is_read = |topic: &&Topic| self.readers.get(*topic).is_some_and(|parts| !parts.is_disjoint(&self.looping));
        Names(written.filter(is_read).map(Topic::to_string).collect::<BTreeSet<_>>().into_iter().collect())
    }
}
