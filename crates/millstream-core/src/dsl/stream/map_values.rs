//! `map_values`.

use std::convert::Infallible;
use std::sync::Arc;

use super::KStream;
use crate::chain::{BoxError, Context, Downstream, Node, Upcoming};
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
        self.try_map_values(move |key, value| Ok::<_, Infallible>(map(key, value)))
    }

    /// [`map_values`](Self::map_values) with a function that may fail.
    ///
    /// An error goes to the processing handler with the record, this node and the error's sources: the task stops, or goes on
    /// without the record.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let amounts = builder.stream::<String, String>("amounts");
    /// amounts.try_map_values(|_key, text| text.parse::<i64>()).to("parsed-amounts");
    /// ```
    pub fn try_map_values<V2: Element, E: Into<BoxError>>(
        &self,
        map: impl Fn(&K, V) -> Result<V2, E> + Send + Sync + 'static,
    ) -> KStream<K, V2> {
        let map: Function<K, V, V2> = Arc::new(move |key, value| map(key, value).map_err(Into::into));
        let make = move |children| MapValues { map: Arc::clone(&map), children };
        let node = self.keeping_keys("KSTREAM-MAPVALUES-", make);
        let serdes = CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::own() };
        self.next(node, serdes)
    }
}

type Function<K, V, V2> = Arc<dyn Fn(&K, V) -> Result<V2, BoxError> + Send + Sync>;

struct MapValues<K, V, V2> {
    map: Function<K, V, V2>,
    children: Downstream<K, V2>,
}

impl<K: Element, V: Element, V2: Element> Node<K, V> for MapValues<K, V, V2> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, timestamp, headers } = record;
        let mapped = (self.map)(&key, value).map(|value| Record { key, value, timestamp, headers });
        self.children.forward_made(context, mapped);
    }

    fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<K>]) {
        self.children.expect(context, upcoming);
    }
}
