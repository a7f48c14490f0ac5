//! What programs drawn at random have found: cases in which Millstream differed from Kafka Streams. The expected texts are those of Kafka
//! Streams 4.4.0. See `docs/formats/differential.md`.

use std::time::Duration;

use millstream::test::TopologyTestDriver;
use millstream::{
    BufferConfig, JoinWindows, Joined, KStream, Materialized, Optimizations, SessionWindows, SlidingWindows,
    StreamWithin, StreamsBuilder, Suppressed, Topology, TopologyError,
};

type Text = Option<String>;
type Texts = KStream<Text, Text>;
type Built = Result<Topology, TopologyError>;

/// The lines of `describe()` that begin with this, without what is before it.
fn lines_with(topology: Built, prefix: &str) -> Vec<String> {
    let text = topology.expect("it is valid").describe().to_string();
    text.lines().filter_map(|line| line.trim_start().strip_prefix(prefix)).map(str::to_owned).collect()
}

fn by_first_letter(stream: &Texts) -> Texts {
    stream.select_key(|_, value| value.as_ref().map(|value| value.chars().take(1).collect()))
}

/// Seed 2. `count(Materialized)` of Kafka Streams uses up a number if the store has no name; `count()` does not. All generated names behind
/// such a count were one too low, those of repartition topics and changelogs among them.
#[test]
fn a_count_with_options_and_no_name_uses_up_a_number() {
    let count = |materialized: Materialized<String, i64>| {
        let builder = StreamsBuilder::new();
        builder.stream::<Text, Text>("in").group_by_key().count(materialized).to_stream().to("out");
        lines_with(builder.build(), "Processor: KSTREAM-AGGREGATE")
    };
    assert_eq!(count(Materialized::new()), ["-0000000002 (stores: [KSTREAM-AGGREGATE-STATE-STORE-0000000001])"]);
    let uncached = Materialized::new().without_caching();
    assert_eq!(count(uncached), ["-0000000003 (stores: [KSTREAM-AGGREGATE-STATE-STORE-0000000002])"]);
    assert_eq!(count(Materialized::named("s").in_memory()), ["-0000000001 (stores: [s])"]);
}

/// Of the counts of windows only those of sliding windows do not use up a number.
#[test]
fn a_count_of_sliding_windows_uses_up_no_number() {
    let builder = StreamsBuilder::new();
    let windows = SlidingWindows::of_time_difference_with_no_grace(Duration::from_secs(1));
    let clicks = builder.stream::<Text, Text>("in").group_by_key().windowed_by(windows);
    clicks.count(Materialized::new().without_caching()).to_stream().for_each(|_, _| ());
    let counts = lines_with(builder.build(), "Processor: KSTREAM-AGGREGATE");
    assert_eq!(counts, ["-0000000002 (stores: [KSTREAM-AGGREGATE-STATE-STORE-0000000001])"]);
}

/// Left and outer joins of a stream with itself kept two stores: only inner ones were optimised. In all three each record matches itself.
#[test]
fn every_join_of_a_stream_with_itself_has_a_single_store() {
    let join = |join: fn(&Texts, StreamWithin<Texts>) -> Texts| {
        let builder = StreamsBuilder::new().optimize(Optimizations::none().single_store_self_join());
        let stream = builder.stream::<Text, Text>("in");
        let windows = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(1));
        join(&stream, stream.within(windows)).to("out");
        lines_with(builder.build(), "Processor: ")
    };
    let processors = |store: &str| {
        ["KSTREAM-WINDOWED-0000000001", "KSTREAM-MERGE-0000000005"].map(|name| format!("{name} (stores: [{store}])"))
    };
    let left = join(|stream, other| stream.left_join_stream(other, |_, value, _| Some(value.clone())));
    assert_eq!(left, processors("KSTREAM-JOINTHIS-0000000003-store"));
    let outer = join(|stream, other| stream.outer_join_stream(other, |_, value, _| value.cloned()));
    assert_eq!(outer, processors("KSTREAM-OUTERTHIS-0000000003-store"));
}

/// Seed 83. A join without a name took the repartition of another one without a name only. In Kafka Streams it takes the last one that any
/// join of the stream has made.
#[test]
fn a_join_without_a_name_takes_the_repartition_of_a_named_one() {
    let builder = StreamsBuilder::new();
    let stream = builder.stream::<Text, Text>("in");
    let rows = builder.table::<String, String>("rows", "rows");
    let keyed = by_first_letter(&stream);
    keyed.join(Joined::with(&rows).named("named"), |_, value, _| value);
    keyed.join(&rows, |_, value, _| value);
    let sources = lines_with(builder.build(), "Source: ");
    assert_eq!(
        sources,
        [
            "KSTREAM-SOURCE-0000000000 (topics: [in])",
            "named-repartition-source (topics: [named-repartition])",
            "KSTREAM-SOURCE-0000000001 (topics: [rows])",
        ]
    );
}

