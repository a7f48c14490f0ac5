//! `group_by` and `group_by_key`.

use millstream_types::Nullable;

use super::KStream;
use crate::dsl::KGroupedStream;
use crate::dsl::grouped::KeySelection;
use crate::record::Element;

impl<K: Element, V: Element> KStream<K, V> {
    /// Groups the records by the key that `select` finds in each, for an aggregation. The stream goes through a
    /// repartition topic; records whose new key is null vanish before it.
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
