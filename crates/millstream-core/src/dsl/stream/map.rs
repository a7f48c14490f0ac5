//! `map`.

use std::convert::Infallible;
use std::sync::Arc;

use super::{KStream, boxed};
use crate::chain::{BoxError, Context, Downstream, Node};
use crate::options::CarriedSerdes;
use crate::record::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Converts each record into one with another key and value. Time and headers stay.
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
        self.try_map(move |key, value| Ok::<_, Infallible>(map(key, value)))
    }

    /// [`map`](Self::map) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let amounts = builder.stream::<String, String>("amounts");
    /// amounts.try_map(|id, text| text.parse::<i64>().map(|amount| (id, amount))).to("parsed-amounts");
    /// ```
    pub fn try_map<K2: Element, V2: Element, E: Into<BoxError>>(
        &self,
        map: impl Fn(K, V) -> Result<(K2, V2), E> + Send + Sync + 'static,
    ) -> KStream<K2, V2> {
        let map = Arc::new(map);
        let make = move |children| boxed(Map { map: Arc::clone(&map), children });
        let node = self.changing_keys("KSTREAM-MAP-", Box::new(make));
        self.next(node, CarriedSerdes::own())
    }
}

struct Map<F, K2, V2> {
    map: Arc<F>,
    children: Downstream<K2, V2>,
}

impl<F, E, K, V, K2, V2> Node<K, V> for Map<F, K2, V2>
where
    F: Fn(K, V) -> Result<(K2, V2), E> + Send + Sync,
    E: Into<BoxError>,
    K2: Element,
    V2: Element,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let Record { key, value, timestamp, headers } = record;
        match (self.map)(key, value) {
            Ok((key, value)) => self.children.forward(context, Record { key, value, timestamp, headers }),
            Err(error) => self.children.fail(context, error.into()),
        }
    }
}
