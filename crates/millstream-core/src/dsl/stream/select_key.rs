//! `select_key`.

use std::sync::Arc;

use super::KStream;
use crate::chain::{Context, Downstream, Node};
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
        let select: Select<K, V, K2> = Arc::new(select);
        let make = move |children| SelectKey { select: Arc::clone(&select), children };
        let node = self.changing_keys("KSTREAM-KEY-SELECT-", make);
        let serdes = CarriedSerdes { key: KeySerde::own(), value: self.serdes.value.clone() };
        self.next(node, serdes)
    }
}

type Select<K, V, K2> = Arc<dyn Fn(&K, &V) -> K2 + Send + Sync>;

struct SelectKey<K, V, K2> {
    select: Select<K, V, K2>,
    children: Downstream<K2, V>,
}

impl<K: Element, V: Element, K2: Element> Node<K, V> for SelectKey<K, V, K2> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let key = (self.select)(&record.key, &record.value);
        self.children.forward(context, record.with_key(key));
    }
}
