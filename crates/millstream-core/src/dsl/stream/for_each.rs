//! `for_each`.

use std::sync::Arc;

use super::{KStream, Terminal};
use crate::chain::{Context, Downstream, Node};
use crate::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Calls `act` with each record and ends the stream. After a failure a record may come again.
    pub fn for_each(&self, act: impl Fn(&K, &V) + Send + Sync + 'static) -> Terminal {
        let act = Arc::new(act);
        let node = self.operator("KSTREAM-FOREACH-", move |_: Downstream<K, V>| ForEach { act: Arc::clone(&act) });
        self.terminal(node)
    }
}

struct ForEach<F> {
    act: Arc<F>,
}

impl<F, K, V> Node<K, V> for ForEach<F>
where
    F: Fn(&K, &V) + Send + Sync,
{
    fn process(&mut self, _context: &mut Context<'_>, record: Record<K, V>) {
        (self.act)(&record.key, &record.value);
    }
}
