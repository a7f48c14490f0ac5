//! Streams that are grouped by key, for aggregations.

mod aggregate;
mod cogroup;
mod count;
mod emission;
mod node;
mod reduce;
mod session;
mod session_node;
mod sliding;
mod sliding_node;
mod window_rows;
mod windowed;
mod windowed_by;

use millstream_types::{Nullable, Serde};

pub use cogroup::{CogroupedKStream, SessionWindowedCogroupedKStream, TimeWindowedCogroupedKStream};
pub use session::SessionWindowedKStream;
pub use sliding::SlidingWindowedKStream;
pub use windowed::TimeWindowedKStream;
pub use windowed_by::Windows;

use super::KStream;
use super::stream::RepartitionPlan;
use crate::graph::{GraphId, GroupId};
use crate::options::{KeySerde, ValueSerde};

/// Where the key of a group is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeySelection {
    /// By an operator of the group, which has its name.
    ByGroup,
    /// Before the group: it is the key of the stream.
    Before,
}

/// A stream that is grouped by key with `group_by` or `group_by_key`, to be counted, reduced or aggregated.
pub struct KGroupedStream<K, V> {
    stream: KStream<K, V>,
    selection: KeySelection,
    name: Option<String>,
    /// Aggregations of a named group share a repartition.
    id: GroupId,
}

impl<K: Nullable, V: Nullable> KGroupedStream<K, V> {
    pub(super) fn new(stream: KStream<K, V>, selection: KeySelection) -> Self {
        let id = stream.graph.add_group();
        Self { stream, selection, name: None, id }
    }

    /// Names the group, and with it its repartition topic if it needs one: `<application id>-<name>-repartition`.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let words = builder.stream::<String, String>("words");
    /// words.group_by(|_key, word| word.clone()).named("by-word").count("counts");
    /// ```
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if self.selection == KeySelection::ByGroup {
            self.stream.graph.rename(self.stream.node, name.clone());
        }
        self.name = Some(self.stream.graph.valid(name));
        self
    }

    /// Sets the serde of keys in topics and stores, instead of the stream's.
    ///
    /// # Examples
    /// ```
    /// # use millstream_types::Serde;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let words = builder.stream::<String, String>("words");
    /// words.group_by_key().key_serde(Serde::of_type()).count("counts");
    /// ```
    #[must_use]
    pub fn key_serde(mut self, serde: Serde<K::Present>) -> Self {
        self.stream.serdes.key = KeySerde::given(serde);
        self
    }

    /// Sets the serde of values in topics, instead of the stream's.
    ///
    /// # Examples
    /// ```
    /// # use millstream_types::Serde;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let words = builder.stream::<String, String>("words");
    /// words.group_by_key().value_serde(Serde::of_type()).reduce("longest", |a, b| if a.len() < b.len() { b } else { a });
    /// ```
    #[must_use]
    pub fn value_serde(mut self, serde: Serde<V::Present>) -> Self {
        self.stream.serdes.value = ValueSerde::given(serde);
        self
    }

    /// The stream to aggregate: this one, or its repartition, which is named after the group or the store.
    fn partitioned(&self, store: &str) -> KStream<K, V> {
        self.partitioned_by(store, None)
    }

    /// [`partitioned`](Self::partitioned) with a repartition that there is already, if any.
    fn partitioned_by(&self, store: &str, repartition: Option<GraphId>) -> KStream<K, V> {
        let stream = &self.stream;
        if !stream.is_key_changed() {
            return stream.clone();
        }
        let graph = &stream.graph;
        let name = self.name.as_deref().unwrap_or(store);
        let plan = RepartitionPlan::new(graph, name, stream.serdes.clone());
        let shared = repartition.or_else(|| graph.group_repartition(self.id).filter(|_| self.name.is_some()));
        let node = shared.unwrap_or_else(|| plan.add(graph, stream.node));
        graph.set_group_repartition(self.id, node);
        KStream::new(graph, node, stream.serdes.clone())
    }
}

impl<K, V> Clone for KGroupedStream<K, V> {
    fn clone(&self) -> Self {
        Self { stream: self.stream.clone(), selection: self.selection, name: self.name.clone(), id: self.id }
    }
}
