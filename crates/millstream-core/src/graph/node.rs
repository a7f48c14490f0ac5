//! The nodes of the logical graph.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use millstream_state::StoreIndex;

use crate::options::ResetPolicy;
use crate::partitioning::Partitioning;
use crate::stores::SerdeNames;
use crate::topology::{BuildNode, BuildSource, RecordTypes, SourceTopics, TableId, TopicName};

/// The index of a node in the graph, in the order of declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GraphId(pub(super) usize);

/// A declared operator, with what passes have added.
pub(crate) struct GraphNode {
    pub(crate) name: String,
    pub(crate) parents: Vec<GraphId>,
    pub(crate) kind: Kind,
    /// Whether the node may change keys.
    pub(crate) key: KeyEffect,
    /// The types that it forwards; `None` for a sink.
    pub(crate) forwards: Option<RecordTypes>,
    /// The stores that it is connected to.
    pub(crate) stores: Vec<StoreIndex>,
}

/// Writes the node in one line, for [`StreamsBuilder`](crate::StreamsBuilder).
impl fmt::Debug for GraphNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind.label(), self.name)?;
        if !self.parents.is_empty() {
            write!(f, ", below {:?}", self.parents.iter().map(|parent| parent.0).collect::<Vec<_>>())?;
        }
        if let Some(types) = self.forwards {
            write!(f, ", forwards {types}")?;
        }
        if let Some(serdes) = self.kind.serdes() {
            write!(f, ", serdes: {serdes}")?;
        }
        if self.key == KeyEffect::MayChange {
            f.write_str(", may change keys")?;
        }
        if !self.stores.is_empty() {
            write!(f, ", uses stores {:?}", self.stores.iter().map(|store| store.index()).collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

/// The effect of an operator on keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyEffect {
    Keeps,
    /// It keeps keys and replaces values, so that a repartition below it cannot be moved above it.
    KeepsWithOtherValues,
    /// Grouping and joining the stream goes through a repartition topic.
    MayChange,
}

/// The kind of a node, with its factory.
pub(crate) enum Kind {
    /// Reads topics.
    Source { topics: SourceTopics, reset: Option<ResetPolicy>, serdes: SerdeNames, build: BuildSource },
    /// Looks at one record at a time, `merge` included.
    Stateless { build: BuildNode },
    /// A user's processor.
    Processor { build: BuildNode },
    /// Adds the records of one of several streams to the rows of a table.
    Cogroup { build: BuildNode },
    /// Computes the changes of a table: from a topic, by an aggregation, or from another table.
    Table { table: TableId, build: BuildNode },
    /// A user's processor that computes the changes of a table from another one.
    TableProcessor { table: TableId, build: BuildNode },
    /// Looks up a row of a table for each record of a stream.
    StreamTableJoin { table: TableId, without_row: WithoutRow, grace: Option<Duration>, build: BuildNode },
    /// Looks up a row of the other table for each record of one side of a join of two tables.
    TableJoin { other: TableId, build: BuildNode },
    /// A node of a join of two streams.
    StreamJoin { part: JoinPart, build: BuildNode },
    /// Removed by a pass.
    Removed,
    /// Reads the topic of a global store.
    GlobalSource { topics: Vec<TopicName>, serdes: SerdeNames, build: BuildSource },
    /// Looks up a row of a global table for each record of a stream.
    GlobalJoin { without_row: WithoutRow, build: BuildNode },
    /// Sends a stream through a repartition topic.
    Repartition(Box<Repartition>),
    /// Writes to a topic; `None` if it is computed for each record.
    Sink { topic: Option<TopicName>, serdes: SerdeNames, partitioning: Partitioning, build: BuildNode },
}

impl Kind {
    fn label(&self) -> &'static str {
        match self {
            Self::Source { .. } => "source",
            Self::Stateless { .. } => "stateless operator",
            Self::Processor { .. } => "processor",
            Self::Cogroup { .. } => "stream of a cogroup",
            Self::Table { .. } => "table",
            Self::TableProcessor { .. } => "processor of a table",
            Self::StreamTableJoin { .. } => "stream-table join",
            Self::TableJoin { .. } => "side of a join of tables",
            Self::StreamJoin { .. } => "stream-stream join",
            Self::GlobalSource { .. } => "global source",
            Self::GlobalJoin { .. } => "stream-global join",
            Self::Removed => "removed node",
            Self::Repartition(_) => "repartition",
            Self::Sink { .. } => "sink",
        }
    }

    /// The serdes of a node that reads or writes a topic.
    pub(super) fn serdes(&self) -> Option<&SerdeNames> {
        match self {
            Self::Source { serdes, .. } | Self::GlobalSource { serdes, .. } | Self::Sink { serdes, .. } => Some(serdes),
            Self::Repartition(repartition) => Some(&repartition.serdes),
            Self::Stateless { .. }
            | Self::Processor { .. }
            | Self::Cogroup { .. }
            | Self::Table { .. }
            | Self::TableProcessor { .. }
            | Self::StreamTableJoin { .. }
            | Self::TableJoin { .. }
            | Self::StreamJoin { .. }
            | Self::GlobalJoin { .. }
            | Self::Removed => None,
        }
    }
}

/// The part of a stream-stream join that a node is.
pub(crate) enum JoinPart {
    /// Keeps the records of one side.
    Window,
    /// Looks for matches in the other side's store.
    Side,
    /// Merges the results of both sides.
    Merge {
        /// Whether the join keeps records without a match, also those with a null key.
        without_match: WithoutRow,
        /// How the join is built if both sides are one stream; `None` if it is not an inner join.
        self_join: Option<Box<SelfJoinPlan>>,
    },
}

/// The join of a stream with itself over a single store: the merging node does it all.
pub(crate) struct SelfJoinPlan {
    /// The node that keeps the records of the left side.
    pub(crate) kept: GraphId,
    /// The other nodes above the merging one.
    pub(crate) removed: [GraphId; 3],
    /// The store of the left side.
    pub(crate) store: StoreIndex,
    pub(crate) build: BuildNode,
}

/// What a join does with a record without a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WithoutRow {
    /// An inner join drops the record.
    Drop,
    /// A left join keeps the record, also if its key is null.
    Keep,
}

/// Whether a repartition keeps records with a null key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum NullKeys {
    #[default]
    Dropped,
    /// They are kept for a left join below.
    Pass,
}

/// The filter of null keys before a repartition topic.
pub(crate) struct NullKeyFilter {
    pub(crate) name: Arc<str>,
    pub(crate) build: fn(NullKeys) -> BuildNode,
}

/// Whether a repartition can be moved up to the operator that has changed the keys, and be merged with others there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RepartitionPlace {
    /// It cannot: the user has declared it, or it is one of a table.
    Fixed,
    /// It can: a group, a join or a table of a stream needs it.
    Movable,
}

/// A repartition: a filter of null keys, a sink, a topic, a source.
pub(crate) struct Repartition {
    pub(crate) place: RepartitionPlace,
    pub(crate) topic: TopicName,
    /// The number of partitions, if the user has set it.
    pub(crate) partitions: Option<u32>,
    /// `None` where no key is null, or null keys are sent too.
    pub(crate) filter: Option<NullKeyFilter>,
    pub(crate) sink_name: Arc<str>,
    pub(crate) serdes: SerdeNames,
    pub(crate) null_keys: NullKeys,
    pub(crate) partitioning: Partitioning,
    pub(crate) sink: BuildNode,
    pub(crate) source: BuildSource,
}
