//! The DSL: streams and tables, and the operators between them, each in a file of its name.

mod builder;
mod grouped;
mod stream;
mod table;

pub use builder::StreamsBuilder;
pub use grouped::{KGroupedStream, TimeWindowedKStream};
pub use stream::{Branched, BranchedKStream, Branches, KStream, Terminal};
pub(crate) use stream::{SinkPlan, source_factory};
pub use table::KTable;
