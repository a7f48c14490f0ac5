//! `flat_map` and `flat_map_values`.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::KStream;
use crate::chain::{BoxError, Context, Downstream, Node, Upcoming};
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
        self.try_flat_map(move |key, value| Ok::<_, Infallible>(map(key, value)))
    }

    /// [`flat_map`](Self::flat_map) with a function that may fail.
    ///
    /// An error goes to the processing handler with the record, this node and the error's sources: the task stops, or goes on
    /// without the record.
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
        let map: Map<K, V, K2, V2> = Arc::new(move |key, value, each| {
            let mut records = map(key, value).map_err(Into::into)?.into_iter();
            // It ends early once the task has failed, and then nobody asks how far it came.
            let _ = records.try_for_each(|(key, value)| each(key, value));
            Ok(())
        });
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
        self.try_flat_map_values(move |key, value| Ok::<_, Infallible>(map(key, value)))
    }

    /// [`flat_map_values`](Self::flat_map_values) with a function that may fail.
    ///
    /// An error goes to the processing handler with the record, this node and the error's sources: the task stops, or goes on
    /// without the record.
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
        let map: MapValues<K, V, V2> = Arc::new(move |key, value, each| {
            let mut values = map(key, value).map_err(Into::into)?.into_iter();
            let Some(mut last) = values.next() else { return Ok(None) };
            // One value behind, so that the last one gets the original key.
            for next in values {
                if each(std::mem::replace(&mut last, next)).is_break() {
                    return Ok(None);
                }
            }
            Ok(Some(last))
        });
        let make = move |children| FlatMapValues { map: Arc::clone(&map), children };
        let node = self.keeping_keys("KSTREAM-FLATMAPVALUES-", make);
        let serdes = CarriedSerdes { key: self.serdes.key.clone(), value: ValueSerde::own() };
        self.next(node, serdes)
    }
}

/// Hands each record to the function given; ends early when that says so.
type Map<K, V, K2, V2> =
    Arc<dyn Fn(K, V, &mut dyn FnMut(K2, V2) -> ControlFlow<()>) -> Result<(), BoxError> + Send + Sync>;

/// Hands each value but the last to the function given, and returns the last; `None` where there is none, or where the
/// function has ended the walk.
type MapValues<K, V, V2> =
    Arc<dyn Fn(&K, V, &mut dyn FnMut(V2) -> ControlFlow<()>) -> Result<Option<V2>, BoxError> + Send + Sync>;

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
        let mapped = (self.map)(key, value, &mut |key, value| {
            self.children.forward(context, Record { key, value, timestamp, headers: headers.clone() });
            unless_failed(context)
        });
        if let Err(error) = mapped {
            self.children.fail(context, error);
        }
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
        match last {
            Ok(Some(value)) => self.children.forward(context, Record { key, value, timestamp, headers }),
            Ok(None) => {}
            Err(error) => self.children.fail(context, error),
        }
    }

    fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<K>]) {
        self.children.expect(context, upcoming);
    }
}
