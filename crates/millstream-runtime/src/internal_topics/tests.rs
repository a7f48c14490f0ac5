//! Start-up with the in-process log, and with an administration client that returns scripted responses.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use millstream_core::{StreamsBuilder, Topology};
use millstream_log::{
    AdminRequest, AdminResponse, Administration, InProcessLog, Log, LogError, LogEvent, NewTopic, Signal,
};
use millstream_types::{MonotonicTime, Topic};

use super::*;
use millstream_observe::SystemClock;
use millstream_observe::events::{EventSettings, EventSink};

fn topology() -> Topology {
    let builder = StreamsBuilder::new();
    let words = builder.stream::<String, String>("words");
    words.group_by(|_, word| word.clone()).count("counts");
    builder.build().unwrap()
}

fn set_up() -> SetUp {
    set_up_with(&[])
}

fn set_up_with(topic_settings: &[(&str, &str)]) -> SetUp {
    let settings = EventSettings { lines: false, ..EventSettings::default() };
    let events = EventSink::to_writer("app", &settings, Arc::new(SystemClock::new()), std::io::sink());
    let topic_settings = topic_settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    SetUp::new(topology(), "app".into(), topic_settings.collect(), BTreeSet::new(), events)
}

/// Steps until start-up is done; each step advances time by a second.
fn finish(set_up: &mut SetUp, admin: &mut dyn Administration) -> Result<u64, SetUpError> {
    for step in 0..100 {
        let done = set_up.step(admin, MonotonicTime::START + Duration::from_secs(step))?;
        if done.is_some() {
            return Ok(step);
        }
    }
    panic!("start-up did not end");
}

#[test]
fn internal_topics_are_created_with_their_settings_and_found_again() {
    let log = InProcessLog::new();
    log.create_topic("words", 3).unwrap();
    let mut admin = log.admin("admin", &Signal::new()).unwrap();
    finish(&mut set_up(), &mut *admin).unwrap();

    let created = log.topics();
    let names: Vec<_> = created.iter().map(|topic| (topic.name.as_str(), topic.partitions)).collect();
    assert_eq!(names, [("app-counts-changelog", 3), ("app-counts-repartition", 3), ("words", 3)]);
    assert_eq!(created[0].config["cleanup.policy"], "compact");
    assert_eq!(created[1].config["retention.ms"], "-1");

    finish(&mut set_up(), &mut *admin).unwrap();
    assert_eq!(log.topics(), created);
}

#[test]
fn settings_of_all_internal_topics_go_before_the_defaults() {
    let log = InProcessLog::new();
    log.create_topic("words", 3).unwrap();
    let mut admin = log.admin("admin", &Signal::new()).unwrap();
    let settings = [("segment.bytes", "1048576"), ("min.insync.replicas", "2")];
    finish(&mut set_up_with(&settings), &mut *admin).unwrap();
    let created = log.topics();
    for topic in &created[..2] {
        assert_eq!((&*topic.config["segment.bytes"], &*topic.config["min.insync.replicas"]), ("1048576", "2"));
    }
    assert_eq!(created[0].config["cleanup.policy"], "compact", "what is not named stays");
    assert_eq!(created[2].config, BTreeMap::new(), "topics of others stay unchanged");
}

#[test]
fn a_changelog_that_deletes_by_age_is_refused_unless_configured_so() {
    let log = InProcessLog::new();
    log.create_topic("words", 3).unwrap();
    let config = [("cleanup.policy".to_owned(), "delete".to_owned())].into();
    log.create_topic_with(NewTopic { name: "app-counts-changelog".into(), partitions: 3, config }).unwrap();
    let mut admin = log.admin("admin", &Signal::new()).unwrap();
    let error = finish(&mut set_up(), &mut *admin).unwrap_err().to_string();
    assert!(error.starts_with("internal topic `app-counts-changelog` has `cleanup.policy` set to `delete`"), "{error}");
    assert_eq!(log.topics().len(), 2, "nothing is created before that is settled");
    finish(&mut set_up_with(&[("cleanup.policy", "delete")]), &mut *admin).unwrap();
}

/// Gives one scripted response for each request for counts or new topics, and empty ones for all other requests.
struct Scripted {
    responses: VecDeque<Result<AdminResponse, LogError>>,
    requests: Vec<AdminRequest>,
    pending: VecDeque<LogEvent>,
    requested: u64,
}

impl Scripted {
    fn new(responses: impl IntoIterator<Item = Result<AdminResponse, LogError>>) -> Self {
        Self {
            responses: responses.into_iter().collect(),
            requests: Vec::new(),
            pending: VecDeque::new(),
            requested: 0,
        }
    }
}

