//! Joins of two tables: `join`, `left_join` and `outer_join`.
//!
//! A join is three nodes: one for the changes of each side, which looks up the row of the other side, and one that merges
//! their results and keeps the rows if the table is materialised.

mod merge;
mod operators;
mod plan;
mod side;
mod view;
