//! `map`.

use std::sync::Arc;

use super::KStream;
use crate::chain::{Context, Downstream, Node};
use crate::options::CarriedSerdes;
use crate::record::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Makes of each record one with another key and value. Time and headers stay.
    ///
    /// Since the key may change, grouping or joining what follows goes through a repartition topic;
    /// [`map_values`](Self::map_values) does not need one.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, String>("by-id").map(|id, name| (name, id)).to("by-name");
    /// ```
    pub fn map<K2: Element, V2: Element>(
        &self,
        map: impl Fn(K, V) -> (K2, V2) + Send + Sync + 'static,
    ) -> KStream<K2, V2> {
        let map: Function<K, V, K2, V2> = Arc::new(map);
        let node = self.changing_keys("KSTREAM-MAP-", move |children| Map { map: Arc::clone(&map), children });
        self.next(node, CarriedSerdes::own())
    }
}

type Function<K, V, K2, V2> = Arc<dyn Fn(K, V) -> (K2, V2) + Send + Sync>;

struct Map<K, V, K2, V2> {
    map: Function<K, V, K2, V2>,
    children: Downstream<K2, V2>,
}

impl<K: Element, V: Element, K2: Element, V2: Element> Node<K, V> for Map<K, V, K2, V2> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let (key, value) = (self.map)(record.key, record.value);
        self.children.forward(context, Record { key, value, timestamp: record.timestamp, headers: record.headers });
    }
}
