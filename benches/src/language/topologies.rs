//! The topologies: one operator each, between the input and the topic `out`.

use std::time::Duration;

use millstream_core::{
    BufferConfig, JoinWindows, KStream, SessionWindows, SlidingWindows, StreamsBuilder, Suppressed, TimeWindows,
};

use super::input::{KEYS, RECORDS_TOPIC, ROWS_TOPIC, number_of};

/// The inactivity gap of sessions, the length of sliding windows, and how far apart joined records are.
pub(super) const SPAN: Duration = Duration::from_secs(1);

/// The length of the windows that are suppressed.
pub(super) const WINDOW: Duration = Duration::from_secs(1);

/// How many groups a table is grouped into, and how many different foreign keys its rows have.
pub(super) const GROUPS: u64 = 1_000;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Nothing,
    SessionCount,
    SlidingCount,
    StreamJoin,
    TableJoin,
    ForeignKeyJoin,
    GlobalJoin,
    TableCount,
    Suppress,
}

impl Language {
    pub(super) const ALL: [Self; 9] = [
        Self::Nothing,
        Self::SessionCount,
        Self::SlidingCount,
        Self::StreamJoin,
        Self::TableJoin,
        Self::ForeignKeyJoin,
        Self::GlobalJoin,
        Self::TableCount,
        Self::Suppress,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "no operator",
            Self::SessionCount => "session-window count",
            Self::SlidingCount => "sliding-window count",
            Self::StreamJoin => "stream-stream join",
            Self::TableJoin => "table-table join",
            Self::ForeignKeyJoin => "foreign-key join",
            Self::GlobalJoin => "stream-global join",
            Self::TableCount => "table group-by count",
            Self::Suppress => "window count, suppressed until it closes",
        }
    }

    /// Whether it reads the topic of rows as a table whose progress is committed.
    pub(super) fn commits_rows(self) -> bool {
        matches!(self, Self::TableJoin | Self::ForeignKeyJoin)
    }

    pub(super) fn build(self, builder: &StreamsBuilder) {
        match self {
            Self::Nothing => _ = records(builder).to("out"),
            Self::SessionCount => session_count(builder),
            Self::SlidingCount => sliding_count(builder),
            Self::StreamJoin => stream_join(builder),
            Self::TableJoin => table_join(builder),
            Self::ForeignKeyJoin => foreign_key_join(builder),
            Self::GlobalJoin => global_join(builder),
            Self::TableCount => table_count(builder),
            Self::Suppress => suppress(builder),
        }
    }
}

fn records(builder: &StreamsBuilder) -> KStream<String, String> {
    builder.stream::<String, String>(RECORDS_TOPIC)
}

fn session_count(builder: &StreamsBuilder) {
    let windows = SessionWindows::of_inactivity_gap_with_no_grace(SPAN);
    records(builder).group_by_key().windowed_by(windows).count("counts").to_stream().to("out");
}

fn sliding_count(builder: &StreamsBuilder) {
    let windows = SlidingWindows::of_time_difference_with_no_grace(SPAN);
    records(builder).group_by_key().windowed_by(windows).count("counts").to_stream().to("out");
}

/// Joins the records with even numbers with those with odd ones.
fn stream_join(builder: &StreamsBuilder) {
    let records = records(builder);
    let even = records.filter(|_key, value| number_of(value).is_multiple_of(2));
    let odd = records.filter_not(|_key, value| number_of(value).is_multiple_of(2));
    let windows = JoinWindows::of_time_difference_with_no_grace(SPAN);
    even.join_stream(odd.within(windows), |_key, even, odd| format!("{even} {odd}")).to("out");
}

fn table_join(builder: &StreamsBuilder) {
    let left = builder.table::<String, String>(RECORDS_TOPIC, "left");
    let right = builder.table::<String, String>(ROWS_TOPIC, "right");
    left.join(&right, |_key, left, right| format!("{left} {right}")).to_stream().to("out");
}

fn foreign_key_join(builder: &StreamsBuilder) {
    let left = builder.table::<String, String>(RECORDS_TOPIC, "left");
    let right = builder.table::<String, String>(ROWS_TOPIC, "right");
    let by_number = right.by(|_key: &String, value: &String| format!("{:08}", number_of(value) % GROUPS));
    left.join_foreign(by_number, |_key, left, right| format!("{left} {right}")).to_stream().to("out");
}

fn global_join(builder: &StreamsBuilder) {
    let rows = builder.global_table::<String, String>(ROWS_TOPIC, "rows");
    let by_number = rows.by(|_key: &String, value: &String| format!("{:08}", number_of(value) % KEYS));
    records(builder).join_global(by_number, |_key, _row_key, value, row| format!("{value} {row}")).to("out");
}

fn table_count(builder: &StreamsBuilder) {
    builder
        .table::<String, String>(RECORDS_TOPIC, "table")
        .group_by(|_key, value| (format!("{:04}", number_of(&value) % GROUPS), value))
        .count("counts")
        .to_stream()
        .to("out");
}

fn suppress(builder: &StreamsBuilder) {
    records(builder)
        .group_by_key()
        .windowed_by(TimeWindows::of_size_with_no_grace(WINDOW))
        .count("counts")
        .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()))
        .to_stream()
        .to("out");
}
