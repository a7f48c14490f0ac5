//! `peek`.

use std::convert::Infallible;
use std::sync::Arc;

use super::{KStream, boxed};
use crate::chain::{BoxError, Context, Downstream, NextKeys, Node};
use crate::record::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Calls `look` with each record, and forwards the record unchanged. After a failure records may be repeated.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, i64>("amounts").peek(|key, amount| println!("{key} has {amount}")).to("copy");
    /// ```
    pub fn peek(&self, look: impl Fn(&K, &V) + Send + Sync + 'static) -> Self {
        self.try_peek(move |key, value| {
            look(key, value);
            Ok::<_, Infallible>(())
        })
    }

    /// [`peek`](Self::peek) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// use std::io::Write;
    ///
    /// let amounts = builder.stream::<String, i64>("amounts");
    /// amounts.try_peek(|key, amount| writeln!(std::io::stderr(), "{key} has {amount}")).to("copy");
    /// ```
    pub fn try_peek<E: Into<BoxError>>(&self, look: impl Fn(&K, &V) -> Result<(), E> + Send + Sync + 'static) -> Self {
        let look = Arc::new(look);
        let make = move |children| boxed(Peek { look: Arc::clone(&look), children });
        let node = self.keeping_records("KSTREAM-PEEK-", Box::new(make));
        self.next(node, self.serdes.clone())
    }
}

struct Peek<F, K, V> {
    look: Arc<F>,
    children: Downstream<K, V>,
}

impl<F, E, K: Element, V: Element> Node<K, V> for Peek<F, K, V>
where
    F: Fn(&K, &V) -> Result<(), E> + Send + Sync,
    E: Into<BoxError>,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        match (self.look)(&record.key, &record.value) {
            Ok(()) => self.children.forward(context, record),
            Err(error) => self.children.fail(context, error.into()),
        }
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        self.children.prefetch(context, next_keys);
    }
}
