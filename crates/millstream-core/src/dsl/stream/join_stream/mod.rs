//! `join_stream`, `left_join_stream` and `outer_join_stream`: joins of two streams by key and time.
//!
//! Each side has a node that keeps its records ([`window`]) and one that looks for matches in the other side's store ([`join`]).
//! In left and outer joins a third store has the records without a match, until their time is over ([`unmatched`]).

mod join;
mod kind;
mod names;
mod plan;
mod self_join;
mod stores;
mod unmatched;
mod unmatched_rows;
mod window;

use std::convert::Infallible;
use std::sync::Arc;

use millstream_types::Nullable;

use self::kind::JoinKind;
use self::plan::join_streams;
use super::KStream;
use crate::chain::BoxError;
use crate::join_windows::JoinWindows;
use crate::options::{Joined, StreamWithin};
use crate::record::Element;

/// An error that no input can cause.
const NO_VALUE: &str = "a join was called without the value of a side that always has one; please report this";

impl<K, V> KStream<K, V> {
    /// This stream as the right side of a join: its records match those of the left stream that are not farther away than
    /// `windows` say. The result takes the options of the join.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::JoinWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let payments = builder.stream::<String, i64>("payments");
    /// let hour = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(3_600));
    /// let within_an_hour = payments.within(hour);
    /// ```
    #[must_use]
    pub fn within(&self, windows: JoinWindows) -> StreamWithin<Self> {
        StreamWithin::new(self.clone(), windows)
    }

    /// Joins two streams: each pair of records with the same key whose times are close enough gives a result, whichever of the
    /// two comes first. The time of a result is the later one of the pair. Records with a null key or value are skipped and
    /// counted.
    ///
    /// A record that is so late that its window's retention (the window's length and grace) has passed finds fewer matches or
    /// none, and is not kept; then it is counted as `late_for_window`.
    ///
    /// Both topics must have the same number of partitions. A stream whose keys an operator before may have changed goes through
    /// a repartition topic. A stream can be joined with itself.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::JoinWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let orders = builder.stream::<String, String>("orders");
    /// let payments = builder.stream::<String, i64>("payments");
    /// let hour = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(3_600));
    /// orders.join_stream(payments.within(hour), |_id, order, amount| format!("{order}: {amount}")).to("paid-orders");
    /// # builder.build()?;
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn join_stream<V2: Nullable, V3: Element>(
        &self,
        other: impl Into<Joined<StreamWithin<KStream<K, V2>>>>,
        join: impl Fn(&K, &V::Present, &V2::Present) -> V3 + Send + Sync + 'static,
    ) -> KStream<K, V3>
    where
        K: Nullable,
        V: Nullable,
    {
        self.try_join_stream(other, move |key, left, right| Ok::<_, Infallible>(join(key, left, right)))
    }

    /// [`join_stream`](Self::join_stream) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops, or skips the rest of the record's results.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let prices = builder.stream::<String, i64>("prices");
    /// let counts = builder.stream::<String, i64>("counts");
    /// let minute = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// let total = |_item: &String, price: &i64, count: &i64| price.checked_mul(*count).ok_or("the total is too large");
    /// prices.try_join_stream(counts.within(minute), total).to("totals");
    /// ```
    pub fn try_join_stream<V2: Nullable, V3: Element, E: Into<BoxError>>(
        &self,
        other: impl Into<Joined<StreamWithin<KStream<K, V2>>>>,
        join: impl Fn(&K, &V::Present, &V2::Present) -> Result<V3, E> + Send + Sync + 'static,
    ) -> KStream<K, V3>
    where
        K: Nullable,
        V: Nullable,
    {
        let join = move |key: &K, left: Option<&V::Present>, right: Option<&V2::Present>| match (left, right) {
            (Some(left), Some(right)) => join(key, left, right).map_err(Into::into),
            _ => Err(NO_VALUE.into()),
        };
        join_streams(self, other.into(), JoinKind::Inner, Arc::new(join))
    }

