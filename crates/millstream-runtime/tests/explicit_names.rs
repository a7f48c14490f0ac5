//! Applications that allow only explicit names of stores and repartition topics.

#![allow(clippy::unwrap_used)]

use futures::executor::block_on;
use millstream_core::{Joined, Materialized, StreamsBuilder, Topology};
use millstream_log::in_process::InProcessLog;
use millstream_runtime::{NamePolicy, StartError, Streams, StreamsConfig};

/// Starts an application that allows only explicit names, and closes it.
fn start(topology: Topology) -> Result<(), StartError> {
    let log = InProcessLog::new();
    ["clicks", "pages", "users"].into_iter().for_each(|topic| log.create_topic(topic, 1).unwrap());
    let config = StreamsConfig { names: NamePolicy::ExplicitOnly, ..StreamsConfig::new("explicit") };
    Streams::new(topology, config).with_log(log).start().map(|streams| block_on(streams.close()).unwrap())
}

#[test]
fn generated_names_are_refused_and_named_with_the_remedy() {
    let builder = StreamsBuilder::new();
    let clicks = builder.stream::<String, String>("clicks");
    clicks.group_by(|_user, page| page.clone()).count(Materialized::new());
    clicks.group_by_key().count("per-user");
    let users = builder.table::<String, String>("users", Materialized::new());
    let by_page = clicks.select_key(|_user, page| page.clone());
    by_page.join(&users, |_page, user, name| format!("{user} {name}")).for_each(|_, _| {});
    let error = start(builder.build().unwrap()).unwrap_err();
    assert!(matches!(error, StartError::GeneratedNames(_)));
    assert_eq!(
        error.to_string(),
        "setting `names` allows explicit names only, and these are generated: \
         stores `KSTREAM-AGGREGATE-STATE-STORE-0000000002`, `users-STATE-STORE-0000000008` (name them where they are \
         declared, as in `count(\"per-user\")`); repartition topics `KSTREAM-AGGREGATE-STATE-STORE-0000000002-repartition`, \
         `KSTREAM-KEY-SELECT-0000000011-repartition` (name the group, the join or the repartition with `named`)"
    );
}

#[test]
fn a_topology_with_given_names_starts() {
    let builder = StreamsBuilder::new();
    let clicks = builder.stream::<String, String>("clicks");
    clicks.group_by(|_user, page| page.clone()).named("by-page").count("per-page");
    let users = builder.table::<String, String>("users", "users");
    // The rows of this table are not kept, so its store needs no name.
    builder.table::<String, String>("pages", Materialized::new());
    let by_page = clicks.select_key(|_user, page| page.clone());
    by_page.join(Joined::with(&users).named("named"), |_page, user, name| format!("{user} {name}")).for_each(|_, _| {});
    let topology = builder.build().unwrap();
    start(topology).unwrap();
}
