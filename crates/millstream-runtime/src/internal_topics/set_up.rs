//! The steps of start-up. Each is one request for all topics, so that its cost does not grow with the number of partitions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use millstream_core::{PartitionCounts, TopicName, Topology};
use millstream_log::{AdminRequest, AdminResponse, Administration, LogError, LogEvent, NewTopic};
use millstream_types::{MonotonicTime, Topic};

use super::error::{NewStore, SetUpError, WrongCount};
use super::fitness;
use super::left_over::{self, LeftOver};
use super::survey::Survey;
use super::why::why;
use millstream_observe::Outage;
use millstream_observe::events::{EventKind, EventSink};
use millstream_task::{Handlers, Retentions};

/// The backoff after a retriable error.
const BACKOFF: Duration = Duration::from_millis(100);

/// The result of start-up.
pub(crate) struct Found {
    /// The topology, with the topics that match its patterns.
    pub(crate) topology: Topology,
    /// The number of partitions of every topic.
    pub(crate) counts: PartitionCounts,
    /// How long the topics that the application writes keep their records.
    pub(crate) retentions: Retentions,
}

/// The state of start-up, advanced by [`step`](Self::step). It waits while the log is unreachable. It surveys the existing
/// topics, fails if records or state would be lost, creates missing topics, and surveys again; so it can be repeated.
pub(crate) struct SetUp {
    topology: Topology,
    application_id: Arc<str>,
    /// Settings of all internal topics.
    topic_settings: BTreeMap<String, String>,
    /// Stores that are allowed to begin empty.
    new_stores: BTreeSet<String>,
    /// The topics for records that go no further, with the names of their settings.
    apart: Vec<(&'static str, Topic)>,
    /// What start-up has found, if it is done again while the application runs.
    earlier: Option<PartitionCounts>,
    events: EventSink,
    stage: Stage,
    survey: Survey,
    outage: Outage,
}

enum Stage {
    /// Waiting for this time to begin the survey.
    Waiting(MonotonicTime),
    /// Waiting for the survey of existing topics.
    Surveying,
    /// Waiting for the survey of topics of an earlier topology.
    SurveyingLeftOver(Need),
    /// Waiting for topics to be created, or to grow.
    Creating {
        requested: Vec<NewTopic>,
        growing: Vec<(Topic, u32)>,
        /// Whether all that was answered so far was done by this instance.
        is_complete: bool,
    },
}

/// What the topology needs in addition to what exists.
struct Need {
    counts: PartitionCounts,
    missing: Vec<NewTopic>,
    /// The assignment topics that have too few partitions, with the number that they need.
    growing: Vec<(Topic, u32)>,
    new_stores: Vec<NewStore>,
    left_over: LeftOver,
}

impl SetUp {
    pub(crate) fn new(
        topology: Topology,
        application_id: Arc<str>,
        topic_settings: BTreeMap<String, String>,
        new_stores: BTreeSet<String>,
        events: EventSink,
    ) -> Self {
        let (stage, survey) = (Stage::Waiting(MonotonicTime::START), Survey::default());
        let (apart, earlier, outage) = (Vec::new(), None, Outage::default());
        Self { topology, application_id, topic_settings, new_stores, apart, earlier, events, stage, survey, outage }
    }

    /// Checks that the topics of these handlers exist, too.
    pub(crate) fn with_topics_of(self, handlers: &Handlers) -> Self {
        let apart = handlers.topics().map(|(setting, topic)| (setting, topic.clone())).collect();
        Self { apart, ..self }
    }

    /// Looks again for the topics that match the patterns of the topology, while the application runs. The topics that it names have
    /// the partitions that they had at start-up, `earlier`; what may be left over of an earlier topology was judged then.
    pub(crate) fn again(self, earlier: PartitionCounts) -> Self {
        Self { earlier: Some(earlier), ..self }
    }

