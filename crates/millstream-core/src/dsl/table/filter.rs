//! `filter` and `filter_not` on a table.

use std::convert::Infallible;
use std::sync::Arc;

use super::KTable;
use super::map_values::{Map, Rows};
use crate::chain::BoxError;
use crate::record::Element;

impl<K: Element, V: Element> KTable<K, V> {
    /// A table of the rows for which `keep` returns `true`. A row that no longer matches is deleted. If neither this table nor one
    /// above it has a store, deletes are forwarded also for rows that never matched, as in Kafka Streams.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let stock = builder.table::<String, i64>("stock", "stock");
    /// stock.filter(|_item, left| *left > 0).to_stream().to("available");
    /// ```
    pub fn filter(&self, keep: impl Fn(&K, &V) -> bool + Send + Sync + 'static) -> Self {
        self.try_filter(move |key, value| Ok::<_, Infallible>(keep(key, value)))
    }

    /// [`filter`](Self::filter) with a predicate that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the change. The row that was computed before stays.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let stock = builder.table::<String, String>("stock", "stock");
    /// stock.try_filter(|_item, left| left.parse::<i64>().map(|left| left > 0)).to_stream().to("available");
    /// ```
    pub fn try_filter<E: Into<BoxError>>(
        &self,
        keep: impl Fn(&K, &V) -> Result<bool, E> + Send + Sync + 'static,
    ) -> Self {
        let keep: Map<K, V, V> = Arc::new(move |key, value| {
            let keeps = keep(key, &value).map_err(Into::into)?;
            Ok(keeps.then_some(value))
        });
        self.derive("KTABLE-FILTER-", self.serdes.clone(), Rows::LeftOut, keep)
    }

    /// A table of the rows for which `leave_out` returns `false`. Otherwise it is like [`filter`](Self::filter).
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

    /// [`filter_not`](Self::filter_not) with a predicate that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the change. The row that was computed before stays.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let stock = builder.table::<String, String>("stock", "stock");
    /// stock.try_filter_not(|_item, left| left.parse::<i64>().map(|left| left > 0)).to_stream().to("sold-out");
    /// ```
    pub fn try_filter_not<E: Into<BoxError>>(
        &self,
        leave_out: impl Fn(&K, &V) -> Result<bool, E> + Send + Sync + 'static,
    ) -> Self {
        self.try_filter(move |key, value| leave_out(key, value).map(|leaves_out| !leaves_out))
    }
}
