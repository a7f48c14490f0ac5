//! `flat_map` and `flat_map_values`.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::KStream;
use crate::chain::{Context, Downstream, Node, Upcoming};
use crate::options::{CarriedSerdes, ValueSerde};
use crate::record::{Element, Record};

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
        let map: Map<K, V, K2, V2> =
            Arc::new(move |key, value, each| map(key, value).into_iter().try_for_each(|(key, value)| each(key, value)));
        let node = self.changing_keys("KSTREAM-FLATMAP-", move |children| FlatMap { map: Arc::clone(&map), children });
        self.next(node, CarriedSerdes::own())
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
        let map: MapValues<K, V, V2> = Arc::new(move |key, value, each| {
            let mut values = map(key, value).into_iter();
            let mut last = values.next()?;
            // One value behind, so that the last one gets the original key.
            for next in values {
                if each(std::mem::replace(&mut last, next)).is_break() {
                    return None;
                }
            }
            Some(last)
        });
        let make = move |children| FlatMapValues { map: Arc::clone(&map), children };
        let node = self.keeping_keys("KSTREAM-FLATMAPVALUES-", make);
        let serdes = CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::own() };
        self.next(node, serdes)
    }
}

/// Hands each record to the function given; ends early when that says so.
type Map<K, V, K2, V2> = Arc<dyn Fn(K, V, &mut dyn FnMut(K2, V2) -> ControlFlow<()>) -> ControlFlow<()> + Send + Sync>;

/// Hands each value but the last to the function given, and returns the last; `None` where there is none, or where the
/// function has ended the walk.
type MapValues<K, V, V2> = Arc<dyn Fn(&K, V, &mut dyn FnMut(V2) -> ControlFlow<()>) -> Option<V2> + Send + Sync>;

fn unless_failed(context: &Context<'_>) -> ControlFlow<()> {
    if context.has_failed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

struct FlatMap<K, V, K2, V2> {
    map: Map<K, V, K2, V2>,
    children: Downstream<K2, V2>,
}

impl<K: Element, V: Element, K2: Element, V2: Element> Node<K, V> for FlatMap<K, V, K2, V2> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, timestamp, headers } = record;
        let _ = (self.map)(key, value, &mut |key, value| {
            self.children.forward(context, Record { key, value, timestamp, headers: headers.clone() });
            unless_failed(context)
        });
    }
}

struct FlatMapValues<K, V, V2> {
    map: MapValues<K, V, V2>,
    children: Downstream<K, V2>,
}

impl<K: Element, V: Element, V2: Element> Node<K, V> for FlatMapValues<K, V, V2> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, timestamp, headers } = record;
        let last = (self.map)(&key, value, &mut |value| {
            let record = Record { key: key.clone(), value, timestamp, headers: headers.clone() };
            self.children.forward(context, record);
            unless_failed(context)
        });
        if let Some(value) = last {
            self.children.forward(context, Record { key, value, timestamp, headers });
        }
    }

    fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<K>]) {
        self.children.expect(context, upcoming);
    }
}
