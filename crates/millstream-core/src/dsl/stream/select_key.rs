//! `select_key`.

use std::convert::Infallible;
use std::sync::Arc;

use super::KStream;
use crate::chain::{BoxError, Context, Downstream, Node};
use crate::options::{CarriedSerdes, KeySerde};
use crate::record::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Gives each record the key that `select` finds in it. Grouping or joining what follows goes through a repartition
    /// topic.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<(), String>("orders").select_key(|_, order| order.len() as i64).to("orders-by-length");
    /// ```
    pub fn select_key<K2: Element>(&self, select: impl Fn(&K, &V) -> K2 + Send + Sync + 'static) -> KStream<K2, V> {
        self.try_select_key(move |key, value| Ok::<_, Infallible>(select(key, value)))
    }

    /// [`select_key`](Self::select_key) with a function that may fail.
    ///
    /// An error goes to the processing handler with the record, this node and the error's sources: the task stops, or goes on
    /// without the record.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let orders = builder.stream::<(), String>("orders");
    /// orders.try_select_key(|_, order| order.split(':').next().ok_or("no customer").map(str::to_owned)).to("by-customer");
    /// ```
    pub fn try_select_key<K2: Element, E: Into<BoxError>>(
        &self,
        select: impl Fn(&K, &V) -> Result<K2, E> + Send + Sync + 'static,
    ) -> KStream<K2, V> {
        let select: Select<K, V, K2> = Arc::new(move |key, value| select(key, value).map_err(Into::into));
        let make = move |children| SelectKey { select: Arc::clone(&select), children };
        let node = self.changing_keys("KSTREAM-KEY-SELECT-", make);
        let serdes = CarriedSerdes { key: KeySerde::own(), value: self.serdes.value.clone() };
        self.next(node, serdes)
    }
}

type Select<K, V, K2> = Arc<dyn Fn(&K, &V) -> Result<K2, BoxError> + Send + Sync>;

struct SelectKey<K, V, K2> {
    select: Select<K, V, K2>,
    children: Downstream<K2, V>,
}

impl<K: Element, V: Element, K2: Element> Node<K, V> for SelectKey<K, V, K2> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let key = (self.select)(&record.key, &record.value);
        self.children.forward_made(context, key.map(|key| record.with_key(key)));
    }
}
