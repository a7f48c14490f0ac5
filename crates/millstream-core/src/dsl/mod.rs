//! The DSL: streams, tables, and their operators, each in a file with its name.

mod builder;
mod global_source;
mod global_store;
mod global_table;
mod grouped;
mod grouped_table;
mod read_only_store;
mod source_changelog;
mod stream;
mod table;

pub use builder::StreamsBuilder;
pub(crate) use global_store::GlobalPlan;
pub use global_table::{GlobalBy, GlobalKTable};
pub use grouped::{
    CogroupedKStream, KGroupedStream, SessionWindowedCogroupedKStream, SessionWindowedKStream, SlidingWindowedKStream,
    TimeWindowedCogroupedKStream, TimeWindowedKStream, Windows,
};
pub use grouped_table::KGroupedTable;
pub(crate) use read_only_store::ReadOnlyPlan;
pub use stream::{Branched, BranchedKStream, Branches, KStream, Terminal};
pub(crate) use stream::{SinkPlan, source_factory};
pub use table::{ForeignKeyed, KTable};
