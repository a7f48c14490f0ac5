//! `peek`.

use std::convert::Infallible;
use std::sync::Arc;

use super::KStream;
use crate::chain::{BoxError, Context, Downstream, Node, Upcoming};
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
        self.try_peek(move |key, value| {
            look(key, value);
            Ok::<_, Infallible>(())
        })
    }

    /// [`peek`](Self::peek) with a function that may fail.
    ///
    /// An error goes to the processing handler with the record, this node and the error's sources: the task stops, or goes on
    /// without the record.
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
        let look: Look<K, V> = Arc::new(move |key, value| look(key, value).map_err(Into::into));
        let node = self.keeping_keys("KSTREAM-PEEK-", move |children| Peek { look: Arc::clone(&look), children });
        self.next(node, self.serdes.clone())
    }
}

type Look<K, V> = Arc<dyn Fn(&K, &V) -> Result<(), BoxError> + Send + Sync>;

struct Peek<K, V> {
    look: Look<K, V>,
    children: Downstream<K, V>,
}

impl<K: Element, V: Element> Node<K, V> for Peek<K, V> {
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        let looked = (self.look)(&record.key, &record.value);
        self.children.forward_made(context, looked.map(|()| record));
    }

    fn expect(&mut self, context: &mut Context<'_>, upcoming: &[Upcoming<K>]) {
        self.children.expect(context, upcoming);
    }
}
