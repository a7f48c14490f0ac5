//! `count`, `reduce` and `aggregate` over sessions.

use millstream_types::{Data, Nullable, Windowed};

use super::KGroupedStream;
use super::count::use_up_number;
use super::session_node::{SessionFunctions, SessionPlan};
use crate::chain::BoxError;
use crate::dsl::KTable;
use crate::options::{EmitStrategy, Materialized};
use crate::windows::SessionWindows;

/// A stream that is grouped by key and session with [`KGroupedStream::windowed_by`].
///
/// A record that comes at most the inactivity gap before or after sessions of its key merges them into one, even if its value
/// is null; the table gets deletes of the merged sessions, and the new one. Otherwise the record begins a session. A record
/// whose session, after merging, ended longer ago than the gap and the grace period is late: it is skipped and counted.
///
/// The time of a result is the end of its session. Without caching, results have no headers.
pub struct SessionWindowedKStream<K, V> {
    grouped: KGroupedStream<K, V>,
    windows: SessionWindows,
    emit: EmitStrategy,
}

impl<K: Nullable, V: Nullable> SessionWindowedKStream<K, V> {
    pub(super) fn new(grouped: KGroupedStream<K, V>, windows: SessionWindows) -> Self {
        Self { grouped, windows, emit: EmitStrategy::default() }
    }

    /// Sets when results are forwarded: with each update, which is the default, or once for each session, when it has closed. Then
    /// the store is never cached, and there are no deletes of sessions that were merged.
    ///
    /// Sessions are closed by the stream time of this operator: when it has passed their end by the gap and the grace. A session
    /// that stream time passes by much more at once is lost, as in Kafka Streams: by half the retention of the store, and by a
    /// minute at least.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::{EmitStrategy, SessionWindows};
    /// # let builder = millstream_core::StreamsBuilder::new();
    ///
    /// let visits = SessionWindows::of_inactivity_gap_and_grace(Duration::from_secs(1_800), Duration::from_secs(10));
    /// let clicks = builder.stream::<String, String>("clicks").group_by_key().windowed_by(visits);
    /// clicks.emit_strategy(EmitStrategy::OnWindowClose).count("per-visit").to_stream().to("clicks-per-visit");
    /// ```
    #[must_use]
    pub fn emit_strategy(self, emit: EmitStrategy) -> Self {
        Self { emit, ..self }
    }

    /// Counts the records of each key and session.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::SessionWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    ///
    /// let visits = SessionWindows::of_inactivity_gap_and_grace(Duration::from_secs(1_800), Duration::from_secs(10));
    /// let clicks = builder.stream::<String, String>("clicks");
    /// clicks.group_by_key().windowed_by(visits).count("per-visit").to_stream().to("clicks-per-visit");
    /// ```
    pub fn count(&self, materialized: impl Into<Materialized<K::Present, i64>>) -> KTable<Windowed<K::Present>, i64> {
        let functions = SessionFunctions::new(
            || Some(0),
            |_: &K::Present, _: V, count: Option<i64>| Ok(count.map(|count| count.saturating_add(1))),
            |_: &K::Present, count: Option<i64>, other| Ok(count.map(|count| count.saturating_add(other))),
        );
        let materialized = materialized.into();
        use_up_number(&self.grouped.stream.graph, &materialized);
        self.add_aggregation("KSTREAM-AGGREGATE-", materialized, functions)
    }

    /// Combines the values of each key and session into one. The first value is the initial result; `reduce` takes the result
    /// so far and a further value, which may be null, or the result of a session that is merged. A result of `None` deletes the
    /// row.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SessionWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let runs = SessionWindows::of_inactivity_gap_with_no_grace(Duration::from_secs(60));
    /// let readings = builder.stream::<String, i64>("readings").group_by_key().windowed_by(runs);
    /// readings.reduce("highest", |highest, reading| highest.max(reading)).to_stream().to("highest-per-run");
    /// ```
    pub fn reduce<R: Nullable<Present = V::Present>>(
        &self,
        materialized: impl Into<Materialized<K::Present, V::Present>>,
        reduce: impl Fn(V::Present, V) -> R + Send + Sync + 'static,
    ) -> KTable<Windowed<K::Present>, V::Present> {
        self.add_reduction(materialized.into(), move |so_far, value| Ok(reduce(so_far, value).into_present()))
    }

    /// [`reduce`](Self::reduce) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record. The sessions stay as they were.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SessionWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let runs = SessionWindows::of_inactivity_gap_with_no_grace(Duration::from_secs(60));
    /// let amounts = builder.stream::<String, i64>("amounts").group_by_key().windowed_by(runs);
    /// amounts.try_reduce("sums", |sum: i64, amount| sum.checked_add(amount).ok_or("the sum is too large"));
    /// ```
    pub fn try_reduce<R: Nullable<Present = V::Present>, E: Into<BoxError>>(
        &self,
        materialized: impl Into<Materialized<K::Present, V::Present>>,
        reduce: impl Fn(V::Present, V) -> Result<R, E> + Send + Sync + 'static,
    ) -> KTable<Windowed<K::Present>, V::Present> {
        let reduce = move |so_far, value| reduce(so_far, value).map(Nullable::into_present).map_err(Into::into);
        self.add_reduction(materialized.into(), reduce)
    }

