//! What a sub-topology does, as a number that the instances of an application compare.

use std::fmt::{self, Write};

use super::spec::{NodeId, NodeKind, Spec};

/// The digest of the sub-topology with these nodes: of its shape, its topics and patterns, and its stores, which `stores` describes.
///
/// Names of operators do not count, since generated ones change with the operators before them, in other sub-topologies too. A user's
/// functions cannot count.
pub(super) fn digest(spec: &Spec, nodes: &[NodeId], stores: &str) -> u64 {
    let mut hash = Fnv1a::default();
    // Writing to it does not fail.
    _ = write_nodes(&mut hash, spec, nodes).and_then(|()| hash.write_str(stores));
    hash.0
}

fn write_nodes(to: &mut impl Write, spec: &Spec, nodes: &[NodeId]) -> fmt::Result {
    for node in nodes.iter().map(|node| spec.node(*node)) {
        match &node.kind {
            NodeKind::Source { topics, .. } => write!(to, "source {topics}")?,
            NodeKind::Processor { .. } => write!(to, "processor")?,
            NodeKind::Sink { topic: Some(topic), .. } => write!(to, "sink {}", topic.name)?,
            NodeKind::Sink { topic: None, .. } => write!(to, "sink of computed topics")?,
        }
        for parent in &node.parents {
            let place = nodes.iter().position(|node| node == parent);
            write!(to, " after {}", place.unwrap_or(usize::MAX))?;
        }
        for store in &node.stores {
            write!(to, " with {}", spec.stores[store.index()].definition.name)?;
        }
        writeln!(to)?;
    }
    Ok(())
}

/// The hash FNV-1a of 64 bits: it has to be the same in every build, which the hash of the standard library need not be.
///
/// Source: RFC 9923.
struct Fnv1a(u64);

impl Default for Fnv1a {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Write for Fnv1a {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{Materialized, StreamsBuilder, Topology};

    fn topology<T>(build: impl FnOnce(&StreamsBuilder) -> T) -> Topology {
        let builder = StreamsBuilder::new();
        drop(build(&builder));
        builder.build().unwrap()
    }

    fn copy(builder: &StreamsBuilder) {
        builder.stream::<String, String>("in").filter(|_, _| true).to("out");
    }

    fn count(builder: &StreamsBuilder, store: &str) {
        builder.stream::<String, String>("words").group_by_key().count(store).to_stream().to("counts");
    }

    fn digests(topology: &Topology) -> Vec<u64> {
        topology.subtopologies().iter().map(|subtopology| subtopology.digest).collect()
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        let hash = |text: &str| {
            let mut hash = Fnv1a::default();
            hash.write_str(text).unwrap();
            hash.0
        };
        assert_eq!(
            (hash(""), hash("a"), hash("foobar")),
            (0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c, 0x8594_4171_f739_67e8)
        );
    }

    /// A new pipeline before another one gives the operators of the other one other names, and its sub-topology another number.
    #[test]
    fn it_is_the_same_after_another_sub_topology_was_added_in_front() {
        let before = digests(&topology(|builder| count(builder, "counts")));
        let after = digests(&topology(|builder| {
            copy(builder);
            count(builder, "counts");
        }));
        assert_eq!(before[..], after[1..]);
        assert_ne!(after[0], after[1]);
    }

    #[test]
    fn another_store_topic_type_or_operator_changes_it() {
        fn digest<T>(build: impl FnOnce(&StreamsBuilder) -> T) -> u64 {
            digests(&topology(build))[0]
        }
        let different = [
            digest(|builder| count(builder, "counts")),
            digest(|builder| count(builder, "other")),
            digest(|builder| builder.stream::<String, String>("words").to("counts")),
            digest(|builder| builder.stream::<String, String>("words").filter(|_, _| true).to("counts")),
            digest(|builder| builder.stream::<String, String>("words").to("other")),
            digest(|builder| builder.stream::<String, String>("lines").to("counts")),
            digest(|builder| builder.table::<String, String>("in", "rows")),
            digest(|builder| builder.table::<String, i64>("in", "rows")),
            digest(|builder| builder.table::<String, i64>("in", Materialized::named("rows").without_logging())),
        ];
        let distinct: std::collections::BTreeSet<u64> = different.into_iter().collect();
        assert_eq!(distinct.len(), different.len(), "{different:x?}");
    }
}
