//! The handle of a grouped table.

use millstream_types::{Data, Serde};

use super::repartition::{TableRepartition, rename_after};
use crate::graph::{GraphId, GraphRef, GroupId};
use crate::options::{CarriedSerdes, KeySerde, ValueSerde};

/// A table that is grouped by another key with `group_by`, to be counted, reduced or aggregated.
pub struct KGroupedTable<K, V> {
    pub(super) graph: GraphRef,
    /// The node that selects groups and values.
    select: GraphId,
    pub(super) serdes: CarriedSerdes<K, V>,
    name: Option<String>,
    /// Aggregations of a named group share a repartition.
    id: GroupId,
}

impl<K: Data, V: Data> KGroupedTable<K, V> {
    pub(in crate::dsl) fn new(graph: &GraphRef, select: GraphId, serdes: CarriedSerdes<K, V>) -> Self {
        Self { graph: graph.clone(), select, serdes, name: None, id: graph.add_group() }
    }

    /// Names the group, and with it its repartition topic: `<application id>-<name>-repartition`. Without a name the topic has that
    /// of the aggregation's store.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let cities = builder.table::<String, String>("cities-of-users", "cities");
    /// cities.group_by(|user, city| (city, user.clone())).named("by-city").count("users-per-city");
    /// ```
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        let name = self.graph.valid(name.into());
        self.graph.rename(self.select, name.clone());
        self.name = Some(name);
        self
    }

    /// Sets the serde of keys in the repartition topic and the store, instead of the type's own.
    ///
    /// # Examples
    /// ```
    /// # use millstream_types::Serde;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let cities = builder.table::<String, String>("cities-of-users", "cities");
    /// cities.group_by(|user, city| (city, user.clone())).key_serde(Serde::of_type()).count("users-per-city");
    /// ```
    #[must_use]
    pub fn key_serde(mut self, serde: Serde<K>) -> Self {
        self.serdes.key = KeySerde::given(serde);
        self
    }

    /// Sets the serde of values in the repartition topic, instead of the type's own. There they are parts of changes.
    ///
    /// # Examples
    /// ```
    /// # use millstream_types::Serde;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let cities = builder.table::<String, String>("cities-of-users", "cities");
    /// cities.group_by(|user, city| (city, user.clone())).value_serde(Serde::of_type()).count("users-per-city");
    /// ```
    #[must_use]
    pub fn value_serde(mut self, serde: Serde<V>) -> Self {
        self.serdes.value = ValueSerde::given(serde);
        self
    }

    /// The repartition of the group for an aggregation into `store`, which is named after one of them.
    pub(super) fn repartition(&self, store: &str) -> Repartitioned {
        let graph = &self.graph;
        let plan = TableRepartition::new(graph, self.name.as_deref().unwrap_or(store), &self.serdes);
        match graph.group_repartition(self.id).filter(|_| self.name.is_some()) {
            Some(node) => Repartitioned { node, is_shared: true },
            None => {
                let node = plan.add(graph, self.select);
                graph.set_group_repartition(self.id, node);
                Repartitioned { node, is_shared: false }
            }
        }
    }
}

/// The source of a repartition.
pub(super) struct Repartitioned {
    pub(super) node: GraphId,
    /// Whether another aggregation of the group has added it.
    is_shared: bool,
}

impl Repartitioned {
    /// Lets the nodes of the repartition be named after the aggregation that has added it, as in Kafka Streams.
    pub(super) fn name_after(&self, graph: &GraphRef, aggregation: GraphId) {
        if !self.is_shared {
            rename_after(graph, aggregation, self.node);
        }
    }
}

impl<K, V> Clone for KGroupedTable<K, V> {
    fn clone(&self) -> Self {
        Self {
            graph: self.graph.clone(),
            select: self.select,
            serdes: self.serdes.clone(),
            name: self.name.clone(),
            id: self.id,
        }
    }
}
