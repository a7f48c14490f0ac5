//! The requests of start-up about the application's topics, and the responses so far.

use std::collections::{BTreeMap, BTreeSet};

use millstream_core::{SubTopology, Topology};
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
    /// All topics whose names begin with the prefix of internal topics.
    pub(super) own: BTreeMap<Topic, u32>,
    /// The committed offsets of the application.
    pub(super) committed: BTreeMap<TopicPartition, Offset>,
    /// All groups; requested only if left-over topics exist.
    pub(super) groups: Vec<String>,
    /// The offset ranges of partitions of left-over repartition topics.
    pub(super) ranges: Vec<(TopicPartition, OffsetRange)>,
}

impl Survey {
    /// Sends the requests that are always needed.
    pub(super) fn begin(topology: &Topology, application_id: &str, admin: &mut dyn Administration) -> Self {
        let read = |part: &SubTopology| part.sources.iter().map(|source| source.topic.clone()).collect::<Vec<_>>();
        let (mut named, mut written) = (BTreeSet::new(), BTreeSet::new());
        for part in topology.subtopologies() {
            let changelogs = part.stores.iter().filter_map(|store| Some(&store.changelog.as_ref()?.name));
            let repartitions = part.repartition_topics.iter().map(|topic| &topic.name);
            let internal: BTreeSet<Topic> =
                changelogs.chain(repartitions).map(|topic| topic.resolve(application_id)).collect();
            named.extend(read(part).iter().map(|topic| topic.resolve(application_id)));
            named.extend(internal.iter().cloned());
            written.extend(internal);
            written.extend(part.sinks.iter().map(|sink| sink.resolve(application_id)));
        }
        let mut survey = Self::default();
        survey.request(admin, AdminRequest::PartitionCounts(named.into_iter().collect()));
        survey.request(admin, AdminRequest::TopicSettings(written.into_iter().collect()));
        survey.request(admin, AdminRequest::TopicsNamed(format!("{application_id}-")));
        survey.request(admin, AdminRequest::CommittedOffsets(application_id.to_owned()));
        survey
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
            AdminResponse::TopicsNamed(topics) => self.own.extend(topics),
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
            AdminResponse::CreateTopics(_) | AdminResponse::DeleteRecords(_) => {}
        }
        Ok(())
    }
}

fn is_retriable<T>(result: &Result<T, LogError>) -> bool {
    result.as_ref().is_err_and(LogError::is_retriable)
}
