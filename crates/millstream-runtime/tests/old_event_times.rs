//! Records that are older than the retention of their topic: a broker would delete them soon, so there is a warning.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use millstream_core::{StreamsBuilder, TimeWindows, Topology};
use millstream_log::{
    AdminRequest, AdminResponse, Administration, Fetching, GroupConfig, GroupConsumer, InProcessLog, Log, LogError,
    LogEvent, Producing, Signal,
};
use millstream_observe::events::State;
use millstream_observe::{Clock, SystemClock};
use millstream_runtime::{Streams, StreamsConfig};
use millstream_types::{MonotonicTime, RecordBytes, Timestamp, TopicPartition};
use support::{EventRecorder, LIMIT, PARTITIONS, config, eventually, log};

const DAY: Duration = Duration::from_secs(86_400);
const WEEK: Duration = Duration::from_secs(7 * 86_400);
const MONTH: Duration = Duration::from_secs(30 * 86_400);

/// A log that reports retention settings for some topics, as a broker would.
struct WithRetentions(InProcessLog, &'static [(&'static str, Duration)]);

impl Log for WithRetentions {
    fn consumer(&self, config: &GroupConfig, signal: &Signal) -> Result<Box<dyn GroupConsumer>, LogError> {
        self.0.consumer(config, signal)
    }

    fn fetcher(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Fetching>, LogError> {
        self.0.fetcher(client_id, signal)
    }

    fn producer(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Producing>, LogError> {
        self.0.producer(client_id, signal)
    }

    fn admin(&self, client_id: &str, signal: &Signal) -> Result<Box<dyn Administration>, LogError> {
        Ok(Box::new(WithRetentionsAdmin(self.0.admin(client_id, signal)?, self.1)))
    }
}

struct WithRetentionsAdmin(Box<dyn Administration>, &'static [(&'static str, Duration)]);

impl Administration for WithRetentionsAdmin {
    fn request(&mut self, request: AdminRequest) -> u64 {
        self.0.request(request)
    }

    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        self.0.poll(now, events);
        for event in events {
            if let LogEvent::AdminDone { result: Ok(AdminResponse::TopicSettings(reported)), .. } = event {
                for (topic, settings) in reported {
                    let Ok(settings) = settings else { continue };
                    settings.remove("retention.ms");
                    if let Some((_, kept_for)) = self.1.iter().find(|(name, _)| *name == topic.as_str()) {
                        settings.entry("cleanup.policy".to_owned()).or_insert_with(|| "delete".to_owned());
                        settings.insert("retention.ms".to_owned(), kept_for.as_millis().to_string());
                    }
                }
            }
        }
    }
}

/// Counts words in windows of a day, with a grace of a year.
fn counting_by_day() -> Topology {
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words").group_by(|_, word| word.clone());
    let counts = words.windowed_by(TimeWindows::of_size_and_grace(DAY, DAY)).count("by-day");
    counts.to_stream().map(|windowed, count| (windowed.key, count)).to("counts");
    builder.build().unwrap()
}

/// Appends a word of each of these ages, and runs until all are counted. Returns the events.
fn run_over(keeping: &'static [(&'static str, Duration)], ages: &[Duration]) -> EventRecorder {
    let (log, recorder) = (log(), EventRecorder::default());
    let now = SystemClock::new().now();
    for (number, age) in (0_u32..).zip(ages) {
        let partition = TopicPartition::new("words", number % PARTITIONS);
        let time = Timestamp::from_millis(now.as_millis() - i64::try_from(age.as_millis()).unwrap());
        log.append(&partition, &RecordBytes::new(time, None, Some(format!("w{number}").as_bytes()))).unwrap();
    }
    let streams = Streams::new(counting_by_day(), StreamsConfig { threads: 2, ..config("app") })
        .with_log(WithRetentions(log.clone(), keeping))
        .with_listener(recorder.listener())
        .start()
        .unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
    eventually("all is counted", || log.records("counts").unwrap().len() == ages.len());
    streams.close_blocking(LIMIT).unwrap();
    recorder
}

#[test]
fn records_older_than_the_retention_are_reported_once_for_each_topic() {
    let keeping = &[("counts", WEEK), ("app-by-day-changelog", MONTH)];
    let recorder = run_over(keeping, &[DAY * 8; 20]);
    let expected = "A record for topic counts is 8.0 days old, and the topic keeps records for only 7.0 days \
                    (retention.ms), so the log will delete it without an error. Raise retention.ms of counts, or set it to -1.";
    assert_eq!(recorder.messages("records_too_old"), [expected]);

    let mut reported = run_over(keeping, &[DAY * 400; 20]).messages("records_too_old");
    reported.sort();
    assert!(
        reported.len() == 2 && reported[0].starts_with("A record for topic app-by-day-changelog is 400.0 days old"),
        "{reported:?}"
    );
}

#[test]
fn records_within_the_retention_are_not_reported() {
    let keeping = &[("counts", WEEK)];
    assert!(run_over(keeping, &[DAY * 6; 4]).messages("records_too_old").is_empty());
    assert!(run_over(&[], &[DAY * 4000; 4]).messages("records_too_old").is_empty());
}
