//! Tables that are grouped by another key, for aggregations of their present rows.

mod aggregate;
mod count;
mod group;
mod node;
mod reduce;
mod repartition;

pub use group::KGroupedTable;
