//! `select_key`.

use std::convert::Infallible;
use std::sync::Arc;

use super::{KStream, boxed};
use crate::chain::{BoxError, Context, Downstream, Node};
use crate::options::{CarriedSerdes, KeySerde};
use crate::record::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Sets the key of each record to the result of `select`. Grouping or joining the stream goes through a repartition topic.
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
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record.
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
        let select = Arc::new(select);
        let make = move |children| boxed(SelectKey { select: Arc::clone(&select), children });
        let node = self.changing_keys("KSTREAM-KEY-SELECT-", Box::new(make));
        let serdes = CarriedSerdes { key: KeySerde::own(), value: self.serdes.value.clone() };
        self.next(node, serdes)
    }
}

struct SelectKey<F, K2, V> {
    select: Arc<F>,
    children: Downstream<K2, V>,
}

impl<F, E, K, V, K2> Node<K, V> for SelectKey<F, K2, V>
where
    F: Fn(&K, &V) -> Result<K2, E> + Send + Sync,
    E: Into<BoxError>,
    K2: Element,
    V: Element,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        match (self.select)(&record.key, &record.value) {
            Ok(key) => self.children.forward(context, record.with_key(key)),
            Err(error) => self.children.fail(context, error.into()),
        }
    }
}