    /// Joins two streams, and keeps the records of the left one that have no match. Otherwise it is like
    /// [`join_stream`](Self::join_stream).
    ///
    /// A record without a match is forwarded when stream time has passed its window and the grace period, with its own time and
    /// the headers of the record that is processed then. This happens when a record of either side comes that is not out of
    /// order, at most once per emit interval (1 s of the wall clock; in the test driver 0). A left record with a null key has no
    /// match, and is forwarded at once.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::JoinWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let orders = builder.stream::<String, String>("orders");
    /// let payments = builder.stream::<String, i64>("payments");
    /// let (hour, minute) = (Duration::from_secs(3_600), Duration::from_secs(60));
    /// let windows = JoinWindows::of_time_difference_and_grace(hour, minute);
    /// let state = |_id: &String, order: &String, amount: Option<&i64>| {
    ///     if amount.is_some() { format!("{order} is paid") } else { format!("{order} is not paid") }
    /// };
    /// orders.left_join_stream(payments.within(windows), state).to("states");
    /// # builder.build()?;
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn left_join_stream<V2: Nullable, V3: Element>(
        &self,
        other: impl Into<Joined<StreamWithin<KStream<K, V2>>>>,
        join: impl Fn(&K, &V::Present, Option<&V2::Present>) -> V3 + Send + Sync + 'static,
    ) -> KStream<K, V3>
    where
        K: Nullable,
        V: Nullable,
    {
        self.try_left_join_stream(other, move |key, left, right| Ok::<_, Infallible>(join(key, left, right)))
    }

    /// [`left_join_stream`](Self::left_join_stream) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops, or skips the rest of the record's results. If it fails for a record without a match, that record is skipped.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let prices = builder.stream::<String, i64>("prices");
    /// let counts = builder.stream::<String, i64>("counts");
    /// let minute = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// let total = |_item: &String, price: &i64, count: Option<&i64>| {
    ///     price.checked_mul(*count.unwrap_or(&1)).ok_or("the total is too large")
    /// };
    /// prices.try_left_join_stream(counts.within(minute), total).to("totals");
    /// ```
    pub fn try_left_join_stream<V2: Nullable, V3: Element, E: Into<BoxError>>(
        &self,
        other: impl Into<Joined<StreamWithin<KStream<K, V2>>>>,
        join: impl Fn(&K, &V::Present, Option<&V2::Present>) -> Result<V3, E> + Send + Sync + 'static,
    ) -> KStream<K, V3>
    where
        K: Nullable,
        V: Nullable,
    {
        let join = move |key: &K, left: Option<&V::Present>, right: Option<&V2::Present>| match left {
            Some(left) => join(key, left, right).map_err(Into::into),
            None => Err(NO_VALUE.into()),
        };
        join_streams(self, other.into(), JoinKind::Left, Arc::new(join))
    }

    /// Joins two streams, and keeps the records of both that have no match, as [`left_join_stream`](Self::left_join_stream)
    /// does those of the left one. The joiner gets at least one of the two values.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::JoinWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let orders = builder.stream::<String, String>("orders");
    /// let payments = builder.stream::<String, i64>("payments");
    /// let hour = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(3_600));
    /// let state = |_id: &String, order: Option<&String>, amount: Option<&i64>| match (order, amount) {
    ///     (Some(order), Some(_)) => format!("{order} is paid"),
    ///     (Some(order), None) => format!("{order} is not paid"),
    ///     (None, _) => "a payment without an order".to_owned(),
    /// };
    /// orders.outer_join_stream(payments.within(hour), state).to("states");
    /// # builder.build()?;
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn outer_join_stream<V2: Nullable, V3: Element>(
        &self,
        other: impl Into<Joined<StreamWithin<KStream<K, V2>>>>,
        join: impl Fn(&K, Option<&V::Present>, Option<&V2::Present>) -> V3 + Send + Sync + 'static,
    ) -> KStream<K, V3>
    where
        K: Nullable,
        V: Nullable,
    {
        self.try_outer_join_stream(other, move |key, left, right| Ok::<_, Infallible>(join(key, left, right)))
    }

    /// [`outer_join_stream`](Self::outer_join_stream) with a function that may fail, as in
    /// [`try_left_join_stream`](Self::try_left_join_stream).
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let bought = builder.stream::<String, i64>("bought");
    /// let sold = builder.stream::<String, i64>("sold");
    /// let minute = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// let change = |_item: &String, bought: Option<&i64>, sold: Option<&i64>| {
    ///     bought.unwrap_or(&0).checked_sub(*sold.unwrap_or(&0)).ok_or("the change is too large")
    /// };
    /// bought.try_outer_join_stream(sold.within(minute), change).to("changes");
    /// ```
    pub fn try_outer_join_stream<V2: Nullable, V3: Element, E: Into<BoxError>>(
        &self,
        other: impl Into<Joined<StreamWithin<KStream<K, V2>>>>,
        join: impl Fn(&K, Option<&V::Present>, Option<&V2::Present>) -> Result<V3, E> + Send + Sync + 'static,
    ) -> KStream<K, V3>
    where
        K: Nullable,
        V: Nullable,
    {
        let join = move |key: &K, left: Option<&V::Present>, right: Option<&V2::Present>| {
            join(key, left, right).map_err(Into::into)
        };
        join_streams(self, other.into(), JoinKind::Outer, Arc::new(join))
    }
}
