//! `peek`.

use std::sync::Arc;

use super::KStream;
use crate::chain::{Context, Downstream, Node, Upcoming};
use crate::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Shows each record to `look` and passes it on unchanged. After a failure a record may be seen again.
    pub fn peek(&self, look: impl Fn(&K, &V) + Send + Sync + 'static) -> Self {
        let look = Arc::new(look);
        let node = self.operator("KSTREAM-PEEK-", move |children| Peek { look: Arc::clone(&look), children });
        self.next(node, self.serdes.clone(), self.key_changed)
    }
}

struct Peek<F, K, V> {
    look: Arc<F>,
    children: Downstream<K, V>,
}

impl<F, K, V> Node<K, V> for Peek<F, K, V>
where
    F: Fn(&K, &V) + Send + Sync,
    K: Element,
    V: Element,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        (self.look)(&record.key, &record.value);
        self.children.forward(context, record);
    }

    fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<K>]) {
        self.children.expect(context, upcoming);
    }
}
