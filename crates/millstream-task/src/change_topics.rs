//! Topics that appear and disappear while a task runs, because a source reads them by a pattern.

use std::collections::BTreeSet;
use std::sync::Arc;

use millstream_core::{PartitionCounts, SourceTopic, Topology};
use millstream_types::{Topic, TopicPartition};

use crate::Task;
use crate::input_queue::{InputQueue, Presence};

/// The input partitions that a task reads from now on, and those that it does not read any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedInputs {
    /// The partitions that it reads in addition. Their committed offsets are to be looked up.
    pub added: Vec<TopicPartition>,
    /// The partitions that do not exist any more. Nothing of them is committed.
    pub removed: Vec<TopicPartition>,
}

impl Task {
    /// Reads the topics that `topology` has for the task's sub-topology with these partition counts. It keeps its state, its place in
    /// the other topics, and the topics' order; new ones come last. Records of a topic that is gone and that are not processed yet are
    /// dropped. Partitions that are in `anew` and exist are read as if they were new: their topics were deleted and created again.
    /// Not to be called while a commit is in progress, since that refers to the inputs.
    ///
    /// # Panics
    /// When the topology has no such sub-topology, or another one with this number than the task was built for.
    pub fn change_topics(
        &mut self,
        topology: &Topology,
        counts: &PartitionCounts,
        anew: &BTreeSet<TopicPartition>,
    ) -> ChangedInputs {
        let subtopology = &topology.subtopologies()[self.id.subtopology as usize];
        let application_id = Arc::clone(&self.resources.application_id);
        let mut changed = ChangedInputs::default();
        let mut read = vec![false; self.inputs.len()];
        for source in &subtopology.sources {
            let topic = source.topic.resolve(&application_id);
            let input = self.input_of(&topic).unwrap_or_else(|| self.add_input(source, &subtopology.node_names, topic));
            let exists = counts.partitions(&source.topic).is_some_and(|count| self.id.partition.number() < count);
            read.resize(self.inputs.len(), false);
            read[input] = exists;
        }
        for (input, reads) in read.into_iter().enumerate() {
            let queue = self.inputs.queue_mut(input);
            let partition = queue.partition().clone();
            let (is_read, is_anew) = (queue.exists(), anew.contains(&partition));
            if is_read == reads && !(is_read && is_anew) {
                continue;
            }
            queue.reset(if reads { Presence::Exists } else { Presence::Missing });
            if is_read {
                self.forget_input(input);
            }
            if reads { changed.added.push(partition) } else { changed.removed.push(partition) }
        }
        changed
    }

    /// Forgets what was reached of an input, which is gone.
    fn forget_input(&mut self, input: usize) {
        self.chain.forget_topic(input);
        let metrics = self.resources.recorder.partition(input);
        metrics.at(metrics.position, metrics.position);
        metrics.stalled = false;
    }

    fn input_of(&self, topic: &Topic) -> Option<usize> {
        self.inputs.iter().position(|queue| queue.partition().topic == *topic)
    }

    /// Adds an input that is still missing. Returns its number.
    fn add_input(&mut self, source: &SourceTopic, nodes: &[Arc<str>], topic: Topic) -> usize {
        let partition = TopicPartition { topic: topic.clone(), partition: self.id.partition };
        let input = self.chain.add_topic(&source.node, topic).expect("the chain has the sources of its sub-topology");
        let node = nodes.iter().position(|node| *node == source.node);
        self.source_nodes.push(node.expect("a source is a node of its sub-topology"));
        self.resources.recorder.add_partition(&partition);
        self.inputs.add(InputQueue::new(partition, Presence::Missing));
        input
    }
}
