//! `reduce`.

use millstream_types::Nullable;

use super::KGroupedStream;
use super::node::Functions;
use crate::dsl::KTable;
use crate::options::Materialized;

impl<K: Nullable, V: Nullable> KGroupedStream<K, V> {
    /// Combines the values of each key into one: the first as it is, each further one by `reduce`, which gets the result
    /// so far and the value. A reducer that returns an `Option` deletes the row with `None`, and the next value begins
    /// anew. Records with a null key or value are left out and counted.
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
}
