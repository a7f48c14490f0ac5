//! `filter` and `filter_not` on a table.

use std::sync::Arc;

use super::KTable;
use super::map_values::{Map, Rows};
use crate::record::Element;

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
        let keep: Map<K, V, V> = Arc::new(move |key, value| keep(key, &value).then_some(value));
        self.derive("KTABLE-FILTER-", self.serdes.clone(), Rows::LeftOut, keep)
    }

    /// A table of the rows for which `leave_out` is false. Otherwise as [`filter`](Self::filter).
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let stock = builder.table::<String, i64>("stock", "stock");
    /// stock.filter_not(|_item, left| *left > 0).to_stream().to("sold-out");
    /// ```
    pub fn filter_not(&self, leave_out: impl Fn(&K, &V) -> bool + Send + Sync + 'static) -> Self {
        self.filter(move |key, value| !leave_out(key, value))
    }
}
