//! What an operator does. One variant each, with the name of its method in the DSL.

use serde::{Deserialize, Serialize};

use super::functions::{Aggregator, KeyFunction, Predicate, Reducer, ValueFunction};

/// An operator of the DSL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the DSL")]
pub enum Operator {
    // Sources.
    Stream {
        topic: String,
    },
    Table {
        topic: String,
        store: Store,
    },
    GlobalTable {
        topic: String,
        store: Store,
    },
    // Streams, record by record.
    Filter {
        predicate: Predicate,
    },
    FilterNot {
        predicate: Predicate,
    },
    MapValues {
        function: ValueFunction,
    },
    /// Upper case; fails for a value that begins with "d".
    TryMapValues,
    Map {
        key: KeyFunction,
        value: ValueFunction,
    },
    FlatMap {
        key: KeyFunction,
    },
    FlatMapValues,
    SelectKey {
        key: KeyFunction,
    },
    Peek,
    Merge,
    /// Streams that `Branch` takes by their place, the default branch last.
    Split {
        predicates: Vec<Predicate>,
    },
    Branch {
        place: usize,
    },
    Repartition,
    /// A processor that adds a header with the value.
    ProcessHeaders,
    /// A processor that shifts the timestamp by the value's last digit.
    ProcessTimes,
    /// A processor of values that forwards a second record behind each value of odd length.
    ProcessValues,
    /// A processor that forwards the previous value of the key, which a map of three keys keeps.
    ProcessLru {
        map: String,
    },
    /// A processor that passes on records, and forwards how many came, by the wall clock.
    ProcessWallClock {
        interval_ms: u64,
    },
    To {
        topic: String,
    },
    // Groups and aggregates.
    GroupByKey,
    GroupBy {
        key: KeyFunction,
    },
    WindowedBy {
        windows: Windows,
        /// Whether each window is emitted once, when it closes.
        #[serde(default)]
        on_close: bool,
    },
    /// Several groups, each with its aggregator.
    Cogroup {
        aggregators: Vec<Aggregator>,
    },
    /// The aggregate of a cogroup, with windows or without.
    CogroupAggregate {
        store: Store,
    },
    Count {
        store: Store,
    },
    Reduce {
        reducer: Reducer,
        store: Store,
    },
    Aggregate {
        aggregator: Aggregator,
        store: Store,
    },
    // Tables.
    ToTable {
        store: Store,
    },
    TableFilter {
        predicate: Predicate,
        store: Option<Store>,
    },
    TableFilterNot {
        predicate: Predicate,
        store: Option<Store>,
    },
    TableMapValues {
        function: ValueFunction,
        store: Option<Store>,
    },
    ToStream,
    Suppress {
        until: Until,
    },
    /// Groups rows by another key; `count`, `reduce` and `aggregate` follow.
    TableGroupBy {
        key: KeyFunction,
    },
    TableJoin {
        store: Option<Store>,
    },
    TableLeftJoin {
        store: Option<Store>,
    },
    TableOuterJoin {
        store: Option<Store>,
    },
    JoinForeign {
        foreign_key: KeyFunction,
        store: Option<Store>,
    },
    LeftJoinForeign {
        foreign_key: KeyFunction,
        store: Option<Store>,
    },
    /// Rows computed by a processor.
    TableProcessValues {
        store: Store,
    },
    // Joins of a stream, the first input, with a table, the second.
    Join {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grace_ms: Option<u64>,
    },
    LeftJoin {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grace_ms: Option<u64>,
    },
    // Joins of a stream with a global table, whose key is computed.
    JoinGlobal {
        key: KeyFunction,
    },
    LeftJoinGlobal {
        key: KeyFunction,
    },
    // Joins of two streams by time.
    JoinStream {
        within: Within,
        store: Store,
    },
    LeftJoinStream {
        within: Within,
        store: Store,
    },
    OuterJoinStream {
        within: Within,
        store: Store,
    },
}

/// The times of the records of the other stream that match a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Within {
    /// How much earlier they may be, in milliseconds; negative if they must be later.
    pub before_ms: i64,
    /// How much later they may be, in milliseconds; negative if they must be earlier.
    pub after_ms: i64,
    /// How late a record may be, in milliseconds.
    pub grace_ms: u64,
}

/// The store of an operator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Store {
    /// Its name; without one a name is generated, and it may turn out not to be needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is in memory, wherever other stores are.
    #[serde(default)]
    pub in_memory: bool,
    /// Whether it is cached where the application caches.
    #[serde(default)]
    pub caching: bool,
    /// How long it keeps windows, if that is longer than needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_ms: Option<u64>,
    /// How long it keeps the history of each key, if it is versioned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_ms: Option<u64>,
}

