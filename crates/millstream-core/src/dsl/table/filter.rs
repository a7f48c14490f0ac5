//! `filter` and `filter_not` on a table.

use super::KTable;
use crate::Element;

impl<K: Element, V: Element> KTable<K, V> {
    /// A table of the rows for which `keep` is true; a row that no longer meets it is deleted. If neither this table nor
    /// one above it has a store by now, a delete is forwarded also for rows that were never there, as Kafka Streams does.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let stock = builder.table::<String, i64>("stock", "stock");
    /// stock.filter(|_item, left| *left > 0).to_stream().to("available");
    /// ```
    pub fn filter(&self, keep: impl Fn(&K, &V) -> bool + Send + Sync + 'static) -> Self {
        self.derive("KTABLE-FILTER-", self.serdes.clone(), true, move |key, value| keep(key, &value).then_some(value))
    }

    /// A table of the rows for which `leave_out` is false.
    pub fn filter_not(&self, leave_out: impl Fn(&K, &V) -> bool + Send + Sync + 'static) -> Self {
        self.filter(move |key, value| !leave_out(key, value))
    }
}
