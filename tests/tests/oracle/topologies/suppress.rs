//! Changes of tables that are held back.

use std::time::Duration;

use millstream::{
    BufferConfig, KTable, SessionWindows, SlidingWindows, StreamsBuilder, Suppressed, TimeWindows, Topology,
    TopologyError, Windowed,
};

use super::{Text, TextStream, cat, nz, pair};

fn windows(size_ms: u64, grace_ms: u64) -> TimeWindows {
    TimeWindows::of_size_and_grace(Duration::from_millis(size_ms), Duration::from_millis(grace_ms))
}

fn source(builder: &StreamsBuilder) -> KTable<String, String> {
    builder.table("in", "src")
}

pub(crate) fn suppress_close_tumbling() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .group_by_key()
        .windowed_by(windows(5_000, 2_000))
        .count("w")
        .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()).named("sup"))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn suppress_close_hopping_cache() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .group_by_key()
        .windowed_by(windows(6_000, 0).advance_by(Duration::from_secs(3)))
        .reduce("w", |so_far, next: Text| cat(&so_far, nz(&next)))
        .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn suppress_close_session() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let (gap, grace) = (Duration::from_secs(3), Duration::from_secs(1));
    input
        .group_by_key()
        .windowed_by(SessionWindows::of_inactivity_gap_and_grace(gap, grace))
        .reduce("s", |so_far, next: Text| cat(&so_far, nz(&next)))
        .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn suppress_close_sliding() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let (difference, grace) = (Duration::from_secs(3), Duration::from_secs(1));
    input
        .group_by_key()
        .windowed_by(SlidingWindows::of_time_difference_and_grace(difference, grace))
        .count("w")
        .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn suppress_close_shutdown() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .group_by_key()
        .windowed_by(windows(5_000, 0))
        .count("w")
        .suppress(Suppressed::until_window_closes(BufferConfig::max_records(4).shut_down_when_full()))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn suppress_time() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let five_seconds = Suppressed::until_time_limit(Duration::from_secs(5), BufferConfig::unbounded());
    source(&builder).suppress(five_seconds).to_stream().to("out");
    builder.build()
}

pub(crate) fn suppress_groupby() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let three_seconds = Suppressed::until_time_limit(Duration::from_secs(3), BufferConfig::unbounded());
    source(&builder)
        .suppress(three_seconds)
        .group_by(|_, value| {
            let (group, amount) = value.split_once(':').unwrap_or((&value, "0"));
            (group.to_owned(), amount.parse::<i64>().unwrap_or_default())
        })
        .aggregate("sums", || 0, |_, amount, sum: i64| sum + amount, |_, amount, sum| sum - amount)
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn suppress_time_zero() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    source(&builder)
        .filter(|_, value| value != "v3")
        .suppress(Suppressed::until_time_limit(Duration::ZERO, BufferConfig::unbounded()))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn suppress_time_maxrecords() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let eight_seconds = Suppressed::until_time_limit(Duration::from_secs(8), BufferConfig::max_records(3));
    source(&builder).suppress(eight_seconds.named("sup")).to_stream().to("out");
    builder.build()
}

pub(crate) fn suppress_time_maxbytes() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    let buffer = BufferConfig::max_bytes(400).emit_early_when_full();
    input
        .group_by_key()
        .count("cnt")
        .suppress(Suppressed::until_time_limit(Duration::from_secs(10), buffer))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn suppress_time_windowed() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .group_by_key()
        .windowed_by(windows(5_000, 5_000))
        .count("w")
        .suppress(Suppressed::until_time_limit(Duration::from_secs(2), BufferConfig::unbounded()))
        .to_stream()
        .to("out");
    builder.build()
}

pub(crate) fn headers_stateful() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .group_by_key()
        .windowed_by(windows(4_000, 0))
        .reduce("w", |so_far, next: Text| cat(&so_far, nz(&next)))
        .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()))
        .to_stream()
        .select_key(|key: &Windowed<String>, _| format!("{}@{}", key.key, key.window.start.as_millis()))
        .to("win");
    let table = input.to_table("t");
    table.to_stream().to("tab");
    input.join(&table, |_, value, row| pair(&value, row)).to("join");
    builder.build()
}
