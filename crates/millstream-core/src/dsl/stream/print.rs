//! `print`.

use std::fmt::Debug;
use std::sync::Arc;

use super::{KStream, Terminal, boxed};
use crate::chain::{Context, Downstream, Node};
use crate::record::{Element, Record};

impl<K: Element + Debug, V: Element + Debug> KStream<K, V> {
    /// Prints each record to standard output as `[label]: key, value`, and ends the stream, for debugging.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, i64>("amounts").print("amount"); // prints `[amount]: "anna", 3`
    /// ```
    pub fn print(&self, label: impl Into<String>) -> Terminal {
        let label: Arc<str> = label.into().into();
        let node = self.keeping_records(
            "KSTREAM-PRINTER-",
            Box::new(move |_: Downstream<K, V>| boxed(Print { label: Arc::clone(&label) })),
        );
        self.terminal(node)
    }
}

struct Print {
    label: Arc<str>,
}

impl<K: Debug, V: Debug> Node<K, V> for Print {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        context.print(&format!("[{}]: {:?}, {:?}", self.label, record.key, record.value));
    }
}
