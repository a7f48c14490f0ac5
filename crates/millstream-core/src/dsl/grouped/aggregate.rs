//! `aggregate`.

use millstream_types::Nullable;

use super::KGroupedStream;
use super::node::Functions;
use crate::chain::BoxError;
use crate::dsl::KTable;
use crate::options::Materialized;

impl<K: Nullable, V: Nullable> KGroupedStream<K, V> {
    /// Folds the values of each key into an aggregate of another type: `initial` returns the initial one, and `add` takes the
    /// key, a value and the aggregate so far. An `add` that returns an `Option` deletes the row with `None`, and the next
    /// value starts from `initial` again. Records with a null key or value are skipped and counted.
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

    /// [`aggregate`](Self::aggregate) with an `add` that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record. The row stays as it was.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let amounts = builder.stream::<String, String>("amounts").group_by_key();
    /// amounts.try_aggregate("sums", || 0_i64, |_key, text, sum| text.parse::<i64>().map(|amount| sum + amount));
    /// ```
    pub fn try_aggregate<A: Nullable, E: Into<BoxError>>(
        &self,
        materialized: impl Into<Materialized<K::Present, A::Present>>,
        initial: impl Fn() -> A + Send + Sync + 'static,
        add: impl Fn(&K::Present, V::Present, A) -> Result<A, E> + Send + Sync + 'static,
    ) -> KTable<K::Present, A::Present> {
        let update = move |key: &K::Present, value, row| {
            let Some(row) = A::from_option(row) else { return Ok(None) };
            add(key, value, row).map(Nullable::into_present).map_err(Into::into)
        };
        let functions = Functions::fallible(move || initial().into_present(), update);
        self.add_aggregation("KSTREAM-AGGREGATE-", materialized.into(), functions)
    }
}