    /// Advances start-up. Returns its result once all topics exist.
    ///
    /// # Errors
    /// When the topics do not fit the topology, records or state would be lost, or the log responds with a final error.
    pub(crate) fn step(
        &mut self,
        admin: &mut dyn Administration,
        now: MonotonicTime,
    ) -> Result<Option<Found>, SetUpError> {
        if let Stage::Waiting(at) = self.stage
            && now >= at
        {
            let begin = if self.earlier.is_some() { Survey::begin_with_topics } else { Survey::begin };
            self.survey = begin(&self.topology, &self.application_id, admin);
            let apart: Vec<Topic> = self.apart.iter().map(|(_, topic)| topic.clone()).collect();
            if !apart.is_empty() {
                self.survey.request(admin, AdminRequest::PartitionCounts(apart));
            }
            self.stage = Stage::Surveying;
        }
        let mut events = Vec::new();
        admin.poll(now, &mut events);
        for event in events {
            match event {
                LogEvent::AdminDone { token, result } if self.survey.complete(token) => {
                    if let Some(found) = self.take_response(result, admin, now)? {
                        return Ok(Some(found));
                    }
                }
                LogEvent::Unavailable(reason) => self.outage.report(&reason, now, &self.events),
                LogEvent::Fatal(error) => return Err(SetUpError::Log(error)),
                // Responses to requests of an earlier survey, and events of other clients.
                LogEvent::AdminDone { .. }
                | LogEvent::Chunk(_)
                | LogEvent::AssignmentData { .. }
                | LogEvent::StreamsTasks(_)
                | LogEvent::AssignorFailed(_)
                | LogEvent::Assigned(_)
                | LogEvent::Revoked(_)
                | LogEvent::Lost(_)
                | LogEvent::Committed(_)
                | LogEvent::CommitDone { .. }
                | LogEvent::CoordinatorSilent(_)
                | LogEvent::CoordinatorResponds
                | LogEvent::SessionTimeout(_)
                | LogEvent::Acknowledged { .. }
                | LogEvent::ProduceFailed { .. }
                | LogEvent::FetchFailed { .. }
                | LogEvent::Stalled(_) => {}
            }
        }
        Ok(None)
    }

    fn take_response(
        &mut self,
        result: Result<AdminResponse, LogError>,
        admin: &mut dyn Administration,
        now: MonotonicTime,
    ) -> Result<Option<Found>, SetUpError> {
        let taken = result.and_then(|response| match (&self.stage, response) {
            (Stage::Creating { .. }, response) => Ok(Some(response)),
            (_, response) => self.survey.take(response).map(|()| None),
        });
        let changed = match taken {
            Ok(changed) => changed,
            Err(error) if error.is_retriable() => {
                self.outage.report(&error.to_string(), now, &self.events);
                (self.survey, self.stage) = (Survey::default(), Stage::Waiting(now + BACKOFF));
                return Ok(None);
            }
            Err(error) => return Err(SetUpError::Log(error)),
        };
        self.outage.end(now, &self.events);
        changed.map_or(Ok(()), |changed| self.note_changed(changed))?;
        if !self.survey.is_complete() {
            return Ok(None);
        }
        match std::mem::replace(&mut self.stage, Stage::Waiting(now)) {
            Stage::Waiting(_) => Ok(None),
            Stage::Surveying => self.compare(admin),
            Stage::SurveyingLeftOver(mut need) => {
                need.left_over.drop_those_of_others(&self.survey, &self.application_id);
                self.decide(need, admin)
            }
            Stage::Creating { is_complete, .. } => {
                self.stage = Stage::Waiting(if is_complete { now } else { now + BACKOFF });
                Ok(None)
            }
        }
    }

