//! `reduce`.

use millstream_types::{Data, Nullable};

use super::KGroupedTable;
use super::node::Functions;
use crate::chain::BoxError;
use crate::dsl::KTable;
use crate::options::Materialized;

impl<K: Data, V: Data> KGroupedTable<K, V> {
    /// Combines the values of each group's rows into one. The first value is the initial result; `add` takes the result so far
    /// and the value of a new row, `subtract` the result and the value of a row that is gone. If a row has changed, `subtract` is
    /// called first. A function that returns an `Option` deletes the result with `None`, and the next value is the initial one
    /// again.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let stock = builder.table::<String, i64>("stock", "stock");
    /// let per_shelf = stock.group_by(|item, left| (item.chars().next().map(String::from), left));
    /// per_shelf.reduce("left-per-shelf", |sum, left| sum + left, |sum, left| sum - left).to_stream().to("shelves");
    /// ```
    pub fn reduce<R: Nullable<Present = V>, S: Nullable<Present = V>>(
        &self,
        materialized: impl Into<Materialized<K, V>>,
        add: impl Fn(V, V) -> R + Send + Sync + 'static,
        subtract: impl Fn(V, V) -> S + Send + Sync + 'static,
    ) -> KTable<K, V> {
        let add = move |_: &K, value, row| match row {
            Some(row) => add(row, value).into_present(),
            None => Some(value),
        };
        let subtract = move |_: &K, value, row| subtract(row, value).into_present();
        self.add_reduction(materialized.into(), Functions::new(add, subtract))
    }

    /// [`reduce`](Self::reduce) with functions that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the change. The result stays as it was.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let stock = builder.table::<String, i64>("stock", "stock");
    /// let per_shelf = stock.group_by(|item, left| (item.chars().next().map(String::from), left));
    /// let add = |sum: i64, left: i64| sum.checked_add(left).ok_or("the sum is too large");
    /// let subtract = |sum: i64, left: i64| sum.checked_sub(left).ok_or("the sum is too small");
    /// per_shelf.try_reduce("left-per-shelf", add, subtract);
    /// ```
    pub fn try_reduce<R, S, E>(
        &self,
        materialized: impl Into<Materialized<K, V>>,
        add: impl Fn(V, V) -> Result<R, E> + Send + Sync + 'static,
        subtract: impl Fn(V, V) -> Result<S, E> + Send + Sync + 'static,
    ) -> KTable<K, V>
    where
        R: Nullable<Present = V>,
        S: Nullable<Present = V>,
        E: Into<BoxError>,
    {
        let add = move |_: &K, value, row| match row {
            Some(row) => add(row, value).map(Nullable::into_present).map_err(Into::into),
            None => Ok(Some(value)),
        };
        let subtract = move |_: &K, value, row| subtract(row, value).map(Nullable::into_present).map_err(Into::into);
        self.add_reduction(materialized.into(), Functions::fallible(add, subtract))
    }

    fn add_reduction(&self, mut materialized: Materialized<K, V>, functions: Functions<K, V, V>) -> KTable<K, V> {
        materialized.value_serde.get_or_insert_with(|| self.serdes.value.get());
        self.add_aggregation("KTABLE-REDUCE-", materialized, functions)
    }
}
