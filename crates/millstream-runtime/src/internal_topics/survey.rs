//! What start-up requests about the application's topics, and the responses so far.

use std::collections::{BTreeMap, BTreeSet};

use millstream_core::{SubTopology, Topology};
use millstream_log::{AdminRequest, AdminResponse, Administration, LogError, OffsetRange};
use millstream_types::{Offset, Topic, TopicPartition};

/// What was found.
#[derive(Default)]
pub(super) struct Survey {
    /// Tokens of the requests in flight.
    in_flight: BTreeSet<u64>,
    /// How many partitions the topics have that the topology names and that exist.
    pub(super) counts: BTreeMap<Topic, u32>,
    /// Settings of internal topics and of output topics, as far as the client may read them.
    pub(super) settings: BTreeMap<Topic, BTreeMap<String, String>>,
    /// All topics whose names begin as those of the application's own do.
    pub(super) own: BTreeMap<Topic, u32>,
    /// What the application has committed.
    pub(super) committed: BTreeMap<TopicPartition, Offset>,
    /// The groups there are; requested only if it matters.
    pub(super) groups: Vec<String>,
    /// What partitions hold of which it matters.
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

    /// Whether a response with this token is awaited; from now on it is not.
    pub(super) fn expects(&mut self, token: u64) -> bool {
        self.in_flight.remove(&token)
    }

    pub(super) fn is_complete(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Takes a response in.
    ///
    /// # Errors
    /// When the end of a partition could not be read: what it holds is not known then.
    pub(super) fn take(&mut self, response: AdminResponse) -> Result<(), LogError> {
        match response {
            AdminResponse::PartitionCounts(counts) => {
                self.counts.extend(counts.into_iter().filter_map(|(topic, count)| Some((topic, count?))));
            }
            // A topic that is yet to be created has none, and to look at them takes a right that an application needs for
            // nothing else.
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
                        // Deleted meanwhile.
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
