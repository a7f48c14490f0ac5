//! `flat_map` and `flat_map_values`.

use std::convert::Infallible;
use std::sync::Arc;

use super::{KStream, boxed};
use crate::chain::{BoxError, Context, Downstream, NextKeys, Node};
use crate::options::{CarriedSerdes, ValueSerde};
use crate::record::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Converts each record into any number of records with other keys and values. Time and headers stay.
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
        self.try_flat_map(move |key, value| Ok::<_, Infallible>(map(key, value)))
    }

    /// [`flat_map`](Self::flat_map) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let edges = builder.stream::<String, String>("edges");
    /// edges
    ///     .try_flat_map(|from, to| if from == to { Err("a loop") } else { Ok([(from.clone(), to.clone()), (to, from)]) })
    ///     .to("both-ways");
    /// ```
    pub fn try_flat_map<K2: Element, V2: Element, I: IntoIterator<Item = (K2, V2)>, E: Into<BoxError>>(
        &self,
        map: impl Fn(K, V) -> Result<I, E> + Send + Sync + 'static,
    ) -> KStream<K2, V2> {
        let map = Arc::new(map);
        let make = move |children| boxed(FlatMap { map: Arc::clone(&map), children });
        let node = self.changing_keys("KSTREAM-FLATMAP-", Box::new(make));
        self.next(node, CarriedSerdes::own())
    }

    /// Converts each value into any number of values. Key, time and headers stay.
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
        self.try_flat_map_values(move |key, value| Ok::<_, Infallible>(map(key, value)))
    }

    /// [`flat_map_values`](Self::flat_map_values) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let lists = builder.stream::<String, String>("lists");
    /// lists
    ///     .try_flat_map_values(|_key, list| list.split(',').map(str::parse::<i64>).collect::<Result<Vec<_>, _>>())
    ///     .to("numbers");
    /// ```
    pub fn try_flat_map_values<V2: Element, I: IntoIterator<Item = V2>, E: Into<BoxError>>(
        &self,
        map: impl Fn(&K, V) -> Result<I, E> + Send + Sync + 'static,
    ) -> KStream<K, V2> {
        let map = Arc::new(map);
        let make = move |children| boxed(FlatMapValues { map: Arc::clone(&map), children });
        let node = self.replacing_values("KSTREAM-FLATMAPVALUES-", Box::new(make));
        let serdes = CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::own() };
        self.next(node, serdes)
    }
}

struct FlatMap<F, K2, V2> {
    map: Arc<F>,
    children: Downstream<K2, V2>,
}

impl<F, E, K, V, K2, V2, I> Node<K, V> for FlatMap<F, K2, V2>
where
    F: Fn(K, V) -> Result<I, E> + Send + Sync,
    E: Into<BoxError>,
    I: IntoIterator<Item = (K2, V2)>,
    K2: Element,
    V2: Element,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, timestamp, headers } = record;
        let records = match (self.map)(key, value) {
            Ok(records) => records,
            Err(error) => return self.children.fail(context, error.into()),
        };
        for (key, value) in records {
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

impl<F, E, K, V, V2, I> Node<K, V> for FlatMapValues<F, K, V2>
where
    F: Fn(&K, V) -> Result<I, E> + Send + Sync,
    E: Into<BoxError>,
    I: IntoIterator<Item = V2>,
    K: Element,
    V2: Element,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, timestamp, headers } = record;
        let mut values = match (self.map)(&key, value) {
            Ok(values) => values.into_iter(),
            Err(error) => return self.children.fail(context, error.into()),
        };
        let Some(mut value) = values.next() else { return };
        // Forwarding is one value behind, so that the last value gets the original key.
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

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        self.children.prefetch(context, next_keys.some_of());
    }
}
