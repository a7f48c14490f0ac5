//! Joins of two tables by a foreign key: `join_foreign` and `left_join_foreign`.
//!
//! A row of the left table *subscribes* to the row of the right table whose key is its foreign key. A task of the right table
//! keeps the subscriptions to its rows, and sends a *response* to the left row's task when the row that it subscribes to
//! changes. A response has the hash of the left row that it answers, so that it is dropped if that has changed meanwhile.
//!
//! ```text
//! left table  -> send -> [registration topic] -> receive -> look up -+
//!                                                (subscriptions)     +-> [response topic] -> resolve -> result
//! right table ------------------------------------------> scan ------+
//! ```
//!
//! | file | node |
//! |---|---|
//! | `send` | what a change of the left table means for the subscriptions of its row |
//! | `receive` | keeps subscriptions in their store |
//! | `look_up` | answers a subscription with the present row of the right table |
//! | `scan` | answers all subscriptions to a row of the right table that has changed |
//! | `resolve` | joins the left row with a response |

mod hash;
mod kind;
mod look_up;
mod names;
mod operators;
mod plan;
mod receive;
mod resolve;
mod response;
mod result;
mod scan;
mod send;
mod subscription;
mod with;

pub use with::ForeignKeyed;
