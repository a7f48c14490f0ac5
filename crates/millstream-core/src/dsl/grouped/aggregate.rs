//! `aggregate`.

use millstream_types::Nullable;

use super::KGroupedStream;
use super::node::Functions;
use crate::dsl::KTable;
use crate::options::Materialized;

impl<K: Nullable, V: Nullable> KGroupedStream<K, V> {
    /// Folds the values of each key into an aggregate of another type: `initial` makes the first one, `add` takes the
    /// key, a value and the aggregate so far. An `add` that returns an `Option` deletes the row with `None`, and the next
    /// value begins anew. Records with a null key or value are left out and counted.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder
    ///     .stream::<String, String>("texts")
    ///     .group_by_key()
    ///     .aggregate("lengths", || 0_i64, |_key, text, sum| sum + text.len() as i64)
    ///     .to_stream()
    ///     .to("total-lengths");
    /// ```
    pub fn aggregate<A: Nullable>(
        &self,
        materialized: impl Into<Materialized<K::Present, A::Present>>,
        initial: impl Fn() -> A + Send + Sync + 'static,
        add: impl Fn(&K::Present, V::Present, A) -> A + Send + Sync + 'static,
    ) -> KTable<K::Present, A::Present> {
        let update = move |key: &K::Present, value, row| add(key, value, A::from_option(row)?).into_present();
        let functions = Functions::new(move || initial().into_present(), update);
        self.add_aggregation("KSTREAM-AGGREGATE-", materialized.into(), functions)
    }
}
