//! The number of partitions of each topic and the number of tasks of each sub-topology, by Kafka Streams' rules.
//!
//! A repartition topic has the number of partitions that the user set. Otherwise it has as many as the largest source topic of
//! the sub-topology that writes it. Topics that are joined, or merged before a table or an aggregation, must be
//! *co-partitioned*: they need equal numbers of partitions. Repartition topics are adapted to that, topics of the user are
//! not. A sub-topology has as many tasks as its largest source topic has partitions, and so has each of its changelogs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use millstream_types::Topic;

use super::copartition::united;
use super::internal_topic::InternalTopic;
use super::subtopology::SubTopology;
use super::topic_name::TopicName;

/// Partition counts that do not fit the topology, and how to correct them.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartitionCountError {
    /// Topics that the topology reads do not exist.
    #[error(
        "the topology reads topics that do not exist: {topics}; create them, or correct their names in the topology"
    )]
    MissingSources {
        /// Their names.
        topics: Names,
    },
    /// Topics of the user that must be co-partitioned have different counts.
    #[error(
        "these topics are joined, or merged before an aggregation or a table, and need equal numbers of partitions, but have \
         {topics}; create them again with equal numbers, or put `repartition()` before that on one of the streams"
    )]
    NotCopartitioned {
        /// The topics with their counts.
        topics: Counts,
    },
    /// Repartition topics that must be co-partitioned were given different counts.
    #[error(
        "these repartition topics are joined, or merged before an aggregation or a table, and need equal numbers of \
         partitions, but were given {topics}; set the same number in each `Repartitioned`, or in one of them only"
    )]
    EnforcedCountsDiffer {
        /// The topics with the counts they were given.
        topics: Counts,
    },
    /// A repartition topic was given another count than the topics that it must be co-partitioned with.
    #[error(
        "repartition topic `{topic}` was given {partitions} partitions, but is joined with {joined} or merged with it; \
         give it the same number in its `Repartitioned`, or none"
    )]
    EnforcedCountDiffers {
        /// The repartition topic.
        topic: String,
        /// The count it was given.
        partitions: u32,
        /// The topics it is joined with, and their counts.
        joined: Counts,
    },
    /// No topic matches a pattern, so that it is not known how many partitions internal topics have.
    #[error(
        "no topic matches the pattern {patterns}, so the number of partitions of changelogs or repartition topics is not known; create a \
         topic that matches before the application is started for the first time, or correct the pattern"
    )]
    Unmatched {
        /// The patterns of the sub-topology.
        patterns: Names,
    },
    /// No topic upstream determines how many partitions a repartition topic has.
    #[error(
        "the number of partitions of repartition topic `{topic}` is not known, since no topic upstream determines it; set \
         the number in its `Repartitioned`"
    )]
    Undetermined {
        /// The repartition topic.
        topic: String,
    },
}

millstream_types::debug_as_sentence!(PartitionCountError);

/// Topic names in a sentence: `a`, `b`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|name| format!("`{name}`")).collect();
        f.write_str(&names.join(", "))
    }
}

/// Topics with their partition counts in a sentence: `a` (3 partitions), `b` (1 partition).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts(pub Vec<(String, u32)>);

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: u32| if count == 1 { "" } else { "s" };
        let counts: Vec<_> =
            self.0.iter().map(|(topic, count)| format!("`{topic}` ({count} partition{})", plural(*count))).collect();
        f.write_str(&counts.join(", "))
    }
}

/// The number of partitions of every topic of a topology, with the internal topics, and the number of tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionCounts {
    topics: BTreeMap<TopicName, u32>,
    tasks: Vec<u32>,
}

