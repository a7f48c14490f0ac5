//! `peek`.

use std::sync::Arc;

use super::KStream;
use crate::chain::{Context, Downstream, Node, Upcoming};
use crate::record::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Shows each record to `look` and passes it on unchanged. After a failure a record may be seen again.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, i64>("amounts").peek(|key, amount| println!("{key} has {amount}")).to("copy");
    /// ```
    pub fn peek(&self, look: impl Fn(&K, &V) + Send + Sync + 'static) -> Self {
        let look: Look<K, V> = Arc::new(look);
        let node = self.keeping_keys("KSTREAM-PEEK-", move |children| Peek { look: Arc::clone(&look), children });
        self.next(node, self.serdes.clone())
    }
}

type Look<K, V> = Arc<dyn Fn(&K, &V) + Send + Sync>;

struct Peek<K, V> {
    look: Look<K, V>,
    children: Downstream<K, V>,
}

impl<K: Element, V: Element> Node<K, V> for Peek<K, V> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        (self.look)(&record.key, &record.value);
        self.children.forward(context, record);
    }

    fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<K>]) {
        self.children.expect(context, upcoming);
    }
}
