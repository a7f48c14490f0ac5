//! The DSL: streams and tables, and the operators between them, each in a file of its name.

mod builder;
mod graph;
mod grouped;
mod stream;
mod table;

pub use builder::StreamsBuilder;
pub(crate) use graph::GraphRef;
pub use grouped::{KGroupedStream, TimeWindowedKStream};
pub use stream::{Branched, BranchedKStream, Branches, KStream, Terminal};
pub(crate) use stream::{SinkPlan, add_source};
pub use table::KTable;
