//! `count`, `reduce` and `aggregate` over sliding windows.

use millstream_types::{Data, Nullable, Windowed};

use super::KGroupedStream;
use super::node::Functions;
use super::sliding_node::SlidingPlan;
use crate::chain::BoxError;
use crate::dsl::KTable;
use crate::options::{EmitStrategy, Materialized};
use crate::windows::SlidingWindows;

/// A stream that is grouped by key and sliding window with [`KGroupedStream::windowed_by`].
///
/// Records with a null key or value are skipped and counted. A record that is late for all windows is skipped and counted once;
/// otherwise it is counted once for each window that it is late for. As in Kafka Streams, aggregates do not depend on the order in
/// which records come, but which windows a late record makes depends on what the store still has.
pub struct SlidingWindowedKStream<K, V> {
    grouped: KGroupedStream<K, V>,
    windows: SlidingWindows,
    emit: EmitStrategy,
}

impl<K: Nullable, V: Nullable> SlidingWindowedKStream<K, V> {
    pub(super) fn new(grouped: KGroupedStream<K, V>, windows: SlidingWindows) -> Self {
        grouped.stream.graph.require_windows(windows.fault());
        Self { grouped, windows, emit: EmitStrategy::default() }
    }

    /// Sets when results are forwarded: with each update, which is the default, or once for each window, when it has closed. Then
    /// the store is never cached.
    ///
    /// Windows are closed by the stream time of this operator. Its store keeps them for twice the time difference and the grace, or the
    /// retention of [`Materialized`]; one that stream time passes by more than that before it is emitted is lost, as in Kafka
    /// Streams. A record before the time difference, whose window would start below 0, emits nothing.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::{EmitStrategy, SlidingWindows};
    /// # let builder = millstream_core::StreamsBuilder::new();
    ///
    /// let minute = SlidingWindows::of_time_difference_and_grace(Duration::from_secs(60), Duration::from_secs(10));
    /// let alarms = builder.stream::<String, String>("alarms").group_by_key().windowed_by(minute);
    /// alarms.emit_strategy(EmitStrategy::OnWindowClose).count("alarms-within-a-minute").to_stream().to("alarm-rates");
    /// ```
    #[must_use]
    pub fn emit_strategy(self, emit: EmitStrategy) -> Self {
        Self { emit, ..self }
    }

    /// Counts the records of each key and window.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::SlidingWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    ///
    /// let minute = SlidingWindows::of_time_difference_and_grace(Duration::from_secs(60), Duration::from_secs(10));
    /// let alarms = builder.stream::<String, String>("alarms");
    /// alarms.group_by_key().windowed_by(minute).count("alarms-within-a-minute").to_stream().to("alarm-rates");
    /// ```
    pub fn count(&self, materialized: impl Into<Materialized<K::Present, i64>>) -> KTable<Windowed<K::Present>, i64> {
        let count = |_: &K::Present, _: V::Present, count: Option<i64>| count.map(|count| count.saturating_add(1));
        self.add_aggregation("KSTREAM-AGGREGATE-", materialized.into(), Functions::new(|| Some(0), count))
    }

    /// Combines the values of each key and window into one, as [`KGroupedStream::reduce`] does per key.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SlidingWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let minute = SlidingWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// let readings = builder.stream::<String, i64>("readings").group_by_key().windowed_by(minute);
    /// readings.reduce("highest", |highest, reading| highest.max(reading)).to_stream().to("highest-within-a-minute");
    /// ```
    pub fn reduce<R: Nullable<Present = V::Present>>(
        &self,
        materialized: impl Into<Materialized<K::Present, V::Present>>,
        reduce: impl Fn(V::Present, V::Present) -> R + Send + Sync + 'static,
    ) -> KTable<Windowed<K::Present>, V::Present> {
        let mut materialized = materialized.into();
        materialized.value_serde.get_or_insert_with(|| self.grouped.stream.serdes.value.get());
        let update = move |_: &K::Present, value, row| match row {
            Some(row) => reduce(row, value).into_present(),
            None => Some(value),
        };
        self.add_aggregation("KSTREAM-REDUCE-", materialized, Functions::new(|| None, update))
    }

