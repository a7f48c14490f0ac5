//! Lets the topics of tables serve as the changelogs of their stores.

use crate::graph::logical::Graph;

/// Restores the stores of tables that are read from one topic from this topic, if that is wanted, and logs no update of them. A table
/// of a stream is not read from a topic, so it keeps its changelog; also one whose stream goes through a repartition.
///
/// As in Kafka Streams (`TableSourceNode.writeToTopology`), it does not matter whether the logging of the store was switched off.
pub(in crate::graph) fn source_changelogs(graph: &mut Graph) {
    if !graph.optimizations.source_topics {
        return;
    }
    for table in &graph.tables {
        if let (Some(source), Some(store), Some(_)) = (&table.source, table.store, table.kept_since) {
            graph.spec.restore_from_source(store, source.clone());
        }
    }
}