    /// Compares the existing topics with those that the topology needs.
    fn compare(&mut self, admin: &mut dyn Administration) -> Result<Option<Found>, SetUpError> {
        self.match_patterns()?;
        let (parts, survey) = (self.topology.subtopologies(), &self.survey);
        let counts = PartitionCounts::resolve(parts, |topic| self.existing(topic))?;
        self.find_apart()?;
        let mut missing = Vec::new();
        let mut wrong = Vec::new();
        let mut named: BTreeSet<Topic> = survey.counts.keys().cloned().collect();
        let sources = parts.iter().flat_map(|part| &part.sources);
        named.extend(sources.map(|source| source.topic.resolve(&self.application_id)));
        for (topic, needed, spec) in counts.internal_topics(parts, &self.application_id) {
            named.insert(topic.clone());
            match survey.counts.get(&topic) {
                Some(&actual) if actual == needed => {
                    let needed = spec.config_under(&self.topic_settings);
                    survey.settings.get(&topic).map_or(Ok(()), |found| fitness::check(&topic, found, &needed))?;
                }
                Some(&actual) => {
                    wrong.push(WrongCount { because: self.why(&counts, spec), topic, actual, needed });
                }
                None => {
                    let config = spec.config_under(&self.topic_settings);
                    missing.push(NewTopic { name: topic, partitions: needed, config });
                }
            }
        }
        if !wrong.is_empty() {
            return Err(SetUpError::WrongPartitionCounts(wrong));
        }
        let growing = self.compare_assignment_topics(&counts, &mut missing);
        if self.earlier.is_some() {
            let (new_stores, left_over) = (Vec::new(), LeftOver::default());
            return self.decide(Need { counts, missing, growing, new_stores, left_over }, admin);
        }
        let new_stores = left_over::new_stores(survey, parts, &self.application_id);
        let left_over = LeftOver::find(survey, &self.application_id, &named);
        let requests = left_over.requests(survey);
        let need = Need { counts, missing, growing, new_stores, left_over };
        if requests.is_empty() {
            return self.decide(need, admin);
        }
        self.stage = Stage::SurveyingLeftOver(need);
        requests.into_iter().for_each(|request| self.survey.request(admin, request));
        Ok(None)
    }

    /// Adds the assignment topics that do not exist to `missing`. Returns those that have too few partitions, with the number that they
    /// need.
    fn compare_assignment_topics(&self, counts: &PartitionCounts, missing: &mut Vec<NewTopic>) -> Vec<(Topic, u32)> {
        let mut growing = Vec::new();
        let parts = self.topology.subtopologies();
        for spec in parts.iter().filter_map(|part| part.assignment_topic.as_ref()) {
            let (name, partitions) =
                (spec.name.resolve(&self.application_id), counts.partitions(&spec.name).unwrap_or(1));
            match self.existing(&spec.name) {
                Some(actual) if actual < partitions => growing.push((name, partitions)),
                Some(_) => {}
                None => missing.push(NewTopic { name, partitions, config: spec.config_under(&self.topic_settings) }),
            }
        }
        growing
    }

    /// Checks that the topics exist for records that go no further. Otherwise that would be noticed when there is the first one.
    fn find_apart(&self) -> Result<(), SetUpError> {
        match self.apart.iter().find(|(_, topic)| self.survey.count(topic).is_none()) {
            Some((setting, topic)) => Err(SetUpError::MissingHandlerTopic { setting, topic: topic.clone() }),
            None => Ok(()),
        }
    }

    /// Lets the sources with patterns read the topics that exist and match.
    fn match_patterns(&mut self) -> Result<(), SetUpError> {
        if self.topology.has_patterns() {
            let known = self.survey.listed.keys().chain(self.survey.counts.keys());
            self.topology = self.topology.with_topics(&self.application_id, known)?;
        }
        Ok(())
    }

    /// The number of partitions of a topic that exists.
    fn existing(&self, topic: &TopicName) -> Option<u32> {
        let mut sources = self.topology.subtopologies().iter().flat_map(|part| &part.sources);
        let mut is_named = || sources.any(|source| source.topic == *topic && !source.by_pattern);
        match &self.earlier {
            Some(earlier) if is_named() => earlier.partitions(topic),
            Some(_) | None => self.survey.count(&topic.resolve(&self.application_id)),
        }
    }

    fn why(&self, counts: &PartitionCounts, topic: &millstream_core::InternalTopic) -> String {
        let parts = self.topology.subtopologies();
        let owns = |part: &&millstream_core::SubTopology| {
            let changelogs = part.stores.iter().filter_map(|store| store.changelog.as_ref());
            part.repartition_topics.iter().chain(changelogs).any(|own| own.name == topic.name)
        };
        let owner = parts.iter().find(owns);
        owner.map_or_else(String::new, |owner| why(counts, parts, owner, &topic.name))
    }

