//! The methods of a table.

use std::convert::Infallible;
use std::sync::Arc;

use millstream_types::Data;

use super::ForeignKeyed;
use super::kind::JoinKind;
use crate::chain::BoxError;
use crate::dsl::table::KTable;
use crate::options::Joined;

impl<K: Data, V: Data> KTable<K, V> {
    /// Joins each row with the row of another table whose key is its foreign key, which [`by`](Self::by) says. A change of either table
    /// gives new rows, or deletes them. Rows without a foreign key, or without a row of that key, have no result; those without a
    /// foreign key are skipped and counted.
    ///
    /// The two tables may have any numbers of partitions: changes go through two topics of the join, so a result comes a while
    /// after the change. Results of rows that have changed meanwhile are skipped and counted. Both tables are kept in
    /// stores, or the tables above them that have one. When a row is deleted or has another foreign key, its result is deleted, also if
    /// there was none, as in Kafka Streams.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let users = builder.table::<String, String>("users", "users");
    /// let orders = builder.table::<i64, String>("orders", "orders");
    /// let by_user = users.by(|_id: &i64, order: &String| order.split(':').next().map(str::to_owned));
    /// let named = orders.join_foreign(by_user, |_id, order, user| format!("{user}: {order}"));
    /// named.materialized("named-orders").to_stream().to("named-orders");
    /// ```
    pub fn join_foreign<F: Data, T: Data, R: Data>(
        &self,
        other: impl Into<Joined<ForeignKeyed<K, V, F, T>>>,
        join: impl Fn(&K, &V, &T) -> R + Send + Sync + 'static,
    ) -> KTable<K, R> {
        self.try_join_foreign(other, move |key, value, row| Ok::<_, Infallible>(join(key, value, row)))
    }

    /// [`join_foreign`](Self::join_foreign) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, the node that resolves responses and the error's sources, and
    /// decides whether the task stops or skips the result. The row that was computed before stays.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let prices = builder.table::<String, i64>("prices", "prices");
    /// let orders = builder.table::<i64, i64>("orders", "orders");
    /// let by_item = prices.by(|id: &i64, _count: &i64| format!("item-{}", id % 10));
    /// orders.try_join_foreign(by_item, |_id, count, price| count.checked_mul(*price).ok_or("too large")).to_stream().to("totals");
    /// ```
    pub fn try_join_foreign<F: Data, T: Data, R: Data, E: Into<BoxError>>(
        &self,
        other: impl Into<Joined<ForeignKeyed<K, V, F, T>>>,
        join: impl Fn(&K, &V, &T) -> Result<R, E> + Send + Sync + 'static,
    ) -> KTable<K, R> {
        let join = move |key: &K, value: &V, row: Option<&T>| {
            row.map(|row| join(key, value, row).map_err(Into::into)).transpose()
        };
        self.join_by_foreign_key(other.into(), JoinKind::Inner, Arc::new(join))
    }

    /// Joins each row with the row of another table whose key is its foreign key, if there is one. Rows without a foreign key have a
    /// result, too. Otherwise it is like [`join_foreign`](Self::join_foreign).
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let users = builder.table::<String, String>("users", "users");
    /// let orders = builder.table::<i64, String>("orders", "orders");
    /// let by_user = users.by(|_id: &i64, order: &String| order.split(':').next().map(str::to_owned));
    /// let name = |_id: &i64, order: &String, user: Option<&String>| format!("{}: {order}", user.map_or("somebody", |user| user));
    /// orders.left_join_foreign(by_user, name).to_stream().to("named-orders");
    /// ```
    pub fn left_join_foreign<F: Data, T: Data, R: Data>(
        &self,
        other: impl Into<Joined<ForeignKeyed<K, V, F, T>>>,
        join: impl Fn(&K, &V, Option<&T>) -> R + Send + Sync + 'static,
    ) -> KTable<K, R> {
        self.try_left_join_foreign(other, move |key, value, row| Ok::<_, Infallible>(join(key, value, row)))
    }

    /// [`left_join_foreign`](Self::left_join_foreign) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, the node that resolves responses and the error's sources, and
    /// decides whether the task stops or skips the result. The row that was computed before stays.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let prices = builder.table::<String, i64>("prices", "prices");
    /// let orders = builder.table::<i64, i64>("orders", "orders");
    /// let by_item = prices.by(|id: &i64, _count: &i64| format!("item-{}", id % 10));
    /// let total = |_id: &i64, count: &i64, price: Option<&i64>| count.checked_mul(*price.unwrap_or(&1)).ok_or("too large");
    /// orders.try_left_join_foreign(by_item, total).to_stream().to("totals");
    /// ```
    pub fn try_left_join_foreign<F: Data, T: Data, R: Data, E: Into<BoxError>>(
        &self,
        other: impl Into<Joined<ForeignKeyed<K, V, F, T>>>,
        join: impl Fn(&K, &V, Option<&T>) -> Result<R, E> + Send + Sync + 'static,
    ) -> KTable<K, R> {
        let join = move |key: &K, value: &V, row: Option<&T>| join(key, value, row).map(Some).map_err(Into::into);
        self.join_by_foreign_key(other.into(), JoinKind::Left, Arc::new(join))
    }
}
