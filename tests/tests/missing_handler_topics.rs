//! Topics for records that go no further, which do not exist.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use millstream::errors::Handlers;
use millstream::events::State;
use millstream::logs::InProcessLog;
use millstream::test::{TestConfig, TopologyTestDriver};
use millstream::{Streams, StreamsBuilder, StreamsConfig, Topology};

const LIMIT: Duration = Duration::from_secs(60);

fn copy() -> Topology {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").to("out");
    builder.build().unwrap()
}

fn global_table() -> Topology {
    let builder = StreamsBuilder::new();
    builder.global_table::<String, String>("in", "rows");
    builder.build().unwrap()
}

/// Such a topic was missed at the first record that went no further, perhaps days later, and then the task stopped.
#[test]
fn they_are_missed_at_start() {
    let check = |topology: Topology, handlers: &Handlers, expected: Option<&str>| {
        let log = InProcessLog::new();
        ["in", "out", "dead"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
        let config = TestConfig { handlers: handlers.clone(), ..TestConfig::default() };
        TopologyTestDriver::with_config(&topology, &config).expect("the driver needs no such topic");
        let streams = Streams::new(topology, StreamsConfig::new("app")).with_handlers(handlers.clone()).with_log(log);
        let handle = streams.start().unwrap();
        let state = if expected.is_some() { State::Error } else { State::Running };
        assert_eq!(handle.wait_until(state, LIMIT), state);
        let failure = handle.failure().map(|failure| failure.to_string());
        match expected {
            Some(expected) => assert!(failure.as_ref().is_some_and(|text| text.contains(expected)), "{failure:?}"),
            None => assert_eq!(failure, None),
        }
        _ = handle.close_blocking(LIMIT);
    };
    let dead = |topic: &str| Handlers { dead_letters: Some(topic.into()), ..Handlers::default() };
    let dropped = |topic: &str| Handlers { dropped_records: Some(topic.into()), ..Handlers::default() };
    let missing = |setting: &str| {
        format!("`Handlers::{setting}` is the topic `missing`, which does not exist; create it, or correct its name")
    };
    for topology in [copy, global_table] {
        check(topology(), &dead("missing"), Some(&missing("dead_letters")));
        check(topology(), &dropped("missing"), Some(&missing("dropped_records")));
        check(topology(), &Handlers { dropped_records: Some("dead".into()), ..dead("dead") }, None);
    }
}
