//! `map_values`.

use std::sync::Arc;

use super::KStream;
use crate::chain::{Context, Downstream, Node, Upcoming};
use crate::options::{CarriedSerdes, ValueSerde};
use crate::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Replaces each value by what `map` makes of it. Key, time and headers stay.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, String>("in").map_values(|_key, value| value.to_uppercase()).to("out");
    /// ```
    pub fn map_values<V2: Element>(&self, map: impl Fn(&K, V) -> V2 + Send + Sync + 'static) -> KStream<K, V2> {
        let map = Arc::new(map);
        let node = self.operator("KSTREAM-MAPVALUES-", move |children| MapValues { map: Arc::clone(&map), children });
        let serdes = CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::own() };
        self.next(node, serdes, self.key_changed)
    }
}

struct MapValues<F, K, V2> {
    map: Arc<F>,
    children: Downstream<K, V2>,
}

impl<F, K, V, V2> Node<K, V> for MapValues<F, K, V2>
where
    F: Fn(&K, V) -> V2 + Send + Sync,
    K: Element,
    V2: Element,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let value = (self.map)(&record.key, record.value);
        let record = Record { key: record.key, value, timestamp: record.timestamp, headers: record.headers };
        self.children.forward(context, record);
    }

    fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<K>]) {
        self.children.expect(context, upcoming);
    }
}
