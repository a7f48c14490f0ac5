//! `for_each`.

use std::sync::Arc;

use super::{KStream, Terminal};
use crate::chain::{Context, Downstream, Node};
use crate::record::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Calls `act` with each record and ends the stream. After a failure a record may come again.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, i64>("amounts").for_each(|key, amount| println!("{key} has {amount}"));
    /// ```
    pub fn for_each(&self, act: impl Fn(&K, &V) + Send + Sync + 'static) -> Terminal {
        let act: Act<K, V> = Arc::new(act);
        let node = self.keeping_keys("KSTREAM-FOREACH-", move |_: Downstream<K, V>| ForEach { act: Arc::clone(&act) });
        self.terminal(node)
    }
}

type Act<K, V> = Arc<dyn Fn(&K, &V) + Send + Sync>;

struct ForEach<K, V> {
    act: Act<K, V>,
}

impl<K: Element, V: Element> Node<K, V> for ForEach<K, V> {
    fn process(&mut self, _context: &mut Context<'_>, record: Record<K, V>) {
        (self.act)(&record.key, &record.value);
    }
}
