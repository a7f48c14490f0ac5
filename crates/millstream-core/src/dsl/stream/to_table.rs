//! `to_table`.

use millstream_types::Nullable;

use super::{KStream, name_after_table, repartition_for_table};
use crate::dsl::table::{KTable, TableSourcePlan};
use crate::options::Materialized;

impl<K, V> KStream<K, V> {
    /// Converts the stream into a table: each record replaces the row of its key, a null value deletes it, and a record with a
    /// null key is skipped. If an operator before may have changed the key, the stream goes through a repartition topic.
    ///
    /// With `()` keys building the topology fails.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let latest = builder.stream::<String, Option<String>>("events").to_table("latest-event");
    /// latest.to_stream().to("changes");
    /// ```
    pub fn to_table(
        &self,
        materialized: impl Into<Materialized<K::Present, V::Present>>,
    ) -> KTable<K::Present, V::Present>
    where
        K: Nullable,
        V: Nullable,
    {
        let name = self.graph.generate("KSTREAM-TOTABLE-");
        self.graph.require_keys::<K>("to_table");
        let plan = TableSourcePlan::new(&self.graph, materialized.into(), "KSTREAM-TOTABLE-", &self.serdes);
        if !self.is_key_changed() {
            return plan.add::<K, V>(&self.graph, name, self.node);
        }
        let repartitioned = repartition_for_table(self, &name);
        let table = plan.add::<K, V>(&self.graph, name, repartitioned.node);
        name_after_table(&repartitioned, table.node);
        table
    }
}
