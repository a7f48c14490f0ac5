//! `aggregate`.

use millstream_types::{Data, Nullable};

use super::KGroupedTable;
use super::node::Functions;
use crate::chain::BoxError;
use crate::dsl::KTable;
use crate::options::Materialized;

impl<K: Data, V: Data> KGroupedTable<K, V> {
    /// Folds the values of each group's rows into an aggregate of another type: `initial` returns the initial one, `add` takes the key,
    /// the value of a new row and the aggregate so far, `subtract` the key, the value of a row that is gone and the aggregate. If a
    /// row has changed, `subtract` is called first. Functions that return an `Option` delete the aggregate with `None`, and the
    /// next value starts from `initial` again.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let texts = builder.table::<String, String>("texts", "texts");
    /// let per_author = texts.group_by(|_id, text| (text.split(':').next().map(str::to_owned), text));
    /// per_author
    ///     .aggregate(
    ///         "lengths",
    ///         || 0_i64,
    ///         |_author, text, sum| sum + text.len() as i64,
    ///         |_author, text, sum| sum - text.len() as i64,
    ///     )
    ///     .to_stream()
    ///     .to("lengths-per-author");
    /// ```
    pub fn aggregate<A: Nullable>(
        &self,
        materialized: impl Into<Materialized<K, A::Present>>,
        initial: impl Fn() -> A + Send + Sync + 'static,
        add: impl Fn(&K, V, A) -> A + Send + Sync + 'static,
        subtract: impl Fn(&K, V, A) -> A + Send + Sync + 'static,
    ) -> KTable<K, A::Present> {
        let add = move |key: &K, value, row: Option<A::Present>| {
            add(key, value, row.map_or_else(&initial, A::from_present)).into_present()
        };
        let subtract = move |key: &K, value, row| subtract(key, value, A::from_present(row)).into_present();
        self.add_aggregation("KTABLE-AGGREGATE-", materialized.into(), Functions::new(add, subtract))
    }

    /// [`aggregate`](Self::aggregate) with functions that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the change. The aggregate stays as it was.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let amounts = builder.table::<String, String>("amounts", "amounts");
    /// let per_shop = amounts.group_by(|order, amount| (order.split('-').next().map(str::to_owned), amount));
    /// let add = |_shop: &String, amount: String, sum: i64| amount.parse::<i64>().map(|amount| sum + amount);
    /// let subtract = |_shop: &String, amount: String, sum: i64| amount.parse::<i64>().map(|amount| sum - amount);
    /// per_shop.try_aggregate("sums", || 0, add, subtract);
    /// ```
    pub fn try_aggregate<A: Nullable, E: Into<BoxError>>(
        &self,
        materialized: impl Into<Materialized<K, A::Present>>,
        initial: impl Fn() -> A + Send + Sync + 'static,
        add: impl Fn(&K, V, A) -> Result<A, E> + Send + Sync + 'static,
        subtract: impl Fn(&K, V, A) -> Result<A, E> + Send + Sync + 'static,
    ) -> KTable<K, A::Present> {
        let add = move |key: &K, value, row: Option<A::Present>| {
            let row = row.map_or_else(&initial, A::from_present);
            add(key, value, row).map(Nullable::into_present).map_err(Into::into)
        };
        let subtract = move |key: &K, value, row| {
            subtract(key, value, A::from_present(row)).map(Nullable::into_present).map_err(Into::into)
        };
        self.add_aggregation("KTABLE-AGGREGATE-", materialized.into(), Functions::fallible(add, subtract))
    }
}
