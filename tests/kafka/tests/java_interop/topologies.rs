//! The topologies of `tests/kafka/java/.../Topologies.java` in Rust, name by name.

use std::time::Duration;

use millstream::{
    BufferConfig, Consumed, JoinWindows, Joined, Materialized, SessionWindows, StreamsBuilder, Suppressed, TimeWindows,
    TimestampExtractor, Topology,
};

/// The topology of this name; its topics begin with the application's id.
pub(crate) fn topology(name: &str, application: &str) -> Topology {
    let builder = StreamsBuilder::new();
    let topic = |name: &str| format!("{application}-{name}");
    match name {
        "word-count" => count_words(&builder, topic),
        "aggregates" => aggregate(&builder, topic),
        "join" => join(&builder, topic),
        "language" => language(&builder, topic),
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

/// An operator of each kind that has state, and a topic for the results of each.
fn language(builder: &StreamsBuilder, topic: impl Fn(&str) -> String) {
    let seconds = Duration::from_secs;
    let or_null = |value: Option<&String>| value.map_or("null", String::as_str).to_owned();
    let events = builder.stream::<String, String>(topic("events"));

    let names = builder.global_table::<String, String>(topic("names"), "names");
    let by_event = names.by(|_key: &String, event: &String| Some(event.clone()));
    events.left_join_global(by_event, move |_, _, event, name| event + " " + &or_null(name)).to(topic("named"));

    let per_key = events.group_by_key();
    let visits = per_key.windowed_by(SessionWindows::of_inactivity_gap_and_grace(seconds(8), seconds(60)));
    visits.count("visits").to_stream().map(|visit, count| (visit.to_string(), count)).to(topic("visits"));
    let windows = per_key.windowed_by(TimeWindows::of_size_and_grace(seconds(10), seconds(1)));
    windows
        .count("per-window")
        .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()))
        .to_stream()
        .map(|window, count| (window.to_string(), count))
        .to(topic("finals"));

    let payments = builder.stream::<String, String>(topic("payments"));
    payments.to(topic("paid"));
    let near = payments.within(JoinWindows::of_time_difference_and_grace(seconds(5), seconds(5))).stores("paired");
    events
        .outer_join_stream(near, move |_, event, payment| or_null(event) + "+" + &or_null(payment))
        .to(topic("pairs"));

    let prices =
        builder.table::<String, String>(topic("prices"), Materialized::named("prices").versioned(seconds(3_600)));
    prices.to_stream().to(topic("price-changes"));
    events
        .left_join(Joined::with(&prices).named("priced"), move |_, event, price| event + " at " + &or_null(price))
        .to(topic("priced"));

    let orders = builder.table::<String, String>(topic("orders"), "orders");
    let customers = builder.table::<String, String>(topic("customers"), "customers");
    customers.to_stream().to(topic("customer-changes"));
    let by_customer = customers.by(|_order: &String, customer: &String| Some(customer.clone()));
    orders
        .left_join_foreign(by_customer, move |_order, customer, name| format!("{customer} is {}", or_null(name)))
        .materialized("enriched")
        .to_stream()
        .to(topic("enriched"));
    orders
        .group_by(|order, customer| (customer, order.clone()))
        .count("per-customer")
        .to_stream()
        .to(topic("order-counts"));
}