impl PartitionCounts {
    /// Determines the counts of all internal topics from those of the user's topics.
    ///
    /// `existing` returns the number of partitions of a topic of the user, or `None` if it does not exist. Of the internal topics it is
    /// called for [assignment topics](SubTopology::assignment_topic) only: there are never fewer tasks than one of these has partitions,
    /// so that no task disappears with the topics that match a pattern.
    ///
    /// # Errors
    /// When a source topic is missing, counts that have to agree do not, or no topic that matches a pattern determines a count that is
    /// needed.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{PartitionCounts, StreamsBuilder, TopicName};
    /// # let builder = StreamsBuilder::new();
    /// builder.stream::<String, String>("in").to("out");
    /// let topology = builder.build()?;
    /// let existing = |topic: &TopicName| (&*topic.name == "in").then_some(3);
    /// let counts = PartitionCounts::resolve(topology.subtopologies(), existing)?;
    /// assert_eq!(counts.tasks(0), 3);
    /// assert!(PartitionCounts::resolve(topology.subtopologies(), |_topic| None).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resolve(
        subtopologies: &[SubTopology],
        existing: impl Fn(&TopicName) -> Option<u32>,
    ) -> Result<Self, PartitionCountError> {
        let mut resolver =
            Resolver { subtopologies, topics: external_counts(subtopologies, existing)?, set: by_user(subtopologies) };
        resolver.follow_upstream()?;
        for group in united(subtopologies.iter().flat_map(|subtopology| &subtopology.copartitioned)) {
            resolver.copartition(&group)?;
        }
        let mut topics = resolver.topics;
        for subtopology in subtopologies {
            let Some(assignment) = &subtopology.assignment_topic else { continue };
            let tasks = match largest_source(subtopology, &topics) {
                Some(tasks) => tasks,
                None if subtopology.stores.iter().any(|store| store.changelog.is_some()) => {
                    return Err(unmatched(subtopology));
                }
                // It processes nothing, and its schedules run.
                None => 1,
            };
            topics.insert(assignment.name.clone(), tasks);
        }
        let tasks = subtopologies.iter().map(|subtopology| largest_source(subtopology, &topics).unwrap_or(0)).collect();
        Ok(Self { topics, tasks })
    }

    /// How many partitions a source topic has, or an assignment topic has to have.
    #[must_use]
    pub fn partitions(&self, topic: &TopicName) -> Option<u32> {
        self.topics.get(topic).copied()
    }

    /// How many tasks a sub-topology has: as many as the largest of its source topics has partitions.
    ///
    /// # Panics
    /// When there is no such sub-topology.
    #[must_use]
    pub fn tasks(&self, subtopology: u32) -> u32 {
        self.tasks[subtopology as usize]
    }

    /// The internal topics that the topology needs, under their full names, with the partitions they must have:
    /// repartition topics and changelogs.
    pub fn internal_topics<'a>(
        &'a self,
        subtopologies: &'a [SubTopology],
        application_id: &'a str,
    ) -> impl Iterator<Item = (Topic, u32, &'a InternalTopic)> {
        subtopologies.iter().flat_map(move |subtopology| {
            let repartitions = subtopology.repartition_topics.iter();
            let changelogs = subtopology.stores.iter().filter_map(|store| store.changelog.as_ref());
            let repartitions = repartitions.map(|topic| (topic, self.topics.get(&topic.name).copied()));
            let changelogs = changelogs.map(|topic| (topic, self.tasks.get(subtopology.id as usize).copied()));
            repartitions
                .chain(changelogs)
                .map(|(topic, count)| (topic.name.resolve(application_id), count.unwrap_or(0), topic))
        })
    }
}

/// The counts of the topics that the user owns.
fn external_counts(
    subtopologies: &[SubTopology],
    existing: impl Fn(&TopicName) -> Option<u32>,
) -> Result<BTreeMap<TopicName, u32>, PartitionCountError> {
    let (mut counts, mut missing) = (BTreeMap::new(), BTreeSet::new());
    for topic in subtopologies.iter().filter_map(|subtopology| subtopology.assignment_topic.as_ref()) {
        counts.extend(existing(&topic.name).map(|count| (topic.name.clone(), count)));
    }
    for source in subtopologies.iter().flat_map(|subtopology| &subtopology.sources) {
        if source.topic.internal {
            continue;
        }
        match existing(&source.topic) {
            Some(count) => _ = counts.insert(source.topic.clone(), count),
            None => _ = missing.insert(source.topic.name.to_string()),
        }
    }
    if missing.is_empty() {
        Ok(counts)
    } else {
        Err(PartitionCountError::MissingSources { topics: Names(missing.into_iter().collect()) })
    }
}

/// The counts of repartition topics that the user set.
fn by_user(subtopologies: &[SubTopology]) -> BTreeMap<TopicName, u32> {
    let repartitions = subtopologies.iter().flat_map(|subtopology| &subtopology.repartition_topics);
    repartitions.filter_map(|topic| Some((topic.name.clone(), topic.partitions?))).collect()
}

fn largest_source(subtopology: &SubTopology, counts: &BTreeMap<TopicName, u32>) -> Option<u32> {
    let sources = subtopology.sources.iter().map(|source| &source.topic);
    let topics = sources.chain(subtopology.assignment_topic.iter().map(|topic| &topic.name));
    topics.filter_map(|topic| counts.get(topic).copied()).max()
}

