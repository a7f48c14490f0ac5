//! A stream grouped by key, ready to be aggregated.

mod aggregate;
mod count;
mod node;
mod reduce;
mod windowed;

use std::cell::RefCell;
use std::rc::Rc;

use millstream_types::{Nullable, Serde};

pub use windowed::TimeWindowedKStream;

use super::KStream;
use super::graph::GraphId;
use super::stream::RepartitionPlan;
use crate::options::{KeySerde, ValueSerde};
use crate::windows::TimeWindows;

/// Records grouped by key: what `group_by` and `group_by_key` return, to be counted, reduced or aggregated.
pub struct KGroupedStream<K, V> {
    stream: KStream<K, V>,
    /// Whether grouping itself selected the key, in an operator that shares the group's name.
    selects_key: bool,
    name: Option<String>,
    /// The repartition that several aggregations of a named group share.
    repartitioned: Rc<RefCell<Option<GraphId>>>,
}

impl<K: Nullable, V: Nullable> KGroupedStream<K, V> {
    pub(super) fn new(stream: KStream<K, V>, selects_key: bool) -> Self {
        Self { stream, selects_key, name: None, repartitioned: Rc::default() }
    }

    /// Names the group, and with it its repartition topic if it needs one: `<application id>-<name>-repartition`.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if self.selects_key {
            self.stream.graph.rename(self.stream.node, name.clone());
        }
        self.name = Some(self.stream.graph.valid(name));
        self
    }

    /// Writes and keeps keys with this serde instead of the stream's.
    #[must_use]
    pub fn key_serde(mut self, serde: Serde<K::Present>) -> Self {
        self.stream.serdes.key = KeySerde::given(serde);
        self
    }

    /// Writes values with this serde instead of the stream's.
    #[must_use]
    pub fn value_serde(mut self, serde: Serde<V::Present>) -> Self {
        self.stream.serdes.value = ValueSerde::given(serde);
        self
    }

    /// Aggregates per window of time, besides per key.
    pub fn windowed_by(&self, windows: TimeWindows) -> TimeWindowedKStream<K, V> {
        TimeWindowedKStream::new(self.clone(), windows)
    }

    /// The stream to aggregate: this one, or its repartition, named after the group or else after the store.
    fn partitioned(&self, store: &str) -> KStream<K, V> {
        let stream = &self.stream;
        if !stream.key_changed {
            return stream.clone();
        }
        let name = self.name.as_deref().unwrap_or(store);
        let plan = RepartitionPlan::new(&stream.graph, name, stream.serdes.clone());
        let shared = self.repartitioned.borrow().filter(|_| self.name.is_some());
        let node = shared.unwrap_or_else(|| plan.add(&stream.graph, stream.node));
        *self.repartitioned.borrow_mut() = Some(node);
        KStream::new(&stream.graph, node, [node].into(), stream.serdes.clone(), false)
    }
}

impl<K, V> Clone for KGroupedStream<K, V> {
    fn clone(&self) -> Self {
        Self {
            stream: self.stream.clone(),
            selects_key: self.selects_key,
            name: self.name.clone(),
            repartitioned: Rc::clone(&self.repartitioned),
        }
    }
}
