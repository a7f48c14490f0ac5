//! `map_values`.

use std::convert::Infallible;
use std::sync::Arc;

use super::{KStream, boxed};
use crate::chain::{BoxError, Context, Downstream, NextKeys, Node};
use crate::options::{CarriedSerdes, ValueSerde};
use crate::record::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Replaces each value by the result of `map`. Key, time and headers stay.
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
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record.
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
        let map = Arc::new(map);
        let make = move |children| boxed(MapValues { map: Arc::clone(&map), children });
        let node = self.replacing_values("KSTREAM-MAPVALUES-", Box::new(make));
        let serdes = CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::own() };
        self.next(node, serdes)
    }
}

struct MapValues<F, K, V2> {
    map: Arc<F>,
    children: Downstream<K, V2>,
}

impl<F, E, K, V, V2> Node<K, V> for MapValues<F, K, V2>
where
    F: Fn(&K, V) -> Result<V2, E> + Send + Sync,
    E: Into<BoxError>,
    K: Element,
    V2: Element,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, timestamp, headers } = record;
        match (self.map)(&key, value) {
            Ok(value) => self.children.forward(context, Record { key, value, timestamp, headers }),
            Err(error) => self.children.fail(context, error.into()),
        }
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        self.children.prefetch(context, next_keys);
    }
}
