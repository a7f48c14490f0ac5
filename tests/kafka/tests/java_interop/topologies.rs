//! The topologies of `tests/kafka/java/.../Topologies.java` in Rust, name by name.

use std::time::Duration;

use millstream::{Consumed, Joined, Materialized, StreamsBuilder, TimeWindows, TimestampExtractor, Topology};

/// The topology of this name; its topics begin with the application's id.
pub(crate) fn topology(name: &str, application: &str) -> Topology {
    let builder = StreamsBuilder::new();
    let topic = |name: &str| format!("{application}-{name}");
    match name {
        "word-count" => count_words(&builder, topic),
        "aggregates" => aggregate(&builder, topic),
        "join" => join(&builder, topic),
        "partition-time" => stamp(&builder, topic),
        // Millstream's alone: key, value, time and headers go on as they are.
        "copy" => drop(builder.stream::<Option<Vec<u8>>, Option<Vec<u8>>>(topic("in")).to(topic("out"))),
        other => panic!("there is no topology {other}"),
    }
    builder.build().unwrap()
}

/// Every name is generated.
fn count_words(builder: &StreamsBuilder, topic: impl Fn(&str) -> String) {
    builder
        .stream::<Option<Vec<u8>>, String>(topic("lines"))
        .flat_map_values(|_key, line| line.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .group_by(|_key, word| word.clone())
        .count(Materialized::new())
        .to_stream()
        .to(topic("counts"));
}

fn aggregate(builder: &StreamsBuilder, topic: impl Fn(&str) -> String) {
    let window = Duration::from_secs(10);
    let events = builder.stream::<String, String>(topic("events")).group_by_key();
    events
        .windowed_by(TimeWindows::of_size_and_grace(window, window).advance_by(window / 2))
        .count("per-window")
        .to_stream()
        .to(topic("per-window"));
    events
        .reduce("joined-up", |row, event| (event != "clear").then(|| row + &event))
        .to_stream()
        .to(topic("joined-up"));
    events
        .aggregate("lengths", || 0_i64, |_key, event, sum| sum + i64::try_from(event.len()).unwrap())
        .to_stream()
        .to(topic("lengths"));
}

fn join(builder: &StreamsBuilder, topic: impl Fn(&str) -> String) {
    let users = builder.table::<String, String>(topic("users"), "users");
    builder
        .stream::<String, String>(topic("clicks"))
        .left_join(Joined::with(&users), |_key, click, user| format!("{} {click}", user.map_or("null", String::as_str)))
        .to(topic("visits"));
}

/// Records of the value `?` take the time that their partition has reached.
fn stamp(builder: &StreamsBuilder, topic: impl Fn(&str) -> String) {
    let from_partition =
        TimestampExtractor::custom(
            |record: &millstream::Record<String, String>, partition_time| {
                if record.value == "?" { partition_time } else { record.timestamp }
            },
        );
    builder.stream(Consumed::topic(topic("in")).timestamps(from_partition)).to(topic("out"));
}
