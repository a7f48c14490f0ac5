//! The requests of start-up about the application's topics, and the responses so far.

use std::collections::{BTreeMap, BTreeSet};

use millstream_core::Topology;
use millstream_log::{AdminRequest, AdminResponse, Administration, LogError, OffsetRange};
use millstream_types::{Offset, Topic, TopicPartition};

/// The responses so far.
#[derive(Default)]
pub(super) struct Survey {
    /// Tokens of the requests in flight.
    in_flight: BTreeSet<u64>,
    /// The partition counts of the existing topics that the topology names.
    pub(super) counts: BTreeMap<Topic, u32>,
    /// Settings of internal topics and of output topics, if the client is authorised to read them.
    pub(super) settings: BTreeMap<Topic, BTreeMap<String, String>>,
    /// All topics that were listed: every one that is visible if the topology has patterns, otherwise those whose names begin with the
    /// prefix of internal topics.
    pub(super) listed: BTreeMap<Topic, u32>,
    /// The committed offsets of the application.
    pub(super) committed: BTreeMap<TopicPartition, Offset>,
    /// All groups; requested only if left-over topics exist.
    pub(super) groups: Vec<String>,
    /// The offset ranges of partitions of left-over repartition topics.
    pub(super) ranges: Vec<(TopicPartition, OffsetRange)>,
}

impl Survey {
    /// Sends the requests that are always needed at start-up.
    pub(super) fn begin(topology: &Topology, application_id: &str, admin: &mut dyn Administration) -> Self {
        let written = internal_and_written(topology, application_id);
        let mut survey = Self::begin_with_topics(topology, application_id, admin);
        survey.request(admin, AdminRequest::TopicSettings(written));
        survey.request(admin, AdminRequest::CommittedOffsets(application_id.to_owned()));
        survey
    }

    /// Asks for topics alone: those that the topology names, or has named, and all that may match its patterns.
    pub(super) fn begin_with_topics(topology: &Topology, application_id: &str, admin: &mut dyn Administration) -> Self {
        let parts = topology.subtopologies();
        let sources = parts.iter().flat_map(|part| &part.sources).map(|source| &source.topic);
        let assignment = parts.iter().filter_map(|part| part.assignment_topic.as_ref()).map(|topic| &topic.name);
        let mut named: BTreeSet<Topic> = sources.chain(assignment).map(|topic| topic.resolve(application_id)).collect();
        named.extend(internal_of(topology, application_id));
        let prefix = if topology.has_patterns() { String::new() } else { format!("{application_id}-") };
        let mut survey = Self::default();
        survey.request(admin, AdminRequest::PartitionCounts(named.into_iter().collect()));
        survey.request(admin, AdminRequest::TopicsNamed(prefix));
        survey
    }

    /// The topics whose names begin with the prefix of internal topics.
    pub(super) fn own(&self, application_id: &str) -> impl Iterator<Item = &Topic> + Clone {
        let prefix = format!("{application_id}-");
        self.listed.keys().filter(move |topic| topic.as_str().starts_with(&prefix))
    }

    /// The number of partitions of a topic, if it exists.
    pub(super) fn count(&self, topic: &Topic) -> Option<u32> {
        self.counts.get(topic).or_else(|| self.listed.get(topic)).copied()
    }

    pub(super) fn request(&mut self, admin: &mut dyn Administration, request: AdminRequest) {
        self.in_flight.insert(admin.request(request));
    }

    /// Removes a token from those in flight. Returns whether it was one.
    pub(super) fn complete(&mut self, token: u64) -> bool {
        self.in_flight.remove(&token)
    }

    pub(super) fn is_complete(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Records a response.
    ///
    /// # Errors
    /// When the end of a partition could not be read, so that its number of records is not known.
    pub(super) fn take(&mut self, response: AdminResponse) -> Result<(), LogError> {
        match response {
            AdminResponse::PartitionCounts(counts) => {
                self.counts.extend(counts.into_iter().filter_map(|(topic, count)| Some((topic, count?))));
            }
            // A missing topic has none, and describing settings takes a permission that an application needs for nothing
            // else.
            AdminResponse::TopicSettings(settings) => {
                if let Some((_, Err(error))) = settings.iter().find(|(_, result)| is_retriable(result)) {
                    return Err(error.clone());
                }
                self.settings.extend(settings.into_iter().filter_map(|(topic, result)| Some((topic, result.ok()?))));
            }
            AdminResponse::TopicsNamed(topics) => self.listed.extend(topics),
            AdminResponse::CommittedOffsets(offsets) => {
                self.committed.extend(offsets.into_iter().map(|(partition, committed)| (partition, committed.offset)));
            }
            AdminResponse::Groups(groups) => self.groups = groups,
            AdminResponse::OffsetRanges(ranges) => {
                for (partition, range) in ranges {
                    match range {
                        Ok(range) => self.ranges.push((partition, range)),
                        // The topic was deleted meanwhile.
                        Err(LogError::UnknownTopic { .. } | LogError::UnknownPartition { .. }) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
            AdminResponse::CreateTopics(_) | AdminResponse::AddPartitions(_) | AdminResponse::DeleteRecords(_) => {}
        }
        Ok(())
    }
}

/// The repartition topics and changelogs of the topology.
fn internal_of(topology: &Topology, application_id: &str) -> BTreeSet<Topic> {
    let parts = topology.subtopologies();
    let stores = parts.iter().flat_map(|part| &part.stores);
    let changelogs = stores.filter_map(|store| Some(&store.changelog.as_ref()?.name));
    let repartitions = parts.iter().flat_map(|part| &part.repartition_topics).map(|topic| &topic.name);
    changelogs.chain(repartitions).map(|topic| topic.resolve(application_id)).collect()
}

/// The internal topics, and the topics that sinks write.
fn internal_and_written(topology: &Topology, application_id: &str) -> Vec<Topic> {
    let mut written = internal_of(topology, application_id);
    let sinks = topology.subtopologies().iter().flat_map(|part| &part.sinks);
    written.extend(sinks.map(|sink| sink.resolve(application_id)));
    written.into_iter().collect()
}

fn is_retriable<T>(result: &Result<T, LogError>) -> bool {
    result.as_ref().is_err_and(LogError::is_retriable)
}