    /// Folds the values of each key and session into an aggregate of another type: `initial` returns the initial one, `add`
    /// takes the key, a value, which may be null, and the aggregate so far, and `merge` takes the key, the aggregate so far
    /// and that of a session that is merged. The sessions are merged first, in the order of their ends, beginning with the
    /// initial aggregate; then the value is added. An aggregate of `None` deletes the row.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SessionWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let runs = SessionWindows::of_inactivity_gap_with_no_grace(Duration::from_secs(60));
    /// let readings = builder.stream::<String, i64>("readings").group_by_key().windowed_by(runs);
    /// let sums = readings.aggregate("sums", || 0_i64, |_, reading, sum| sum + reading, |_, sum, other| sum + other);
    /// sums.to_stream().to("sums-per-run");
    /// ```
    pub fn aggregate<A: Nullable>(
        &self,
        materialized: impl Into<Materialized<K::Present, A::Present>>,
        initial: impl Fn() -> A + Send + Sync + 'static,
        add: impl Fn(&K::Present, V, A) -> A + Send + Sync + 'static,
        merge: impl Fn(&K::Present, A, A) -> A + Send + Sync + 'static,
    ) -> KTable<Windowed<K::Present>, A::Present> {
        let add = move |key: &K::Present, value, so_far| {
            Ok(A::from_option(so_far).and_then(|so_far| add(key, value, so_far).into_present()))
        };
        let merge = move |key: &K::Present, so_far, other| {
            let both = A::from_option(so_far).zip(A::from_option(Some(other)));
            Ok(both.and_then(|(so_far, other)| merge(key, so_far, other).into_present()))
        };
        let functions = SessionFunctions::new(move || initial().into_present(), add, merge);
        self.add_aggregation("KSTREAM-AGGREGATE-", materialized.into(), functions)
    }

    /// [`aggregate`](Self::aggregate) with an `add` and a `merge` that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record. The sessions stay as they were.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SessionWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let runs = SessionWindows::of_inactivity_gap_with_no_grace(Duration::from_secs(60));
    /// let amounts = builder.stream::<String, String>("amounts").group_by_key().windowed_by(runs);
    /// let add = |_: &String, text: String, sum: i64| text.parse::<i64>().map(|amount| sum + amount);
    /// amounts.try_aggregate("sums", || 0_i64, add, |_, sum, other| Ok(sum + other));
    /// ```
    pub fn try_aggregate<A: Nullable, E: Into<BoxError>>(
        &self,
        materialized: impl Into<Materialized<K::Present, A::Present>>,
        initial: impl Fn() -> A + Send + Sync + 'static,
        add: impl Fn(&K::Present, V, A) -> Result<A, E> + Send + Sync + 'static,
        merge: impl Fn(&K::Present, A, A) -> Result<A, E> + Send + Sync + 'static,
    ) -> KTable<Windowed<K::Present>, A::Present> {
        let add = move |key: &K::Present, value, so_far| {
            let Some(so_far) = A::from_option(so_far) else { return Ok(None) };
            add(key, value, so_far).map(Nullable::into_present).map_err(Into::into)
        };
        let merge = move |key: &K::Present, so_far, other| {
            let both = A::from_option(so_far).zip(A::from_option(Some(other)));
            let Some((so_far, other)) = both else { return Ok(None) };
            merge(key, so_far, other).map(Nullable::into_present).map_err(Into::into)
        };
        let functions = SessionFunctions::new(move || initial().into_present(), add, merge);
        self.add_aggregation("KSTREAM-AGGREGATE-", materialized.into(), functions)
    }

    /// Adds a reduction. As in Kafka Streams it begins without a result, and merged results are reduced like values.
    fn add_reduction(
        &self,
        mut materialized: Materialized<K::Present, V::Present>,
        reduce: impl Fn(V::Present, V) -> Result<Option<V::Present>, BoxError> + Send + Sync + 'static,
    ) -> KTable<Windowed<K::Present>, V::Present> {
        materialized.value_serde.get_or_insert_with(|| self.grouped.stream.serdes.value.get());
        let reduce = std::sync::Arc::new(reduce);
        let merge = std::sync::Arc::clone(&reduce);
        let add = move |_: &K::Present, value: V, so_far| match so_far {
            Some(so_far) => reduce(so_far, value),
            None => Ok(value.into_present()),
        };
        let merge = move |_: &K::Present, so_far, other: V::Present| match (so_far, V::from_option(Some(other))) {
            (Some(so_far), Some(other)) => merge(so_far, other),
            (None, other) => Ok(other.and_then(Nullable::into_present)),
            (Some(so_far), None) => Ok(Some(so_far)),
        };
        self.add_aggregation("KSTREAM-REDUCE-", materialized, SessionFunctions::new(|| None, add, merge))
    }

    fn add_aggregation<A: Data>(
        &self,
        prefix: &'static str,
        materialized: Materialized<K::Present, A>,
        functions: SessionFunctions<K::Present, V, A>,
    ) -> KTable<Windowed<K::Present>, A> {
        SessionPlan { grouped: &self.grouped, windows: self.windows, emit: self.emit }.add(
            prefix,
            materialized,
            functions,
        )
    }
}
