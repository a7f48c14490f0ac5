//! The methods of a table.

use std::convert::Infallible;
use std::sync::Arc;

use super::plan::JoinKind;
use crate::chain::BoxError;
use crate::dsl::table::KTable;
use crate::options::Joined;
use crate::record::Element;

impl<K: Element, V: Element> KTable<K, V> {
    /// A table of the keys that have a row in both tables, with the results of `join`. A change of either table gives a new
    /// row, or deletes it, with the later of the two times.
    ///
    /// Both tables must have the same number of partitions. Each of them is kept in a store, or the tables above it that have
    /// one. The delete of a row whose key has a row in the other table is forwarded as often as it comes, as in Kafka Streams.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let names = builder.table::<String, String>("names", "names");
    /// let cities = builder.table::<String, String>("cities", "cities");
    /// names.join(&cities, |_id, name, city| format!("{name} of {city}")).to_stream().to("people");
    /// ```
    pub fn join<T: Element, R: Element>(
        &self,
        other: impl Into<Joined<KTable<K, T>>>,
        join: impl Fn(&K, &V, &T) -> R + Send + Sync + 'static,
    ) -> KTable<K, R> {
        self.try_join(other, move |key, value, row| Ok::<_, Infallible>(join(key, value, row)))
    }

    /// [`join`](Self::join) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, the node of the side that changed and the error's sources, and
    /// decides whether the task stops or skips the change. The row that was computed before stays.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let prices = builder.table::<String, i64>("prices", "prices");
    /// let stock = builder.table::<String, i64>("stock", "stock");
    /// prices.try_join(&stock, |_item, price, left| price.checked_mul(*left).ok_or("too large")).to_stream().to("worth");
    /// ```
    pub fn try_join<T: Element, R: Element, E: Into<BoxError>>(
        &self,
        other: impl Into<Joined<KTable<K, T>>>,
        join: impl Fn(&K, &V, &T) -> Result<R, E> + Send + Sync + 'static,
    ) -> KTable<K, R> {
        let join = move |key: &K, value: Option<&V>, row: Option<&T>| match (value, row) {
            (Some(value), Some(row)) => join(key, value, row).map(Some).map_err(Into::into),
            _ => Ok(None),
        };
        self.join_table(other.into(), JoinKind::Inner, Arc::new(join))
    }

    /// A table of the keys of this table, with the results of `join`, which gets the row of the other table if there is one.
    /// Otherwise it is like [`join`](Self::join).
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let names = builder.table::<String, String>("names", "names");
    /// let cities = builder.table::<String, String>("cities", "cities");
    /// let of = |_id: &String, name: &String, city: Option<&String>| match city {
    ///     Some(city) => format!("{name} of {city}"),
    ///     None => name.clone(),
    /// };
    /// names.left_join(&cities, of).to_stream().to("people");
    /// ```
    pub fn left_join<T: Element, R: Element>(
        &self,
        other: impl Into<Joined<KTable<K, T>>>,
        join: impl Fn(&K, &V, Option<&T>) -> R + Send + Sync + 'static,
    ) -> KTable<K, R> {
        self.try_left_join(other, move |key, value, row| Ok::<_, Infallible>(join(key, value, row)))
    }

    /// [`left_join`](Self::left_join) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, the node of the side that changed and the error's sources, and
    /// decides whether the task stops or skips the change. The row that was computed before stays.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let prices = builder.table::<String, i64>("prices", "prices");
    /// let stock = builder.table::<String, i64>("stock", "stock");
    /// let worth = |_item: &String, price: &i64, left: Option<&i64>| price.checked_mul(*left.unwrap_or(&0)).ok_or("too large");
    /// prices.try_left_join(&stock, worth).to_stream().to("worth");
    /// ```
    pub fn try_left_join<T: Element, R: Element, E: Into<BoxError>>(
        &self,
        other: impl Into<Joined<KTable<K, T>>>,
        join: impl Fn(&K, &V, Option<&T>) -> Result<R, E> + Send + Sync + 'static,
    ) -> KTable<K, R> {
        let join = move |key: &K, value: Option<&V>, row: Option<&T>| {
            value.map(|value| join(key, value, row).map_err(Into::into)).transpose()
        };
        self.join_table(other.into(), JoinKind::Left, Arc::new(join))
    }

    /// A table of the keys that have a row in at least one of the tables, with the results of `join`, which gets the rows that
    /// there are. Otherwise it is like [`join`](Self::join).
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let sold = builder.table::<String, i64>("sold", "sold");
    /// let returned = builder.table::<String, i64>("returned", "returned");
    /// let balance = |_item: &String, sold: Option<&i64>, returned: Option<&i64>| sold.unwrap_or(&0) - returned.unwrap_or(&0);
    /// sold.outer_join(&returned, balance).to_stream().to("balance");
    /// ```
    pub fn outer_join<T: Element, R: Element>(
        &self,
        other: impl Into<Joined<KTable<K, T>>>,
        join: impl Fn(&K, Option<&V>, Option<&T>) -> R + Send + Sync + 'static,
    ) -> KTable<K, R> {
        self.try_outer_join(other, move |key, value, row| Ok::<_, Infallible>(join(key, value, row)))
    }

    /// [`outer_join`](Self::outer_join) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, the node of the side that changed and the error's sources, and
    /// decides whether the task stops or skips the change. The row that was computed before stays.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let sold = builder.table::<String, i64>("sold", "sold");
    /// let returned = builder.table::<String, i64>("returned", "returned");
    /// let balance = |_item: &String, sold: Option<&i64>, returned: Option<&i64>| {
    ///     sold.unwrap_or(&0).checked_sub(*returned.unwrap_or(&0)).ok_or("too large")
    /// };
    /// sold.try_outer_join(&returned, balance).to_stream().to("balance");
    /// ```
    pub fn try_outer_join<T: Element, R: Element, E: Into<BoxError>>(
        &self,
        other: impl Into<Joined<KTable<K, T>>>,
        join: impl Fn(&K, Option<&V>, Option<&T>) -> Result<R, E> + Send + Sync + 'static,
    ) -> KTable<K, R> {
        let join = move |key: &K, value: Option<&V>, row: Option<&T>| match (value, row) {
            (None, None) => Ok(None),
            _ => join(key, value, row).map(Some).map_err(Into::into),
        };
        self.join_table(other.into(), JoinKind::Outer, Arc::new(join))
    }
}
