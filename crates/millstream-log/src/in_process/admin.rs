//! The in-process [`Administration`].

use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_types::{MonotonicTime, Offset, Topic, TopicPartition};

use super::lock::lock;
use super::shared::Shared;
use crate::{AdminRequest, AdminResponse, Administration, CommittedOffset, LogError, LogEvent, NewTopic, Signal};

/// An administration client. Requests are executed at once; the next poll delivers the responses.
#[derive(Debug)]
pub(super) struct Admin {
    shared: Arc<Shared>,
    signal: Signal,
    last_token: u64,
    responses: Vec<LogEvent>,
}

impl Admin {
    pub(super) fn new(shared: Arc<Shared>, signal: &Signal) -> Self {
        Self { shared, signal: signal.clone(), last_token: 0, responses: Vec::new() }
    }

    fn respond(&self, request: AdminRequest) -> AdminResponse {
        match request {
            AdminRequest::PartitionCounts(topics) => {
                AdminResponse::PartitionCounts(each(topics, |topic| self.partition_count(topic)))
            }
            AdminRequest::TopicSettings(topics) => {
                AdminResponse::TopicSettings(each(topics, |topic| self.settings(topic)))
            }
            AdminRequest::CreateTopics(topics) => AdminResponse::CreateTopics(
                topics.into_iter().map(|topic| (topic.name.clone(), self.create(topic))).collect(),
            ),
            AdminRequest::AddPartitions(topics) => {
                let grown = topics.into_iter().map(|(topic, count)| {
                    let result = self.shared.grow_topic(&topic, count);
                    (topic, result)
                });
                AdminResponse::AddPartitions(grown.collect())
            }
            AdminRequest::OffsetRanges(partitions) => {
                AdminResponse::OffsetRanges(each(partitions, |partition| self.range(partition)))
            }
            AdminRequest::DeleteRecords(cuts) => AdminResponse::DeleteRecords(
                cuts.into_iter().map(|(partition, offset)| (partition.clone(), self.cut(&partition, offset))).collect(),
            ),
            AdminRequest::TopicsNamed(prefix) => AdminResponse::TopicsNamed(self.named(&prefix)),
            AdminRequest::Groups => AdminResponse::Groups(self.shared.group_names()),
            AdminRequest::CommittedOffsets(group) => AdminResponse::CommittedOffsets(self.committed(&group)),
        }
    }

    fn partition_count(&self, topic: &Topic) -> Option<u32> {
        self.shared.topics.get(topic.as_str()).map(|topic| topic.partition_count())
    }

    fn settings(&self, topic: &Topic) -> Result<BTreeMap<String, String>, LogError> {
        let found = self.shared.topics.get(topic.as_str());
        found.map(|found| found.config.clone()).ok_or_else(|| LogError::UnknownTopic { topic: topic.clone() })
    }

    fn create(&self, topic: NewTopic) -> Result<(), LogError> {
        self.shared.create_topic(topic)
    }

    fn range(&self, partition: &TopicPartition) -> Result<(Offset, Offset), LogError> {
        Ok(self.shared.topics.partition(partition)?.range())
    }

    fn named(&self, prefix: &str) -> Vec<(Topic, u32)> {
        let topics = self.shared.topics.all();
        let named = topics.iter().filter(|topic| topic.name.as_str().starts_with(prefix));
        named.map(|topic| (topic.name.clone(), topic.partition_count())).collect()
    }

    fn committed(&self, group: &str) -> Vec<(TopicPartition, CommittedOffset)> {
        let group = self.shared.known_group(group);
        group.map(|group| lock(&group).all_committed().into_iter().collect()).unwrap_or_default()
    }

    fn cut(&self, partition: &TopicPartition, offset: Offset) -> Result<Offset, LogError> {
        self.shared.topics.partition(partition)?.remove_before(offset)
    }
}

fn each<Q, A>(items: Vec<Q>, respond: impl Fn(&Q) -> A) -> Vec<(Q, A)> {
    items
        .into_iter()
        .map(|item| {
            let response = respond(&item);
            (item, response)
        })
        .collect()
}

impl Administration for Admin {
    fn request(&mut self, request: AdminRequest) -> u64 {
        self.last_token += 1;
        let result = Ok(self.respond(request));
        self.responses.push(LogEvent::AdminDone { token: self.last_token, result });
        self.signal.raise();
        self.last_token
    }

    fn poll(&mut self, _now: MonotonicTime, events: &mut Vec<LogEvent>) {
        events.append(&mut self.responses);
    }

    fn deletes_by_clock(&self) -> bool {
        false
    }
}
