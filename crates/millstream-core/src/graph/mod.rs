//! The logical graph: the declared nodes as data, in the order of declaration.
//!
//! It exists until the topology is built. [`passes`] add what depends on the whole graph, and [`lower`] converts it into the
//! topology. Only the factories in its leaves have types.

mod handle;
mod logical;
mod lower;
mod node;
mod passes;
mod table;

pub(crate) use handle::GraphRef;
pub(crate) use logical::GroupId;
pub(crate) use node::{
    GraphId, GraphNode, JoinPart, KeyEffect, Kind, NullKeyFilter, NullKeys, Repartition, RepartitionPlace,
    SelfJoinPlan, WithoutRow,
};
pub(crate) use table::{Demand, GraphTable};
