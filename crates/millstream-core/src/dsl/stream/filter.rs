//! `filter` and `filter_not`.

use std::convert::Infallible;
use std::sync::Arc;

use super::{KStream, boxed};
use crate::chain::{BoxError, Context, Downstream, NextKeys, Node};
use crate::record::{Element, Record};

impl<K: Element, V: Element> KStream<K, V> {
    /// Keeps the records for which `keep` returns `true`.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, i64>("amounts").filter(|_key, amount| *amount > 0).to("gains");
    /// ```
    pub fn filter(&self, keep: impl Fn(&K, &V) -> bool + Send + Sync + 'static) -> Self {
        self.try_filter(move |key, value| Ok::<_, Infallible>(keep(key, value)))
    }

    /// [`filter`](Self::filter) with a predicate that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let amounts = builder.stream::<String, String>("amounts");
    /// amounts.try_filter(|_key, text| text.parse::<i64>().map(|amount| amount > 0)).to("gains");
    /// ```
    pub fn try_filter<E: Into<BoxError>>(
        &self,
        keep: impl Fn(&K, &V) -> Result<bool, E> + Send + Sync + 'static,
    ) -> Self {
        let keep = Arc::new(keep);
        let make = move |children| boxed(Filter { keep: Arc::clone(&keep), children });
        let node = self.keeping_records("KSTREAM-FILTER-", Box::new(make));
        self.next(node, self.serdes.clone())
    }

    /// Drops the records for which `leave_out` returns `true`.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// builder.stream::<String, String>("lines").filter_not(|_key, line| line.is_empty()).to("full-lines");
    /// ```
    pub fn filter_not(&self, leave_out: impl Fn(&K, &V) -> bool + Send + Sync + 'static) -> Self {
        self.filter(move |key, value| !leave_out(key, value))
    }

    /// [`filter_not`](Self::filter_not) with a predicate that may fail.
    ///
    /// The processing handler gets an error with the record, this node and the error's sources, and decides whether the task
    /// stops or skips the record.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let amounts = builder.stream::<String, String>("amounts");
    /// amounts.try_filter_not(|_key, text| text.parse::<i64>().map(|amount| amount <= 0)).to("gains");
    /// ```
    pub fn try_filter_not<E: Into<BoxError>>(
        &self,
        leave_out: impl Fn(&K, &V) -> Result<bool, E> + Send + Sync + 'static,
    ) -> Self {
        self.try_filter(move |key, value| leave_out(key, value).map(|leaves_out| !leaves_out))
    }
}

struct Filter<F, K, V> {
    keep: Arc<F>,
    children: Downstream<K, V>,
}

impl<F, E, K: Element, V: Element> Node<K, V> for Filter<F, K, V>
where
    F: Fn(&K, &V) -> Result<bool, E> + Send + Sync,
    E: Into<BoxError>,
{
    fn process(&mut self, context: &mut Context<'_>, record: Record<K, V>) {
        match (self.keep)(&record.key, &record.value) {
            Ok(true) => self.children.forward(context, record),
            Ok(false) => {}
            Err(error) => self.children.fail(context, error.into()),
        }
    }

    fn prefetch(&mut self, context: &mut Context<'_>, next_keys: NextKeys<'_, K>) {
        self.children.prefetch(context, next_keys.some_of());
    }
}
