//! The DSL: streams, tables, and their operators, each in a file with its name.

mod builder;
mod global_source;
mod global_store;
mod global_table;
mod grouped;
mod grouped_table;
mod stream;
mod table;

pub use builder::StreamsBuilder;
pub use global_table::{GlobalBy, GlobalKTable};
pub use grouped::{KGroupedStream, SessionWindowedKStream, SlidingWindowedKStream, TimeWindowedKStream, Windows};
pub use grouped_table::KGroupedTable;
pub use stream::{Branched, BranchedKStream, Branches, KStream, Terminal};
pub(crate) use stream::{SinkPlan, source_factory};
pub use table::{ForeignKeyed, KTable};
