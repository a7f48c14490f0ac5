//! `flat_map` and `flat_map_values`.

use std::sync::Arc;

use super::KStream;
use crate::chain::{Context, Downstream, Node, Upcoming};
use crate::options::{CarriedSerdes, ValueSerde};
use crate::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Makes of each record any number of records with other keys and values, each with its time and headers.
    ///
    /// Since the key may change, grouping or joining what follows goes through a repartition topic.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder
    ///     .stream::<String, String>("edges")
    ///     .flat_map(|from, to| [(from.clone(), to.clone()), (to, from)])
    ///     .to("both-ways");
    /// ```
    pub fn flat_map<K2: Element, V2: Element, I: IntoIterator<Item = (K2, V2)>>(
        &self,
        map: impl Fn(K, V) -> I + Send + Sync + 'static,
    ) -> KStream<K2, V2> {
        let map = Arc::new(map);
        let node = self.operator("KSTREAM-FLATMAP-", move |children| FlatMap { map: Arc::clone(&map), children });
        self.next(node, CarriedSerdes::own(), true)
    }

    /// Makes of each value any number of values, each with the record's key, time and headers.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder
    ///     .stream::<String, String>("lines")
    ///     .flat_map_values(|_key, line| line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    ///     .to("words");
    /// ```
    pub fn flat_map_values<V2: Element, I: IntoIterator<Item = V2>>(
        &self,
        map: impl Fn(&K, V) -> I + Send + Sync + 'static,
    ) -> KStream<K, V2> {
        let map = Arc::new(map);
        let make = move |children| FlatMapValues { map: Arc::clone(&map), children };
        let node = self.operator("KSTREAM-FLATMAPVALUES-", make);
        let serdes = CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::own() };
        self.next(node, serdes, self.key_changed)
    }
}

struct FlatMap<F, K2, V2> {
    map: Arc<F>,
    children: Downstream<K2, V2>,
}

impl<F, K, V, K2, V2, I> Node<K, V> for FlatMap<F, K2, V2>
where
    F: Fn(K, V) -> I + Send + Sync,
    I: IntoIterator<Item = (K2, V2)>,
    K2: Element,
    V2: Element,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let (timestamp, headers) = (record.timestamp, record.headers);
        for (key, value) in (self.map)(record.key, record.value) {
            self.children.forward(context, Record { key, value, timestamp, headers: headers.clone() });
            if context.has_failed() {
                return;
            }
        }
    }
}

struct FlatMapValues<F, K, V2> {
    map: Arc<F>,
    children: Downstream<K, V2>,
}

impl<F, K, V, V2, I> Node<K, V> for FlatMapValues<F, K, V2>
where
    F: Fn(&K, V) -> I + Send + Sync,
    I: IntoIterator<Item = V2>,
    K: Element,
    V2: Element,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let (key, timestamp, headers) = (record.key, record.timestamp, record.headers);
        let mut values = (self.map)(&key, record.value).into_iter();
        let Some(mut value) = values.next() else { return };
        // One value behind, so that the last one gets the original key.
        for next in values {
            let record = Record { key: key.clone(), value, timestamp, headers: headers.clone() };
            self.children.forward(context, record);
            if context.has_failed() {
                return;
            }
            value = next;
        }
        self.children.forward(context, Record { key, value, timestamp, headers });
    }

    fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<K>]) {
        self.children.expect(context, upcoming);
    }
}
