//! The steps of start-up, each one request for all topics at once, so that a thousand partitions cost no more than one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use millstream_core::{PartitionCountError, PartitionCounts, SubTopology, Topology};
use millstream_log::{AdminRequest, AdminResponse, Administration, LogError, LogEvent, NewTopic};
use millstream_types::{Timestamp, Topic};

use super::fitness;
use crate::events::{EventKind, EventSink};
use crate::outage::Outage;

/// After an answer that may be another one later, the wait before asking again.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Why an application's topics do not let it start, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetUpError {
    /// The topics do not fit the topology.
    #[error(transparent)]
    Partitions(#[from] PartitionCountError),
    /// An internal topic is there with another number of partitions than the topology needs.
    #[error(
        "internal topic `{topic}` has {actual} partitions, but the topology needs {needed}; the topics it reads, or the \
         topology, have changed since it was created. Give them back their partitions, or reset the application: delete \
         `{topic}` and start under a new application id or with the input read again"
    )]
    WrongPartitionCount {
        /// The internal topic.
        topic: Topic,
        /// What it has.
        actual: u32,
        /// What it needs.
        needed: u32,
    },
    /// An internal topic is there with a setting that loses records.
    #[error(
        "internal topic `{topic}` has `{setting}` set to `{actual}`, which loses records: it needs `{needed}`. Set it so \
         with Kafka's tools, or, where it is meant, name it in the application's `topic_settings`"
    )]
    WrongSetting {
        /// The internal topic.
        topic: Topic,
        /// The setting's name.
        setting: &'static str,
        /// What it is.
        actual: String,
        /// What it should be.
        needed: String,
    },
    /// An internal topic cannot be created.
    #[error("internal topic `{topic}` cannot be created: {error}")]
    NotCreated {
        /// The internal topic.
        topic: Topic,
        /// Why.
        error: LogError,
    },
    /// The log refuses to tell of its topics.
    #[error("the log does not tell of its topics: {0}")]
    Log(LogError),
}

/// Start-up under way. It goes on by [`step`](Self::step), waits for a log that is not there, and may be repeated at any
/// time: what exists is checked, what is missing created.
pub(crate) struct SetUp {
    topology: Topology,
    application_id: Arc<str>,
    /// Settings of all internal topics.
    topic_settings: BTreeMap<String, String>,
    events: EventSink,
    stage: Stage,
    outage: Outage,
}

enum Stage {
    /// To ask for the topics at this monotonic time.
    Asking(Duration),
    Asked(u64),
    /// Asked for the settings of those that are there; the others are to be created.
    Checking(u64, PartitionCounts, Vec<NewTopic>),
    Creating(u64, PartitionCounts),
}

impl SetUp {
    pub(crate) fn new(
        topology: Topology,
        application_id: Arc<str>,
        topic_settings: BTreeMap<String, String>,
        events: EventSink,
    ) -> Self {
        let (stage, outage) = (Stage::Asking(Duration::ZERO), Outage::default());
        Self { topology, application_id, topic_settings, events, stage, outage }
    }

