//! `reduce`.

use millstream_types::Nullable;

use super::KGroupedStream;
use super::node::Functions;
use crate::chain::BoxError;
use crate::dsl::KTable;
use crate::options::Materialized;

impl<K: Nullable, V: Nullable> KGroupedStream<K, V> {
    /// Combines the values of each key into one. The first value is the initial result; `reduce` takes the result so far and a
    /// further value. A `reduce` that returns an `Option` deletes the row with `None`, and the next value is the initial
    /// result again. Records with a null key or value are skipped and counted.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let latest = builder.stream::<String, i64>("readings").group_by_key().reduce("highest", |a, b| a.max(b));
    /// latest.to_stream().to("highest-readings");
    /// ```
    pub fn reduce<R: Nullable<Present = V::Present>>(
        &self,
        materialized: impl Into<Materialized<K::Present, V::Present>>,
        reduce: impl Fn(V::Present, V::Present) -> R + Send + Sync + 'static,
    ) -> KTable<K::Present, V::Present> {
        let mut materialized = materialized.into();
        materialized.value_serde.get_or_insert_with(|| self.stream.serdes.value.get());
        let update = move |_: &K::Present, value, row| match row {
            Some(row) => reduce(row, value).into_present(),
            None => Some(value),
        };
        self.add_aggregation("KSTREAM-REDUCE-", materialized, Functions::new(|| None, update))
    }

    /// [`reduce`](Self::reduce) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record. The row stays as it was.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let amounts = builder.stream::<String, i64>("amounts").group_by_key();
    /// amounts.try_reduce("sums", |sum: i64, amount| sum.checked_add(amount).ok_or("the sum is too large"));
    /// ```
    pub fn try_reduce<R: Nullable<Present = V::Present>, E: Into<BoxError>>(
        &self,
        materialized: impl Into<Materialized<K::Present, V::Present>>,
        reduce: impl Fn(V::Present, V::Present) -> Result<R, E> + Send + Sync + 'static,
    ) -> KTable<K::Present, V::Present> {
        let mut materialized = materialized.into();
        materialized.value_serde.get_or_insert_with(|| self.stream.serdes.value.get());
        let update = move |_: &K::Present, value, row| match row {
            Some(row) => reduce(row, value).map(Nullable::into_present).map_err(Into::into),
            None => Ok(Some(value)),
        };
        self.add_aggregation("KSTREAM-REDUCE-", materialized, Functions::fallible(|| None, update))
    }
}
