//! `group_by` and `group_by_key`.

use millstream_types::Nullable;

use super::KStream;
use crate::chain::BoxError;
use crate::dsl::KGroupedStream;
use crate::dsl::grouped::KeySelection;
use crate::record::Element;

impl<K: Element, V: Element> KStream<K, V> {
    /// Groups the records by the key that `select` returns, for an aggregation. The stream goes through a repartition topic.
    /// Records whose new key is null are dropped before it.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<(), String>("words").group_by(|_, word| word.clone()).count("counts");
    /// ```
    pub fn group_by<K2: Nullable>(&self, select: impl Fn(&K, &V) -> K2 + Send + Sync + 'static) -> KGroupedStream<K2, V>
    where
        V: Nullable,
    {
        self.graph.require_keys::<K2>("group_by");
        KGroupedStream::new(self.select_key(select), KeySelection::ByGroup)
    }

    /// [`group_by`](Self::group_by) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let orders = builder.stream::<(), String>("orders");
    /// let customer = |_: &(), order: &String| order.split(':').next().ok_or("no customer").map(str::to_owned);
    /// orders.try_group_by(customer).count("orders-per-customer");
    /// ```
    pub fn try_group_by<K2: Nullable, E: Into<BoxError>>(
        &self,
        select: impl Fn(&K, &V) -> Result<K2, E> + Send + Sync + 'static,
    ) -> KGroupedStream<K2, V>
    where
        V: Nullable,
    {
        self.graph.require_keys::<K2>("try_group_by");
        KGroupedStream::new(self.try_select_key(select), KeySelection::ByGroup)
    }

    /// Groups the records by their key, for an aggregation. If an operator before may have changed the key, the stream
    /// goes through a repartition topic.
    ///
    /// A stream with `()` keys has no key to group by; building such a topology fails.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, String>("clicks").group_by_key().count("clicks-per-user");
    /// ```
    pub fn group_by_key(&self) -> KGroupedStream<K, V>
    where
        K: Nullable,
        V: Nullable,
    {
        self.graph.require_keys::<K>("group_by_key");
        KGroupedStream::new(self.clone(), KeySelection::Before)
    }
}
