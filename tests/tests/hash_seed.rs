//! KIND: a documented random value that is constant. The seed of the stores' hash tables was 0 in every process: a sender who
//! knows it can choose keys that collide.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use millstream::events::{EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::state::{AnyStore, KeyValueStore};
use millstream::{Streams, StreamsBuilder, StreamsConfig};

const LIMIT: Duration = Duration::from_secs(20);

/// The seed of a store of an application that is started with this one.
fn seed(given: Option<u64>) -> u64 {
    let log = InProcessLog::new();
    log.create_topic("in", 1).unwrap();
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").group_by_key().count("counts");
    let events = EventSettings { lines: false, ..EventSettings::default() };
    let config = StreamsConfig { events, ..StreamsConfig::new("app") };
    let mut streams = Streams::new(builder.build().unwrap(), config).with_log(log);
    if let Some(seed) = given {
        streams = streams.with_hash_seed(seed);
    }
    let streams = streams.start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running);
    let seeds = streams.query("counts", |store: &mut KeyValueStore<String, i64>| Ok(store.options().hash_seed));
    let seeds = seeds.wait(LIMIT).unwrap();
    streams.close_blocking(LIMIT).unwrap();
    *seeds.value.first().unwrap()
}

#[test]
fn an_application_picks_a_random_seed_unless_one_is_given() {
    assert_eq!(seed(Some(7)), 7);
    let seeds = [seed(None), seed(None)];
    assert!(seeds[0] != seeds[1] && !seeds.contains(&0), "{seeds:?}");
}
