//! Changelogs, repartition topics and offsets of an earlier topology that nothing reads any more.

use std::collections::BTreeSet;
use std::sync::Arc;

use millstream_core::{SubTopology, TopicName};
use millstream_log::AdminRequest;
use millstream_types::{Topic, TopicPartition};

use super::error::{NewStore, Quoted, SetUpError, Unread};
use super::survey::Survey;

const CHANGELOG: &str = "-changelog";

/// Whether a topic of an application transports records within it, by its name: a repartition topic, or one of a foreign-key join.
fn is_repartition(topic: &Topic) -> bool {
    const FOREIGN_JOIN: [&str; 2] = ["-subscription-registration-topic", "-subscription-response-topic"];
    const GENERATED: &str = "-KTABLE-FK-JOIN-SUBSCRIPTION-RE";
    let name = topic.as_str();
    name.ends_with("-repartition")
        || FOREIGN_JOIN.iter().any(|end| name.ends_with(end))
        || (name.ends_with("-topic") && name.contains(GENERATED))
}

/// Topics and offsets of the application that its topology does not name.
#[derive(Default)]
pub(super) struct LeftOver {
    pub(super) changelogs: Vec<Topic>,
    pub(super) repartitions: Vec<Topic>,
    /// Topics with committed offsets that the topology does not read.
    pub(super) consumed: Vec<Topic>,
}

impl LeftOver {
    /// Finds topics whose names begin with the application id, and topics with committed offsets, except `named`.
    pub(super) fn find(survey: &Survey, application_id: &str, named: &BTreeSet<Topic>) -> Self {
        let unnamed = survey.own(application_id).filter(|topic| !named.contains(*topic));
        let own = format!("{application_id}-");
        let is_internal = |topic: &Topic| topic.as_str().starts_with(&own) && is_repartition(topic);
        let committed: BTreeSet<&Topic> = survey.committed.keys().map(|partition| &partition.topic).collect();
        let consumed = committed.into_iter().filter(|topic| !named.contains(*topic) && !is_internal(topic));
        Self {
            changelogs: unnamed.clone().filter(|topic| topic.as_str().ends_with(CHANGELOG)).cloned().collect(),
            repartitions: unnamed.filter(|topic| is_repartition(topic)).cloned().collect(),
            consumed: consumed.cloned().collect(),
        }
    }

    /// The requests whose responses are needed to check them: the groups, and the offset ranges of repartition topics. Empty
    /// if there are no such topics.
    pub(super) fn requests(&self, survey: &Survey) -> Vec<AdminRequest> {
        if self.changelogs.is_empty() && self.repartitions.is_empty() {
            return Vec::new();
        }
        let partitions = |topic: &Topic| {
            let count = survey.listed.get(topic).copied().unwrap_or(0);
            (0..count).map(|number| TopicPartition::new(topic, number)).collect::<Vec<_>>()
        };
        let held = self.repartitions.iter().flat_map(partitions).collect();
        vec![AdminRequest::Groups, AdminRequest::OffsetRanges(held)]
    }

    /// Removes topics of other applications whose ids begin with this one's, such as `app-two` and `app`.
    pub(super) fn drop_those_of_others(&mut self, survey: &Survey, application_id: &str) {
        let own = format!("{application_id}-");
        let longer = survey.groups.iter().filter(|group| group.starts_with(&own));
        let others: Vec<String> = longer.map(|group| format!("{group}-")).collect();
        let is_own = |topic: &Topic| !others.iter().any(|other| topic.as_str().starts_with(other));
        self.changelogs.retain(is_own);
        self.repartitions.retain(is_own);
    }

    /// Checks that no records or state would be lost.
    ///
    /// # Errors
    /// When an unread repartition topic still has records, or when a store that is not in `meant` would begin empty
    /// although there are changelogs that nothing reads, because it may have been renamed.
    pub(super) fn judge(
        &self,
        survey: &Survey,
        new_stores: &[NewStore],
        meant: &BTreeSet<String>,
    ) -> Result<(), SetUpError> {
        let unread: Vec<Unread> = self.repartitions.iter().filter_map(|topic| unread(survey, topic)).collect();
        if !unread.is_empty() {
            return Err(SetUpError::RecordsWouldBeLost(unread));
        }
        let stores: Vec<_> = new_stores.iter().filter(|new| !meant.contains(&*new.store)).cloned().collect();
        if stores.is_empty() || self.changelogs.is_empty() {
            return Ok(());
        }
        let left_over = self.changelogs.iter().cloned().map(Quoted).collect();
        Err(SetUpError::StoresWouldBeginEmpty { stores, left_over })
    }
}

/// The records of a repartition topic after the committed offsets.
fn unread(survey: &Survey, topic: &Topic) -> Option<Unread> {
    let ranges = survey.ranges.iter().filter(|(partition, _)| partition.topic == *topic);
    let behind = ranges.map(|(partition, (start, end))| {
        let next = survey.committed.get(partition).copied().unwrap_or(*start).max(*start);
        u64::try_from(end.number() - next.number()).unwrap_or(0)
    });
    Some(Unread { topic: topic.clone(), records: behind.sum() }).filter(|unread| unread.records > 0)
}

/// The stores without a changelog whose sub-topologies have processed records.
pub(super) fn new_stores(survey: &Survey, parts: &[SubTopology], application_id: &str) -> Vec<NewStore> {
    let begun = begun(survey, parts, application_id);
    let stores = parts.iter().filter(|part| begun.contains(&part.id)).flat_map(|part| &part.stores);
    let new = stores.filter_map(|store| {
        let changelog = store.changelog.as_ref()?.name.resolve(application_id);
        (!survey.counts.contains_key(&changelog)).then(|| NewStore { store: Arc::clone(&store.name), changelog })
    });
    new.collect()
}

/// The sub-topologies that have processed records: those with a committed source, or with a source that such a one writes.
fn begun(survey: &Survey, parts: &[SubTopology], application_id: &str) -> BTreeSet<u32> {
    let committed: BTreeSet<&Topic> = survey
        .committed
        .iter()
        .filter(|(_, offset)| offset.number() > 0)
        .map(|(partition, _)| &partition.topic)
        .collect();
    let mut begun = BTreeSet::new();
    loop {
        let is_written = |topic: &TopicName| {
            topic.internal && parts.iter().any(|part| begun.contains(&part.id) && part.sinks.contains(topic))
        };
        let is_fed = |topic: &TopicName| committed.contains(&topic.resolve(application_id)) || is_written(topic);
        let fed = parts.iter().filter(|part| part.sources.iter().any(|source| is_fed(&source.topic)));
        let fed: BTreeSet<u32> = fed.map(|part| part.id).collect();
        if fed == begun {
            return begun;
        }
        begun = fed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_that_transport_records_are_known_by_their_names() {
        let transports = [
            "app-by-city-repartition",
            "app-KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000004-topic",
            "app-KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-0000000012-topic",
            "app-named-orders-subscription-registration-topic",
            "app-named-orders-subscription-response-topic",
        ];
        for topic in transports {
            assert!(is_repartition(&topic.into()), "{topic}");
        }
        for topic in ["app-counts-changelog", "app-topic", "app-my-topic", "app-KTABLE-FK-JOIN-OUTPUT-0000000016-topic"]
        {
            assert!(!is_repartition(&topic.into()), "{topic}");
        }
    }
}
