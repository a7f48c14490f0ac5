//! The logical graph that the DSL's calls write: nodes that say what they are, in the order they were declared.
//!
//! It exists until the topology is built. [`passes`] add what only the whole graph shows, and [`lower`] makes the
//! topology of it. Only the factories in its leaves are typed.

mod handle;
mod logical;
mod lower;
mod node;
mod passes;
mod table;

pub(crate) use handle::GraphRef;
pub(crate) use logical::GroupId;
pub(crate) use node::{GraphId, GraphNode, KeyEffect, Kind, NullKeys, Repartition, WithoutRow};
pub(crate) use table::{Demand, GraphTable};