/// The windows of an aggregate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Windows {
    /// Tumbling windows, or hopping ones with an advance shorter than the size.
    Time {
        /// The size of a window in milliseconds.
        size_ms: u64,
        /// The distance of the starts of two windows in milliseconds.
        advance_ms: u64,
        /// How late a record may be, in milliseconds.
        grace_ms: u64,
    },
    /// Sessions.
    Session {
        /// The gap that ends a session, in milliseconds.
        gap_ms: u64,
        /// How late a record may be, in milliseconds.
        grace_ms: u64,
    },
    /// Windows that begin or end with each record.
    Sliding {
        /// The length of a window in milliseconds.
        difference_ms: u64,
        /// How late a record may be, in milliseconds.
        grace_ms: u64,
    },
    /// A window that never ends.
    Unlimited {
        /// Where it begins.
        start_ms: u64,
    },
}

impl Windows {
    /// How long a store needs to keep them, in milliseconds.
    #[must_use]
    pub const fn retention_ms(&self) -> u64 {
        match self {
            Self::Time { size_ms: length, grace_ms, .. }
            | Self::Session { gap_ms: length, grace_ms }
            | Self::Sliding { difference_ms: length, grace_ms } => *length + *grace_ms,
            Self::Unlimited { .. } => i64::MAX as u64,
        }
    }

    /// The length of each in milliseconds; `None` for sessions.
    #[must_use]
    pub const fn length_ms(&self) -> Option<u64> {
        match self {
            Self::Time { size_ms: length, .. } | Self::Sliding { difference_ms: length, .. } => Some(*length),
            Self::Unlimited { .. } => Some(i64::MAX as u64),
            Self::Session { .. } => None,
        }
    }
}

/// When the changes that a `suppress` holds back are forwarded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Until {
    /// When the window closes.
    WindowCloses {
        /// How many may wait; one more ends the program.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        records_max: Option<u64>,
    },
    /// After a time.
    TimeLimit {
        /// The time in milliseconds.
        limit_ms: u64,
        /// How many may wait; with one more the oldest goes early.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        records_max: Option<u64>,
        /// How many bytes may wait.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes_max: Option<u64>,
    },
}

impl Operator {
    /// Its name in tables.
    #[must_use]
    pub fn name(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        value["op"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether it is neither a source nor a sink nor a part of another operator.
    #[must_use]
    pub const fn is_counted(&self) -> bool {
        !matches!(
            self,
            Self::Stream { .. } | Self::Table { .. } | Self::GlobalTable { .. } | Self::Branch { .. } | Self::To { .. }
        )
    }

    /// Its store, if it has one.
    #[must_use]
    pub const fn store(&self) -> Option<&Store> {
        match self {
            Self::Table { store, .. }
            | Self::Count { store }
            | Self::Reduce { store, .. }
            | Self::Aggregate { store, .. }
            | Self::ToTable { store }
            | Self::GlobalTable { store, .. }
            | Self::TableProcessValues { store }
            | Self::CogroupAggregate { store }
            | Self::JoinStream { store, .. }
            | Self::LeftJoinStream { store, .. }
            | Self::OuterJoinStream { store, .. } => Some(store),
            Self::TableFilter { store, .. }
            | Self::TableFilterNot { store, .. }
            | Self::TableMapValues { store, .. }
            | Self::TableJoin { store }
            | Self::TableLeftJoin { store }
            | Self::TableOuterJoin { store }
            | Self::JoinForeign { store, .. }
            | Self::LeftJoinForeign { store, .. } => store.as_ref(),
            _ => None,
        }
    }

    /// Its store, to be changed.
    pub const fn store_mut(&mut self) -> Option<&mut Store> {
        match self {
            Self::Table { store, .. }
            | Self::Count { store }
            | Self::Reduce { store, .. }
            | Self::Aggregate { store, .. }
            | Self::ToTable { store }
            | Self::GlobalTable { store, .. }
            | Self::TableProcessValues { store }
            | Self::CogroupAggregate { store }
            | Self::JoinStream { store, .. }
            | Self::LeftJoinStream { store, .. }
            | Self::OuterJoinStream { store, .. } => Some(store),
            Self::TableFilter { store, .. }
            | Self::TableFilterNot { store, .. }
            | Self::TableMapValues { store, .. }
            | Self::TableJoin { store }
            | Self::TableLeftJoin { store }
            | Self::TableOuterJoin { store }
            | Self::JoinForeign { store, .. }
            | Self::LeftJoinForeign { store, .. } => store.as_mut(),
            _ => None,
        }
    }
}