impl Administration for Scripted {
    fn request(&mut self, request: AdminRequest) -> u64 {
        self.requested += 1;
        let result = match &request {
            AdminRequest::TopicsNamed(_) => Ok(AdminResponse::TopicsNamed(Vec::new())),
            AdminRequest::TopicSettings(_) => Ok(AdminResponse::TopicSettings(Vec::new())),
            AdminRequest::CommittedOffsets(_) => Ok(AdminResponse::CommittedOffsets(Vec::new())),
            _ => {
                self.requests.push(request);
                self.responses.pop_front().unwrap()
            }
        };
        self.pending.push_back(LogEvent::AdminDone { token: self.requested, result });
        self.requested
    }

    fn poll(&mut self, _now: MonotonicTime, events: &mut Vec<LogEvent>) {
        events.extend(self.pending.pop_front());
    }
}

fn counts(counts: &[(&str, Option<u32>)]) -> Result<AdminResponse, LogError> {
    let counts = counts.iter().map(|(topic, count)| (Topic::from(*topic), *count));
    Ok(AdminResponse::PartitionCounts(counts.collect()))
}

fn created(results: &[(&str, Result<(), LogError>)]) -> Result<AdminResponse, LogError> {
    let results = results.iter().map(|(topic, result)| (Topic::from(*topic), result.clone()));
    Ok(AdminResponse::CreateTopics(results.collect()))
}

const MISSING: [(&str, Option<u32>); 3] =
    [("words", Some(2)), ("app-counts-repartition", None), ("app-counts-changelog", None)];
const THERE: [(&str, Option<u32>); 3] =
    [("words", Some(2)), ("app-counts-repartition", Some(2)), ("app-counts-changelog", Some(2))];

#[test]
fn one_request_surveys_all_topics_and_one_creates_them() {
    let results = [("app-counts-changelog", Ok(())), ("app-counts-repartition", Ok(()))];
    let mut admin = Scripted::new([counts(&MISSING), created(&results), counts(&THERE)]);
    finish(&mut set_up(), &mut admin).unwrap();
    assert!(matches!(&admin.requests[0], AdminRequest::PartitionCounts(topics) if topics.len() == 3));
    let AdminRequest::CreateTopics(topics) = &admin.requests[1] else { panic!("{:?}", admin.requests[1]) };
    let names: BTreeMap<&str, u32> =
        topics.iter().map(|NewTopic { name, partitions, .. }| (name.as_str(), *partitions)).collect();
    assert_eq!(names, [("app-counts-changelog", 2), ("app-counts-repartition", 2)].into());
}

#[test]
fn a_topic_that_another_instance_creates_meanwhile_is_surveyed_again() {
    let topic = Topic::from("app-counts-changelog");
    let results = [("app-counts-changelog", Err(LogError::TopicExists { topic })), ("app-counts-repartition", Ok(()))];
    let mut admin = Scripted::new([counts(&MISSING), created(&results), counts(&THERE)]);
    finish(&mut set_up(), &mut admin).unwrap();

    let wrong = [THERE[0], THERE[1], ("app-counts-changelog", Some(5))];
    let mut admin = Scripted::new([counts(&MISSING), created(&results), counts(&wrong)]);
    let error = finish(&mut set_up(), &mut admin).unwrap_err();
    let SetUpError::WrongPartitionCounts(wrong) = &error else { panic!("{error}") };
    let expected = "`app-counts-changelog` has 5, but needs 2, as many as `words` has";
    assert_eq!(wrong.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
}

#[test]
fn start_up_waits_for_an_unreachable_log() {
    let outage = || Err(LogError::Unavailable { reason: "no broker".to_owned() });
    let mut admin = Scripted::new([outage(), outage(), counts(&THERE)]);
    finish(&mut set_up(), &mut admin).unwrap();
    assert_eq!(admin.requests.len(), 3);
}

#[test]
fn start_up_does_not_wait_after_a_final_error() {
    let refusal = LogError::Unauthorised { reason: "no right to create topics".to_owned() };
    let results = [("app-counts-changelog", Err(refusal)), ("app-counts-repartition", Ok(()))];
    let mut admin = Scripted::new([counts(&MISSING), created(&results)]);
    let error = finish(&mut set_up(), &mut admin).unwrap_err();
    assert_eq!(
        error.to_string(),
        "internal topic `app-counts-changelog` cannot be created: not authorised: no right to create topics"
    );
}
