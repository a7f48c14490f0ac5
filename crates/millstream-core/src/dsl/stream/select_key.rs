//! `select_key`.

use std::sync::Arc;

use super::KStream;
use crate::chain::{Context, Downstream, Node};
use crate::dsl::graph::GraphId;
use crate::options::{CarriedSerdes, KeySerde};
use crate::{Element, Record};

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
        let node = self.add_select_key(select);
        let serdes = CarriedSerdes { key: KeySerde::own(), value: self.serdes.value.clone() };
        self.next(node, serdes, true)
    }

    fn add_select_key<K2: Element>(&self, select: impl Fn(&K, &V) -> K2 + Send + Sync + 'static) -> GraphId {
        let select = Arc::new(select);
        let make = move |children| SelectKey { select: Arc::clone(&select), children };
        self.operator("KSTREAM-KEY-SELECT-", make)
    }
}

struct SelectKey<F, K2, V> {
    select: Arc<F>,
    children: Downstream<K2, V>,
}

impl<F, K, V, K2> Node<K, V> for SelectKey<F, K2, V>
where
    F: Fn(&K, &V) -> K2 + Send + Sync,
    K2: Element,
    V: Element,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let key = (self.select)(&record.key, &record.value);
        self.children.forward(context, record.with_key(key));
    }
}
