//! `filter` and `filter_not`.

use std::sync::Arc;

use super::KStream;
use crate::chain::{Context, Downstream, Node, Upcoming};
use crate::record::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Keeps the records for which `keep` is true.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, i64>("amounts").filter(|_key, amount| *amount > 0).to("gains");
    /// ```
    pub fn filter(&self, keep: impl Fn(&K, &V) -> bool + Send + Sync + 'static) -> Self {
        let keep: Keep<K, V> = Arc::new(keep);
        let node = self.keeping_keys("KSTREAM-FILTER-", move |children| Filter { keep: Arc::clone(&keep), children });
        self.next(node, self.serdes.clone())
    }

    /// Leaves out the records for which `leave_out` is true.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, String>("lines").filter_not(|_key, line| line.is_empty()).to("full-lines");
    /// ```
    pub fn filter_not(&self, leave_out: impl Fn(&K, &V) -> bool + Send + Sync + 'static) -> Self {
        self.filter(move |key, value| !leave_out(key, value))
    }
}

type Keep<K, V> = Arc<dyn Fn(&K, &V) -> bool + Send + Sync>;

struct Filter<K, V> {
    keep: Keep<K, V>,
    children: Downstream<K, V>,
}

impl<K: Element, V: Element> Node<K, V> for Filter<K, V> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        if (self.keep)(&record.key, &record.value) {
            self.children.forward(context, record);
        }
    }

    fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<K>]) {
        self.children.expect(context, upcoming);
    }
}