/// The error where no topic that matches the patterns of a sub-topology says how many tasks it has.
fn unmatched(subtopology: &SubTopology) -> PartitionCountError {
    let patterns = Names(subtopology.patterns.iter().map(ToString::to_string).collect());
    PartitionCountError::Unmatched { patterns }
}

struct Resolver<'a> {
    subtopologies: &'a [SubTopology],
    topics: BTreeMap<TopicName, u32>,
    set: BTreeMap<TopicName, u32>,
}

impl Resolver<'_> {
    /// Gives every repartition topic the count of the largest source topic of the sub-topology that writes it. One repartition
    /// topic may follow another, so this repeats until no count grows. It ends, since no count exceeds the largest given one.
    fn follow_upstream(&mut self) -> Result<(), PartitionCountError> {
        self.topics.extend(self.set.iter().map(|(topic, count)| (topic.clone(), *count)));
        while self.grow_once() {}
        let mut repartitions = self.subtopologies.iter().flat_map(|subtopology| &subtopology.repartition_topics);
        match repartitions.find(|topic| !self.topics.contains_key(&topic.name)) {
            Some(topic) => Err(self.undetermined(topic)),
            None => Ok(()),
        }
    }

    /// The error where no topic says how many partitions a repartition topic has: because no topic matches a pattern, if there is one.
    fn undetermined(&self, topic: &InternalTopic) -> PartitionCountError {
        let is_open = |part: &&SubTopology| !part.patterns.is_empty() && largest_source(part, &self.topics).is_none();
        let undetermined = || PartitionCountError::Undetermined { topic: topic.name.name.to_string() };
        self.subtopologies.iter().find(is_open).map_or_else(undetermined, unmatched)
    }

    fn grow_once(&mut self) -> bool {
        let mut has_grown = false;
        for writer in self.subtopologies {
            let Some(largest) = largest_source(writer, &self.topics) else { continue };
            for sink in writer.sinks.iter().filter(|sink| sink.internal && !self.set.contains_key(*sink)) {
                let count = self.topics.entry(sink.clone()).or_default();
                has_grown |= *count < largest;
                *count = (*count).max(largest);
            }
        }
        has_grown
    }

    /// Gives the repartition topics of a co-partitioned group the count that the group needs.
    fn copartition(&mut self, group: &[TopicName]) -> Result<(), PartitionCountError> {
        let (repartitions, external): (Vec<_>, Vec<_>) = group.iter().partition(|topic| topic.internal);
        let count =
            if external.is_empty() { self.common_enforced(&repartitions)? } else { self.common_external(&external)? };
        let Some(count) = count else { return Ok(()) };
        for topic in repartitions {
            if let Some(&partitions) = self.set.get(topic).filter(|set| **set != count) {
                let joined = Counts(external.iter().map(|topic| (topic.name.to_string(), count)).collect());
                return Err(PartitionCountError::EnforcedCountDiffers {
                    topic: topic.name.to_string(),
                    partitions,
                    joined,
                });
            }
            self.topics.insert(topic.clone(), count);
        }
        Ok(())
    }

    /// The count that the user set for repartition topics of this group, otherwise the largest of their counts.
    fn common_enforced(&self, topics: &[&TopicName]) -> Result<Option<u32>, PartitionCountError> {
        let enforced = counts_of(topics, &self.set);
        match all_equal(&enforced) {
            Some(equal) => Ok(equal.or_else(|| topics.iter().filter_map(|topic| self.partitions(topic)).max())),
            None => Err(PartitionCountError::EnforcedCountsDiffer { topics: Counts(enforced) }),
        }
    }

    fn common_external(&self, topics: &[&TopicName]) -> Result<Option<u32>, PartitionCountError> {
        let counts = counts_of(topics, &self.topics);
        all_equal(&counts).ok_or(PartitionCountError::NotCopartitioned { topics: Counts(counts) })
    }

    fn partitions(&self, topic: &TopicName) -> Option<u32> {
        self.topics.get(topic).copied()
    }
}

fn counts_of(topics: &[&TopicName], counts: &BTreeMap<TopicName, u32>) -> Vec<(String, u32)> {
    topics.iter().filter_map(|topic| Some((topic.name.to_string(), *counts.get(*topic)?))).collect()
}

/// The count that all have, if there is any; `None` if they differ.
fn all_equal(counts: &[(String, u32)]) -> Option<Option<u32>> {
    let first = counts.first().map(|(_, count)| *count);
    counts.iter().all(|(_, count)| Some(*count) == first).then_some(first)
}

#[cfg(test)]
mod tests;
