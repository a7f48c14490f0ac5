//! `count`.

use millstream_types::Nullable;

use super::KGroupedStream;
use super::node::Functions;
use crate::dsl::KTable;
use crate::graph::GraphRef;
use crate::options::Materialized;

impl<K: Nullable, V: Nullable> KGroupedStream<K, V> {
    /// Counts the records of each key. Records with a null key or value are skipped and counted as dropped.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, String>("clicks").group_by_key().count("clicks-per-user").to_stream().to("counts");
    /// ```
    pub fn count(&self, materialized: impl Into<Materialized<K::Present, i64>>) -> KTable<K::Present, i64> {
        let count = |_: &K::Present, _: V::Present, count: Option<i64>| count.map(|count| count.saturating_add(1));
        let materialized = materialized.into();
        use_up_number(&self.stream.graph, &materialized);
        self.add_aggregation("KSTREAM-AGGREGATE-", materialized, Functions::new(|| Some(0), count))
    }
}

/// Uses up a number for generated names where Kafka Streams' `count(Materialized)` does: if the store has no name, but options. Counts of
/// sliding windows do not.
pub(super) fn use_up_number<K, V>(graph: &GraphRef, materialized: &Materialized<K, V>) {
    if materialized.is_unnamed_with_options() {
        graph.generate("KSTREAM-AGGREGATE-STATE-STORE-");
    }
}
