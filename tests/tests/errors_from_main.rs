//! KIND: the text of an error that a program's `main` returns.
//!
//! `fn main() -> Result<(), Box<dyn Error>>` prints the error by `Debug`: "Error: Config(ConfigError { setting: … })". For an
//! error of start-up that has to be a sentence, with what caused it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::error::Error;

use millstream::logs::InProcessLog;
use millstream::{Streams, StreamsBuilder, StreamsConfig};

/// What `main` would print behind "Error: ".
fn printed(error: impl Error + 'static) -> String {
    let error: Box<dyn Error> = Box::new(error);
    format!("{error:?}")
}

#[test]
fn errors_of_start_up_are_sentences() {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").to("out");
    let topology = builder.build().unwrap();
    let start = |config| Streams::new(topology.clone(), config).with_log(InProcessLog::new()).start().unwrap_err();
    assert_eq!(
        printed(start(StreamsConfig { threads: 0, ..StreamsConfig::new("app") })),
        "setting `threads` is 0; at least one thread has to do the work"
    );
    assert_eq!(
        printed(Streams::new(topology, StreamsConfig::new("app")).start().unwrap_err()),
        "the application has no log to read from; give it one by `with_log`"
    );
    let log = InProcessLog::new();
    log.create_topic("in", 1).unwrap();
    assert_eq!(printed(log.create_topic("in", 1).unwrap_err()), "topic `in` already exists");
    let twice = StreamsBuilder::new();
    twice.stream::<String, String>("in").to("out");
    twice.stream::<String, String>("in").to("out");
    let error = printed(twice.build().unwrap_err());
    assert!(error.contains("topic `in`") && !error.contains('{'), "{error}");
}
