//! `cogroup`: several streams with the same keys are aggregated into one table.

mod aggregate;
mod input;
mod merge;
mod plan;
mod session;
mod sliding;
mod windowed;

use std::rc::Rc;

use millstream_types::{Data, Nullable};

pub use self::session::SessionWindowedCogroupedKStream;
pub use self::windowed::TimeWindowedCogroupedKStream;

use self::input::{Input, InputOf};
use super::node::Update;
use super::{KGroupedStream, KeySelection};
use crate::chain::BoxError;
use crate::graph::GraphRef;
use crate::topology::TopologyError;

/// Streams with the same keys `K`, each with a function that adds its values to one aggregate `A`.
///
/// It begins with [`KGroupedStream::cogroup`]; further streams are added with [`cogroup`](Self::cogroup). The streams may have
/// different values. All of them update the rows of one store, in the order in which their records are processed.
///
/// The topics of the streams need equal numbers of partitions, also those of streams that go through a repartition topic, as in
/// Kafka Streams. At most one stream that goes through one may be without a name, since the topic is named after the store then.
pub struct CogroupedKStream<K, A: Nullable> {
    graph: GraphRef,
    inputs: Vec<Rc<dyn Input<K, A::Present>>>,
}

impl<K: Nullable, V: Nullable> KGroupedStream<K, V> {
    /// Aggregates this stream together with others, which [`CogroupedKStream::cogroup`] adds. `add` takes the key, a value of this
    /// stream and the aggregate so far.
    ///
    /// Without windows and over sliding windows, records with a null value are skipped and counted; over others `add` gets them.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let purchases = builder.stream::<String, i64>("purchases").group_by_key();
    /// let refunds = builder.stream::<String, i64>("refunds").group_by_key();
    /// purchases
    ///     .cogroup(|_customer, amount, balance| balance + amount)
    ///     .cogroup(&refunds, |_customer, amount, balance| balance - amount)
    ///     .aggregate("balances", || 0_i64)
    ///     .to_stream()
    ///     .to("balances");
    /// ```
    pub fn cogroup<A: Nullable>(
        &self,
        add: impl Fn(&K::Present, V, A) -> A + Send + Sync + 'static,
    ) -> CogroupedKStream<K::Present, A> {
        CogroupedKStream::without_inputs(&self.stream.graph).cogroup(self, add)
    }

    /// [`cogroup`](Self::cogroup) with an `add` that may fail.
    ///
    /// The processing handler gets an error with the record, this stream's operator and the error's sources, and decides whether the
    /// task stops or skips the record. The row stays as it was.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let amounts = builder.stream::<String, String>("amounts").group_by_key();
    /// let sums = amounts.try_cogroup(|_, text: String, sum: i64| text.parse::<i64>().map(|amount| sum + amount));
    /// sums.aggregate("sums", || 0);
    /// ```
    pub fn try_cogroup<A: Nullable, E: Into<BoxError>>(
        &self,
        add: impl Fn(&K::Present, V, A) -> Result<A, E> + Send + Sync + 'static,
    ) -> CogroupedKStream<K::Present, A> {
        CogroupedKStream::without_inputs(&self.stream.graph).try_cogroup(self, add)
    }
}

impl<K: Data, A: Nullable> CogroupedKStream<K, A> {
    fn without_inputs(graph: &GraphRef) -> Self {
        Self { graph: graph.clone(), inputs: Vec::new() }
    }

    /// Adds a stream. `add` takes the key, a value of the stream and the aggregate so far.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let views = builder.stream::<String, String>("views").group_by_key();
    /// let ratings = builder.stream::<String, i64>("ratings").group_by_key();
    /// let popularity = views.cogroup(|_film, _viewer, points: i64| points + 1);
    /// popularity.cogroup(&ratings, |_film, stars, points| points + 10 * stars).aggregate("popularity", || 0);
    /// ```
    #[must_use]
    pub fn cogroup<K2: Nullable<Present = K>, V: Nullable>(
        &self,
        grouped: &KGroupedStream<K2, V>,
        add: impl Fn(&K, V, A) -> A + Send + Sync + 'static,
    ) -> Self {
        let add = move |key: &K, value, row| add(key, value, A::from_option(row)?).into_present();
        self.with(grouped, Update::in_place(add))
    }

    /// [`cogroup`](Self::cogroup) with an `add` that may fail.
    ///
    /// The processing handler gets an error with the record, the stream's operator and the error's sources, and decides whether the
    /// task stops or skips the record. The row stays as it was.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let amounts = builder.stream::<String, i64>("amounts").group_by_key();
    /// let texts = builder.stream::<String, String>("texts").group_by_key();
    /// let sums = amounts.cogroup(|_, amount, sum: i64| sum + amount);
    /// sums.try_cogroup(&texts, |_, text, sum| text.parse::<i64>().map(|amount| sum + amount)).aggregate("sums", || 0);
    /// ```
    #[must_use]
    pub fn try_cogroup<K2: Nullable<Present = K>, V: Nullable, E: Into<BoxError>>(
        &self,
        grouped: &KGroupedStream<K2, V>,
        add: impl Fn(&K, V, A) -> Result<A, E> + Send + Sync + 'static,
    ) -> Self {
        let add = move |key: &K, value, row| {
            let Some(row) = A::from_option(row) else { return Ok(None) };
            add(key, value, row).map(Nullable::into_present).map_err(Into::into)
        };
        self.with(grouped, Update::of_copy(add))
    }

    fn with<K2: Nullable<Present = K>, V: Nullable>(
        &self,
        grouped: &KGroupedStream<K2, V>,
        update: Update<K, V, A::Present>,
    ) -> Self {
        self.check(grouped);
        let mut inputs = self.inputs.clone();
        inputs.push(Rc::new(InputOf::new(grouped.clone(), update)));
        Self { graph: self.graph.clone(), inputs }
    }

    /// Refuses a stream that cannot be added. In Kafka Streams a second function for the same group replaces the first one.
    fn check<K2: Nullable, V: Nullable>(&self, grouped: &KGroupedStream<K2, V>) {
        let graph = &self.graph;
        if !graph.is_same(&grouped.stream.graph) {
            graph.fail(TopologyError::TwoBuilders { node: "cogroup".to_owned() });
            return;
        }
        if self.inputs.iter().any(|input| input.id() == grouped.id) {
            let reason =
                "the same grouped stream is added twice; group the stream once more, with another `group_by_key`";
            graph.fail(TopologyError::Invalid { what: "cogroup".to_owned(), reason: reason.to_owned() });
        }
        let is_unnamed = |name: &Option<String>| name.is_none();
        let goes_through = grouped.stream.is_key_changed() && is_unnamed(&grouped.name);
        if goes_through && self.inputs.iter().any(|input| input.has_unnamed_repartition()) {
            let remedy = match grouped.selection {
                KeySelection::ByGroup => "`group_by(..).named(..)`",
                KeySelection::Before => "`group_by_key().named(..)`",
            };
            let reason = format!(
                "two of its streams go through a repartition topic and have no name, so both topics would be named after the store; \
                 name one with {remedy}"
            );
            graph.fail(TopologyError::Invalid { what: "cogroup".to_owned(), reason });
        }
    }
}

impl<K, A: Nullable> Clone for CogroupedKStream<K, A> {
    fn clone(&self) -> Self {
        Self { graph: self.graph.clone(), inputs: self.inputs.clone() }
    }
}
