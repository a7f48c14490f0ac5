//! `map_values`.

use std::sync::Arc;

use super::KStream;
use crate::chain::{Context, Downstream, Node, Upcoming};
use crate::options::{CarriedSerdes, ValueSerde};
use crate::record::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Replaces each value by what `map` makes of it. Key, time and headers stay.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, String>("in").map_values(|_key, value| value.to_uppercase()).to("out");
    /// ```
    pub fn map_values<V2: Element>(&self, map: impl Fn(&K, V) -> V2 + Send + Sync + 'static) -> KStream<K, V2> {
        let map: Function<K, V, V2> = Arc::new(map);
        let make = move |children| MapValues { map: Arc::clone(&map), children };
        let node = self.keeping_keys("KSTREAM-MAPVALUES-", make);
        let serdes = CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::own() };
        self.next(node, serdes)
    }
}

type Function<K, V, V2> = Arc<dyn Fn(&K, V) -> V2 + Send + Sync>;

struct MapValues<K, V, V2> {
    map: Function<K, V, V2>,
    children: Downstream<K, V2>,
}

impl<K: Element, V: Element, V2: Element> Node<K, V> for MapValues<K, V, V2> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let value = (self.map)(&record.key, record.value);
        let record = Record { key: record.key, value, timestamp: record.timestamp, headers: record.headers };
        self.children.forward(context, record);
    }

    fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<K>]) {
        self.children.expect(context, upcoming);
    }
}
