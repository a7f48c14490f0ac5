//! `for_each`.

use std::convert::Infallible;
use std::sync::Arc;

use super::{KStream, Terminal, boxed};
use crate::chain::{BoxError, Context, Downstream, Node};
use crate::record::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Calls `act` with each record, and ends the stream. After a failure records may be repeated.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, i64>("amounts").for_each(|key, amount| println!("{key} has {amount}"));
    /// ```
    pub fn for_each(&self, act: impl Fn(&K, &V) + Send + Sync + 'static) -> Terminal {
        self.try_for_each(move |key, value| {
            act(key, value);
            Ok::<_, Infallible>(())
        })
    }

    /// [`for_each`](Self::for_each) with a function that may fail.
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
    /// amounts.try_for_each(|key, amount| writeln!(std::io::stderr(), "{key} has {amount}"));
    /// ```
    pub fn try_for_each<E: Into<BoxError>>(
        &self,
        act: impl Fn(&K, &V) -> Result<(), E> + Send + Sync + 'static,
    ) -> Terminal {
        let act = Arc::new(act);
        let make = move |children: Downstream<K, V>| boxed(ForEach { act: Arc::clone(&act), children });
        let node = self.keeping_records("KSTREAM-FOREACH-", Box::new(make));
        self.terminal(node)
    }
}

struct ForEach<F, K, V> {
    act: Arc<F>,
    /// There are none; this has the name of the node.
    children: Downstream<K, V>,
}

impl<F, E, K: Element, V: Element> Node<K, V> for ForEach<F, K, V>
where
    F: Fn(&K, &V) -> Result<(), E> + Send + Sync,
    E: Into<BoxError>,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        if let Err(error) = (self.act)(&record.key, &record.value) {
            self.children.fail(context, error.into());
        }
    }
}