/// The same, with a `to_table` in between, whose repartition is its own.
#[test]
fn a_table_does_not_share_the_repartition_of_joins() {
    let builder = StreamsBuilder::new();
    let stream = builder.stream::<Text, Text>("in");
    let rows = builder.table::<String, String>("rows", "rows");
    let keyed = by_first_letter(&stream);
    keyed.join(&rows, |_, value, _| value);
    keyed.to_table("table");
    keyed.join(&rows, |_, value, _| value);
    assert_eq!(lines_with(builder.build(), "Sink: ").len(), 2);
}

/// Seed 148. `to_table(…).named("latest")` named the table and not its repartition topic, as `toTable(Named.as("latest"))` does.
#[test]
fn the_name_of_a_table_is_that_of_its_repartition() {
    let builder = StreamsBuilder::new();
    let stream = builder.stream::<Text, Text>("in");
    by_first_letter(&stream).to_table("store").named("latest").to_stream().to("out");
    let topology = builder.build().expect("it is valid");
    let text = topology.describe().to_string();
    for line in [
        "Processor: latest-repartition-filter (stores: [])",
        "Sink: latest-repartition-sink (topic: latest-repartition)",
        "Source: latest-repartition-source (topics: [latest-repartition])",
        "Processor: latest (stores: [store])",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

/// Seed 201. Kafka Streams keeps children in trees that are ordered by sizes which still grow: where a third child ends up depends on which of
/// the first two is at the top of the tree. Millstream searched in the middle of a list.
#[test]
fn children_are_described_in_the_order_of_javas_trees() {
    let builder = StreamsBuilder::new();
    let input = builder.stream::<Text, Text>("in0");
    let rows = builder.table::<String, String>("rows", "s1");
    let table = input.to_table("s2");
    let counts = input.group_by_key().count("s4").named("n4");
    let branches =
        input.map(|key, value| (key, value)).split().branch("0", |_, value| value.is_some()).default_branch("rest");
    rows.to_stream();
    table.to_stream().to("out11");
    counts.to_stream().to("out13");
    branches["0"].to("out7");
    branches["rest"].to("out8");
    let children = lines_with(builder.build(), "--> ");
    assert_eq!(children[0], "KSTREAM-TOTABLE-0000000003, n4, KSTREAM-MAP-0000000005");
}

/// Seed 181. A join of a table that is suppressed looks rows up in the buffer first, then in the store above it. In Java's set of stores
/// the first one stays first where two names have the same hash.
#[test]
fn the_buffer_of_a_suppressed_table_stands_before_the_store_above_it() {
    let builder = StreamsBuilder::new();
    builder.stream::<Text, Text>("in0").to("out0");
    builder.stream::<Text, Text>("in1").to("out1");
    let rows = builder.table::<String, String>("rows0", "s2");
    let others = builder.table::<String, String>("rows1", "s3");
    let half_a_second = || Suppressed::until_time_limit(Duration::from_millis(500), BufferConfig::unbounded());
    let others = others.suppress(half_a_second());
    let rows = rows.suppress(half_a_second());
    rows.outer_join(&others, |_, _, _| String::new()).to_stream().to("out");
    let processors = lines_with(builder.build(), "Processor: KTABLE-JOINOTHER");
    assert_eq!(processors, ["-0000000014 (stores: [KTABLE-SUPPRESS-STATE-STORE-0000000011, s2])"]);
}

/// Since 4.4.0 Kafka Streams takes sessions with a gap of 0; Millstream refused them. Each has the records of one time.
#[test]
fn sessions_without_a_gap_have_the_records_of_one_time() {
    let builder = StreamsBuilder::new();
    let windows = SessionWindows::of_inactivity_gap_and_grace(Duration::ZERO, Duration::from_secs(1));
    let clicks = builder.stream::<String, String>("in").group_by_key().windowed_by(windows);
    clicks
        .count(Materialized::named("sessions").without_caching())
        .to_stream()
        .map(|key, count| (key.key, count))
        .to("out");
    let driver = TopologyTestDriver::new(&builder.build().expect("it is valid")).expect("it starts");
    let clicks = driver.input_topic::<String, String>("in");
    for time in [5, 6, 5] {
        clicks.pipe_at("a", "click", time).expect("it is counted");
    }
    let counts = driver.output_topic::<String, Option<i64>>("out").read_all_values();
    assert_eq!(counts.expect("they are numbers"), [Some(1), Some(1), Some(2)]);
}