    /// Moves start-up along; the partition counts once everything is in place.
    ///
    /// # Errors
    /// When the topics do not fit the topology, or the log refuses what it is asked for good.
    pub(crate) fn step(
        &mut self,
        admin: &mut dyn Administration,
        now: Timestamp,
        monotonic: Duration,
    ) -> Result<Option<PartitionCounts>, SetUpError> {
        if let Stage::Asking(at) = self.stage
            && monotonic >= at
        {
            self.stage = Stage::Asked(admin.request(AdminRequest::PartitionCounts(self.all_topics())));
        }
        let mut events = Vec::new();
        admin.poll(now, &mut events);
        for event in events {
            match event {
                LogEvent::AdminDone { token, result } => {
                    if let Some(counts) = self.take_answer(token, result, admin, monotonic)? {
                        return Ok(Some(counts));
                    }
                }
                LogEvent::Unavailable(reason) => self.outage.goes_on(&reason, monotonic, &self.events),
                LogEvent::Fatal(error) => return Err(SetUpError::Log(error)),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Every topic the application reads or owns.
    fn all_topics(&self) -> Vec<Topic> {
        let subtopologies = self.topology.subtopologies();
        let sources =
            subtopologies.iter().flat_map(|subtopology| subtopology.sources.iter().map(|source| &source.topic));
        let changelogs = subtopologies.iter().flat_map(changelogs_of);
        let names: BTreeSet<Topic> =
            sources.chain(changelogs).map(|topic| topic.resolve(&self.application_id)).collect();
        names.into_iter().collect()
    }

    fn take_answer(
        &mut self,
        token: u64,
        result: Result<AdminResponse, LogError>,
        admin: &mut dyn Administration,
        monotonic: Duration,
    ) -> Result<Option<PartitionCounts>, SetUpError> {
        let response = match result {
            Ok(response) => response,
            Err(error) if error.is_retriable() => {
                self.outage.goes_on(&error.to_string(), monotonic, &self.events);
                self.stage = Stage::Asking(monotonic + RETRY_AFTER);
                return Ok(None);
            }
            Err(error) => return Err(SetUpError::Log(error)),
        };
        self.outage.is_over(monotonic, &self.events);
        match (std::mem::replace(&mut self.stage, Stage::Asking(monotonic + RETRY_AFTER)), response) {
            (Stage::Asked(asked), AdminResponse::PartitionCounts(found)) if asked == token => {
                self.compare(found, admin)
            }
            (Stage::Checking(asked, counts, missing), AdminResponse::TopicSettings(found)) if asked == token => {
                // Those that are not told for now are asked for again, with everything else.
                let is_told = self.check_settings(found, &counts)?;
                Ok(if is_told { self.create(counts, missing, admin) } else { None })
            }
            (Stage::Creating(asked, counts), AdminResponse::CreateTopics(created)) if asked == token => {
                Ok(self.all_created(created, &counts)?.then_some(counts))
            }
            (stage, _) => {
                self.stage = stage;
                Ok(None)
            }
        }
    }

    /// Compares what there is with what is needed, and creates what is missing.
    fn compare(
        &mut self,
        found: Vec<(Topic, Option<u32>)>,
        admin: &mut dyn Administration,
    ) -> Result<Option<PartitionCounts>, SetUpError> {
        let found: BTreeMap<Topic, u32> =
            found.into_iter().filter_map(|(topic, count)| Some((topic, count?))).collect();
        let counts = PartitionCounts::resolve(self.topology.subtopologies(), |topic| found.get(topic).copied())?;
        let (mut missing, mut there) = (Vec::new(), Vec::new());
        for (topic, needed, spec) in counts.internal_topics(self.topology.subtopologies(), &self.application_id) {
            match found.get(&topic) {
                Some(&actual) if actual == needed => there.push(topic),
                Some(&actual) => return Err(SetUpError::WrongPartitionCount { topic, actual, needed }),
                None => {
                    let config = spec.config_under(&self.topic_settings);
                    missing.push(NewTopic { name: topic, partitions: needed, config });
                }
            }
        }
        if there.is_empty() {
            return Ok(self.create(counts, missing, admin));
        }
        self.stage = Stage::Checking(admin.request(AdminRequest::TopicSettings(there)), counts, missing);
        Ok(None)
    }

    /// Checks the settings of the topics that are there already, as far as they may be looked at: that takes a right that
    /// an application needs for nothing else. Whether there was an answer for each.
    fn check_settings(
        &self,
        found: Vec<(Topic, Result<BTreeMap<String, String>, LogError>)>,
        counts: &PartitionCounts,
    ) -> Result<bool, SetUpError> {
        let is_told = !found.iter().any(|(_, told)| told.as_ref().is_err_and(LogError::is_retriable));
        let found: BTreeMap<Topic, BTreeMap<String, String>> =
            found.into_iter().filter_map(|(topic, settings)| Some((topic, settings.ok()?))).collect();
        for (topic, _, spec) in counts.internal_topics(self.topology.subtopologies(), &self.application_id) {
            if let Some(actual) = found.get(&topic) {
                fitness::check(&topic, actual, &spec.config_under(&self.topic_settings))?;
            }
        }
        Ok(is_told)
    }

    /// Creates what is missing; the partition counts if that is nothing.
    fn create(
        &mut self,
        counts: PartitionCounts,
        missing: Vec<NewTopic>,
        admin: &mut dyn Administration,
    ) -> Option<PartitionCounts> {
        if missing.is_empty() {
            return Some(counts);
        }
        self.stage = Stage::Creating(admin.request(AdminRequest::CreateTopics(missing)), counts);
        None
    }

    /// Whether all topics were created by us. One that another instance created meanwhile, or whose creation may succeed
    /// later, is looked at again.
    fn all_created(
        &self,
        created: Vec<(Topic, Result<(), LogError>)>,
        counts: &PartitionCounts,
    ) -> Result<bool, SetUpError> {
        let needed: BTreeMap<Topic, u32> = counts
            .internal_topics(self.topology.subtopologies(), &self.application_id)
            .map(|(topic, partitions, _)| (topic, partitions))
            .collect();
        let mut is_complete = true;
        for (topic, result) in created {
            match result {
                Ok(()) => {
                    let partitions = needed.get(&topic).copied().unwrap_or(0);
                    self.events.emit(EventKind::TopicCreated { topic, partitions });
                }
                Err(LogError::TopicExists { .. }) => is_complete = false,
                Err(error) if error.is_retriable() => is_complete = false,
                Err(error) => return Err(SetUpError::NotCreated { topic, error }),
            }
        }
        Ok(is_complete)
    }
}

fn changelogs_of(subtopology: &SubTopology) -> impl Iterator<Item = &millstream_core::TopicName> {
    subtopology.stores.iter().filter_map(|store| Some(&store.changelog.as_ref()?.name))
}
