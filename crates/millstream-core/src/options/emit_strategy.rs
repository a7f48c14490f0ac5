//! When a windowed aggregation forwards its results.

/// When a windowed aggregation forwards its results, as Kafka Streams' `EmitStrategy`.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_core::{EmitStrategy, StreamsBuilder, TimeWindows};
///
/// let builder = StreamsBuilder::new();
/// let minutes = TimeWindows::of_size_and_grace(Duration::from_secs(60), Duration::from_secs(10));
/// let clicks = builder.stream::<String, String>("clicks").group_by_key().windowed_by(minutes);
/// clicks.emit_strategy(EmitStrategy::OnWindowClose).count("per-minute").to_stream().to("clicks-per-minute");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmitStrategy {
    /// Every update is forwarded; with caching, the last one of each window at a commit. This is the default.
    #[default]
    OnWindowUpdate,
    /// Each window is forwarded once, when it has closed: when stream time has passed its end by the grace period.
    ///
    /// Windows are looked for when a record comes, also a late one, at most once per `emit_interval` of the wall clock (1 s; in the
    /// test driver 0). Nothing is forwarded at a commit or while no record comes. Results have the headers of the record with which
    /// they come, and no previous row.
    OnWindowClose,
}
