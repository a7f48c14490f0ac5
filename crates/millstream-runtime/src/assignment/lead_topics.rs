//! Assignment by lead topics: co-partitioning without a custom assignor.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use millstream_core::{PartitionCounts, Topology};
use millstream_types::{TaskId, Topic, TopicPartition};

use super::Assignment;

/// One topic of each sub-topology leads: the one with the most partitions, or its assignment topic if it reads topics by a
/// pattern. The group divides its partitions, and the member that gets partition *i* reads partition *i* of the
/// sub-topology's other topics too. So two members never process the same task, whatever assignor the group uses.
#[derive(Debug)]
pub struct LeadTopics {
    leads: Vec<Topic>,
    subtopology_by_lead: BTreeMap<Topic, u32>,
}

impl LeadTopics {
    /// Finds the lead topic of each sub-topology: the most partitions, then the first by name.
    #[must_use]
    pub fn new(topology: &Topology, application_id: &str, counts: &PartitionCounts) -> Self {
        Self::of_sources(topology.subtopologies().iter().map(|subtopology| {
            if let Some(assignment) = &subtopology.assignment_topic {
                return vec![(assignment.name.resolve(application_id), 1)];
            }
            let topics = subtopology.sources.iter().map(|source| &source.topic);
            topics.map(|topic| (topic.resolve(application_id), counts.partitions(topic).unwrap_or(0))).collect()
        }))
    }

    /// Of the source topics of each sub-topology, with their partition counts.
    fn of_sources(sources: impl Iterator<Item = Vec<(Topic, u32)>>) -> Self {
        let lead = |topics: Vec<(Topic, u32)>| {
            topics.into_iter().min_by_key(|(topic, count)| (Reverse(*count), topic.clone())).map(|(topic, _)| topic)
        };
        let subtopology_by_lead: BTreeMap<Topic, u32> =
            sources.zip(0..).filter_map(|(topics, id)| Some((lead(topics)?, id))).collect();
        Self { leads: subtopology_by_lead.keys().cloned().collect(), subtopology_by_lead }
    }
}

impl Assignment for LeadTopics {
    fn subscription(&self) -> &[Topic] {
        &self.leads
    }

    fn task_of(&self, partition: &TopicPartition) -> Option<TaskId> {
        let subtopology = *self.subtopology_by_lead.get(&partition.topic)?;
        Some(TaskId { subtopology, partition: partition.partition })
    }

    fn partition_of(&self, task: TaskId) -> Option<TopicPartition> {
        let (lead, _) = self.subtopology_by_lead.iter().find(|(_, subtopology)| **subtopology == task.subtopology)?;
        Some(TopicPartition { topic: lead.clone(), partition: task.partition })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use millstream_core::{Consumed, StreamsBuilder};

    use super::*;

    fn assignment(sources: &[&[(&str, u32)]]) -> LeadTopics {
        let topics =
            |topics: &&[(&str, u32)]| topics.iter().map(|(topic, count)| (Topic::from(*topic), *count)).collect();
        LeadTopics::of_sources(sources.iter().map(topics))
    }

    #[test]
    fn the_topic_with_most_partitions_leads_and_ties_go_by_name() {
        let leads = assignment(&[&[("a", 1), ("b", 3)], &[("d", 2), ("c", 2)]]);
        assert_eq!(leads.subscription(), ["b".into(), "c".into()]);
    }

    #[test]
    fn tasks_come_with_the_partitions_of_their_lead_only() {
        let leads = assignment(&[&[("a", 1), ("b", 3)], &[("c", 2)]]);
        assert_eq!(leads.task_of(&TopicPartition::new("b", 2)), Some(TaskId::new(0, 2)));
        assert_eq!(leads.task_of(&TopicPartition::new("c", 0)), Some(TaskId::new(1, 0)));
        assert_eq!(leads.task_of(&TopicPartition::new("a", 0)), None);
        assert_eq!(leads.partition_of(TaskId::new(0, 2)), Some(TopicPartition::new("b", 2)));
        assert_eq!(leads.partition_of(TaskId::new(2, 0)), None);
    }

    #[test]
    fn tasks_with_a_pattern_come_with_the_partitions_of_their_assignment_topic() {
        let builder = StreamsBuilder::new();
        builder.stream(Consumed::<String, String>::pattern("in-.*").named("read")).to("out");
        let topology = builder.build().unwrap().with_topics("app", &["in-a".into()]).unwrap();
        let counts = PartitionCounts::resolve(topology.subtopologies(), |_| Some(3)).unwrap();
        let leads = LeadTopics::new(&topology, "app", &counts);
        assert_eq!(leads.subscription(), ["app-read-assignment".into()]);
        assert_eq!(leads.task_of(&TopicPartition::new("app-read-assignment", 2)), Some(TaskId::new(0, 2)));
        assert_eq!(leads.task_of(&TopicPartition::new("in-a", 2)), None);
    }
}
