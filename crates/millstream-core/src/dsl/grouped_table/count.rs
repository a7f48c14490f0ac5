//! `count`.

use millstream_types::Data;

use super::KGroupedTable;
use super::node::Functions;
use crate::dsl::KTable;
use crate::options::Materialized;

impl<K: Data, V: Data> KGroupedTable<K, V> {
    /// Counts the present rows of each group. The count of a group that has lost its last row is 0.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let cities = builder.table::<String, String>("cities-of-users", "cities");
    /// cities.group_by(|user, city| (city, user.clone())).count("users-per-city").to_stream().to("populations");
    /// ```
    pub fn count(&self, materialized: impl Into<Materialized<K, i64>>) -> KTable<K, i64> {
        let add = |_: &K, _: V, count: Option<i64>| Some(count.unwrap_or(0).saturating_add(1));
        let subtract = |_: &K, _: V, count: i64| Some(count.saturating_sub(1));
        self.add_aggregation("KTABLE-AGGREGATE-", materialized.into(), Functions::new(add, subtract))
    }
}
