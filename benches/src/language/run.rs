//! Runs a topology on the in-process log until everything is processed and committed, and checks its output.

use std::time::Duration;

use millstream_core::{StreamsBuilder, Topology};
use millstream_log::in_process::InProcessLog;
use millstream_observe::events::EventSettings;
use millstream_runtime::{Streams, StreamsConfig};
use millstream_types::TopicPartition;

use super::input::{RECORDS_TOPIC, ROWS_TOPIC, feed};
use super::place::Place;
use super::topologies::Language;
use super::truth;
use crate::report::{Spent, timed};

const APPLICATION: &str = "bench";
const LIMIT: Duration = Duration::from_secs(60);

pub(super) fn measure(language: Language, place: Place) -> Spent {
    let builder = StreamsBuilder::new();
    language.build(&builder);
    let topology = builder.build().expect("the topology is sound");
    let log = InProcessLog::new();
    feed(&log);
    let spent = timed(|| run(language, place, topology, &log));
    truth::check(language, &log.records("out").expect("the topic is there"));
    spent
}

fn run(language: Language, place: Place, topology: Topology, log: &InProcessLog) {
    let quiet = EventSettings { lines: false, ..EventSettings::default() };
    let config = StreamsConfig { events: quiet, ..StreamsConfig::new(APPLICATION) };
    let placed = place.put(Streams::new(topology, config).with_log(log.clone()));
    let streams = placed.streams.start().expect("it starts");
    let sources = if language.commits_rows() { &[ROWS_TOPIC, RECORDS_TOPIC][..] } else { &[RECORDS_TOPIC][..] };
    sources.iter().for_each(|topic| wait_for(topic, log));
    internal_topics(log).iter().for_each(|topic| wait_for(topic, log));
    streams.close_blocking(LIMIT).expect("it closes");
}

/// The topics inside the topology, each behind those that it is written from.
fn internal_topics(log: &InProcessLog) -> Vec<String> {
    let names = log.topics().into_iter().map(|topic| topic.name.as_str().to_owned());
    names.filter(|name| name.starts_with(APPLICATION) && !name.ends_with("-changelog")).collect()
}

/// Waits until everything in a topic is processed and committed.
fn wait_for(topic: &str, log: &InProcessLog) {
    let partition = TopicPartition::new(topic, 0);
    let (_, end) = log.offset_range(&partition).expect("the partition exists");
    while log.committed(APPLICATION).get(&partition).is_none_or(|committed| committed.offset < end) {
        std::thread::sleep(Duration::from_millis(1));
    }
}