    /// Fails if records or state would be lost. Then creates missing topics, or finishes.
    fn decide(&mut self, need: Need, admin: &mut dyn Administration) -> Result<Option<Found>, SetUpError> {
        need.left_over.judge(&self.survey, &need.new_stores, &self.new_stores)?;
        if need.missing.is_empty() && need.growing.is_empty() {
            let retentions = if admin.deletes_by_clock() { self.retentions() } else { Retentions::default() };
            return Ok(Some(self.finish(need, retentions)));
        }
        for NewStore { store, changelog } in need.new_stores {
            self.events.emit(EventKind::StoreBeginsEmpty { store, changelog });
        }
        let (requested, growing) = (need.missing.clone(), need.growing.clone());
        self.stage = Stage::Creating { requested, growing, is_complete: true };
        if !need.missing.is_empty() {
            self.survey.request(admin, AdminRequest::CreateTopics(need.missing));
        }
        if !need.growing.is_empty() {
            self.survey.request(admin, AdminRequest::AddPartitions(need.growing));
        }
        Ok(None)
    }

    /// Notes which topics were created or have grown.
    fn note_changed(&mut self, response: AdminResponse) -> Result<(), SetUpError> {
        let Stage::Creating { requested, growing, .. } = &self.stage else { return Ok(()) };
        let was_done = match response {
            AdminResponse::CreateTopics(created) => self.note_created(requested, created)?,
            AdminResponse::AddPartitions(grown) => note_grown(growing, grown)?,
            _ => return Ok(()),
        };
        if let Stage::Creating { is_complete, .. } = &mut self.stage {
            *is_complete &= was_done;
        }
        Ok(())
    }

    /// Whether all topics were created by this instance. After a topic that another instance created meanwhile, or whose
    /// creation may succeed later, the survey is repeated.
    fn note_created(
        &self,
        requested: &[NewTopic],
        created: Vec<(Topic, Result<(), LogError>)>,
    ) -> Result<bool, SetUpError> {
        let partitions: BTreeMap<&Topic, u32> = requested.iter().map(|topic| (&topic.name, topic.partitions)).collect();
        let mut is_complete = true;
        for (topic, result) in created {
            match result {
                Ok(()) => {
                    let partitions = partitions.get(&topic).copied().unwrap_or(0);
                    self.events.emit(EventKind::TopicCreated { topic, partitions });
                }
                Err(LogError::TopicExists { .. }) => is_complete = false,
                Err(error) if error.is_retriable() => is_complete = false,
                Err(error) => return Err(SetUpError::NotCreated { topic, error }),
            }
        }
        Ok(is_complete)
    }

    /// Finishes start-up, and emits events about what is left over.
    fn finish(&self, need: Need, retentions: Retentions) -> Found {
        let LeftOver { mut changelogs, repartitions, consumed } = need.left_over;
        changelogs.extend(repartitions);
        if !changelogs.is_empty() {
            self.events.emit(EventKind::TopicsLeftOver { topics: changelogs });
        }
        if !consumed.is_empty() {
            self.events.emit(EventKind::OffsetsLeftOver { topics: consumed });
        }
        Found { topology: self.topology.clone(), counts: need.counts, retentions }
    }

    /// The topics that delete records by their age.
    fn retentions(&self) -> Retentions {
        let settings = self.survey.settings.iter();
        Retentions::new(settings.filter_map(|(topic, set)| Some((topic.clone(), fitness::kept_for_its_age(set)?))))
    }
}

/// Checks that topics have grown. Always `false`: it may take a moment until all brokers know the new partitions.
fn note_grown(requested: &[(Topic, u32)], grown: Vec<(Topic, Result<(), LogError>)>) -> Result<bool, SetUpError> {
    for (topic, result) in grown {
        match result {
            Ok(()) => {}
            Err(error) if error.is_retriable() => {}
            Err(error) => {
                let partitions = requested.iter().find(|(name, _)| *name == topic).map_or(0, |(_, count)| *count);
                return Err(SetUpError::NotGrown { topic, partitions, error });
            }
        }
    }
    Ok(false)
}
