//! The names of the nodes and stores of a stream-stream join.

use super::kind::JoinKind;
use crate::graph::{GraphRef, WithoutRow};

/// The names of the nodes and stores, those of the left side first.
pub(super) struct Names {
    pub(super) windowed: [String; 2],
    pub(super) joins: [String; 2],
    pub(super) merge: String,
    pub(super) stores: [String; 2],
    pub(super) unmatched: String,
}

impl Names {
    /// Takes the generated names in the order of Kafka Streams, also those that given names replace.
    pub(super) fn new(graph: &GraphRef, name: Option<&str>, stores: Option<&str>, kind: JoinKind) -> Self {
        let (this, this_prefix) = match kind.right() {
            WithoutRow::Keep => ("-outer-this-join", "KSTREAM-OUTERTHIS-"),
            WithoutRow::Drop => ("-this-join", "KSTREAM-JOINTHIS-"),
        };
        let (other, other_prefix) = match kind.left() {
            WithoutRow::Keep => ("-outer-other-join", "KSTREAM-OUTEROTHER-"),
            WithoutRow::Drop => ("-other-join", "KSTREAM-JOINOTHER-"),
        };
        let given = |suffix: &str| name.map(|name| format!("{name}{suffix}"));
        let windowed = ["-this-windowed", "-other-windowed"]
            .map(|suffix| graph.name_or_generate(given(suffix), "KSTREAM-WINDOWED-"));
        let generated = [graph.generate(this_prefix), graph.generate(other_prefix)];
        let merge = graph.name_or_generate(given("-merge"), "KSTREAM-MERGE-");
        let number = generated[0].strip_prefix(this_prefix).unwrap_or_default();
        let unmatched = match stores {
            None => graph.generated(format!("KSTREAM-OUTERSHARED-{number}-store")),
            Some(stores) if kind == JoinKind::Outer => format!("{stores}-outer-shared-join-store"),
            Some(stores) => format!("{stores}-left-shared-join-store"),
        };
        let store = |generated: &String, suffix: &str| match stores {
            Some(stores) => format!("{stores}{suffix}-store"),
            None => format!("{generated}-store"),
        };
        let stores = [store(&generated[0], this), store(&generated[1], other)].map(|name| graph.valid(name));
        let [this_join, other_join] = generated;
        let joins = [given(this).unwrap_or(this_join), given(other).unwrap_or(other_join)];
        Self { windowed, joins, merge, stores, unmatched }
    }
}
