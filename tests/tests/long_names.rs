//! Names of internal topics that become too long with the id of the application.

#![allow(clippy::unwrap_used, reason = "tests")]

use millstream::logs::InProcessLog;
use millstream::test::{TestConfig, TopologyTestDriver};
use millstream::{Consumed, Streams, StreamsBuilder, StreamsConfig};

/// Such a topic was refused by the log when the application had started, with an error that named neither the store nor what to do.
#[test]
fn names_that_are_too_long_are_refused_at_start() {
    let check = |declare: &dyn Fn(&StreamsBuilder), application_id: &str, expected: Result<(), &[&str]>| {
        let builder = StreamsBuilder::new();
        declare(&builder);
        let topology = builder.build().unwrap();
        let config = TestConfig { application_id: application_id.to_owned(), ..TestConfig::default() };
        let tested = TopologyTestDriver::with_config(&topology, &config).map(drop).map_err(|error| error.to_string());
        let log = InProcessLog::new();
        log.create_topic("in", 1).unwrap();
        let started = Streams::new(topology, StreamsConfig::new(application_id)).with_log(log).start();
        assert_eq!(tested, started.map(drop).map_err(|error| error.to_string()));
        match (tested, expected) {
            (tested, Ok(())) => assert_eq!(tested, Ok(())),
            (tested, Err(parts)) => {
                let error = tested.unwrap_err();
                parts.iter().for_each(|part| assert!(error.contains(part), "`{error}` should contain `{part}`"));
            }
        }
    };
    let remedy = "it is longer than 249 characters; shorten its name, or the application id";
    // `app-`, the name, and `-changelog`.
    let count = |length: usize| {
        move |builder: &StreamsBuilder| {
            drop(builder.stream::<String, String>("in").group_by_key().count("s".repeat(length)));
        }
    };
    check(&count(235), "app", Ok(()));
    check(
        &count(236),
        "app",
        Err(&["the changelog of store `sss", "would be called `app-sss", "(250 characters)", remedy]),
    );
    check(&count(100), &"a".repeat(138), Ok(()));
    check(&count(100), &"a".repeat(139), Err(&["the changelog of store `sss", remedy]));
    check(
        &|builder| drop(builder.stream::<String, String>("in").repartition(&*"r".repeat(234)).to("out")),
        "app",
        Err(&["internal topic `rrr", remedy]),
    );
    check(
        &|builder| {
            let by_pattern = Consumed::<String, String>::pattern("in.*").named("p".repeat(235));
            drop(builder.stream(by_pattern).to("out"));
        },
        "app",
        Err(&["-assignment` would be called `app-ppp", remedy]),
    );
}