    /// Folds the values of each key and window into an aggregate of another type, as [`KGroupedStream::aggregate`] does per
    /// key. A window that is made later than others begins with the aggregate of a window that has the same records.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SlidingWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let minute = SlidingWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// let readings = builder.stream::<String, i64>("readings").group_by_key().windowed_by(minute);
    /// let sums = readings.aggregate("sums", || 0_i64, |_sensor, reading, sum| sum + reading);
    /// sums.to_stream().to("sums-within-a-minute");
    /// ```
    pub fn aggregate<A: Nullable>(
        &self,
        materialized: impl Into<Materialized<K::Present, A::Present>>,
        initial: impl Fn() -> A + Send + Sync + 'static,
        add: impl Fn(&K::Present, V::Present, A) -> A + Send + Sync + 'static,
    ) -> KTable<Windowed<K::Present>, A::Present> {
        let update = move |key: &K::Present, value, row| add(key, value, A::from_option(row)?).into_present();
        let functions = Functions::new(move || initial().into_present(), update);
        self.add_aggregation("KSTREAM-AGGREGATE-", materialized.into(), functions)
    }

    /// [`reduce`](Self::reduce) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record. The row stays as it was.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SlidingWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let minute = SlidingWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// let amounts = builder.stream::<String, i64>("amounts").group_by_key().windowed_by(minute);
    /// amounts.try_reduce("sums", |sum: i64, amount| sum.checked_add(amount).ok_or("the sum is too large"));
    /// ```
    pub fn try_reduce<R: Nullable<Present = V::Present>, E: Into<BoxError>>(
        &self,
        materialized: impl Into<Materialized<K::Present, V::Present>>,
        reduce: impl Fn(V::Present, V::Present) -> Result<R, E> + Send + Sync + 'static,
    ) -> KTable<Windowed<K::Present>, V::Present> {
        let mut materialized = materialized.into();
        materialized.value_serde.get_or_insert_with(|| self.grouped.stream.serdes.value.get());
        let update = move |_: &K::Present, value, row| match row {
            Some(row) => reduce(row, value).map(Nullable::into_present).map_err(Into::into),
            None => Ok(Some(value)),
        };
        self.add_aggregation("KSTREAM-REDUCE-", materialized, Functions::fallible(|| None, update))
    }

    /// [`aggregate`](Self::aggregate) with an `add` that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record. The row stays as it was.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::SlidingWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let minute = SlidingWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// let amounts = builder.stream::<String, String>("amounts").group_by_key().windowed_by(minute);
    /// amounts.try_aggregate("sums", || 0_i64, |_key, text: String, sum| text.parse::<i64>().map(|amount| sum + amount));
    /// ```
    pub fn try_aggregate<A: Nullable, E: Into<BoxError>>(
        &self,
        materialized: impl Into<Materialized<K::Present, A::Present>>,
        initial: impl Fn() -> A + Send + Sync + 'static,
        add: impl Fn(&K::Present, V::Present, A) -> Result<A, E> + Send + Sync + 'static,
    ) -> KTable<Windowed<K::Present>, A::Present> {
        let update = move |key: &K::Present, value, row| {
            let Some(row) = A::from_option(row) else { return Ok(None) };
            add(key, value, row).map(Nullable::into_present).map_err(Into::into)
        };
        let functions = Functions::fallible(move || initial().into_present(), update);
        self.add_aggregation("KSTREAM-AGGREGATE-", materialized.into(), functions)
    }

    fn add_aggregation<A: Data>(
        &self,
        prefix: &'static str,
        materialized: Materialized<K::Present, A>,
        functions: Functions<K::Present, V::Present, A>,
    ) -> KTable<Windowed<K::Present>, A> {
        SlidingPlan { grouped: &self.grouped, windows: self.windows, emit: self.emit }.add(
            prefix,
            materialized,
            functions,
        )
    }
}
