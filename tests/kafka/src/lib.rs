//! What the tests on a real broker are written with.
//!
//! An application runs in processes of its own ([`member`]), started by the program `member` of this package; it prints
//! its events, which the test reads. A [`feeder`] keeps writing beside it and knows exactly what it wrote; a [`reader`]
//! follows the output; a [`ledger`] tells what was lost and what was doubled. A [`scene`] puts these together, on a
//! [`broker`] that can be stopped, killed and started again. Beside them stands [`java`]: Kafka's own clients.
#![allow(clippy::disallowed_methods, reason = "tests of the real thing, in real time")]

#[path = "../../../crates/millstream-kafka/tests/support/mod.rs"]
pub mod broker;
pub mod events;
pub mod feeder;
pub mod hands;
pub mod java;
pub mod jobs;
pub mod ledger;
pub mod member;
pub mod reader;
pub mod resources;
pub mod scene;
pub mod waiting;
pub mod writer;

pub use hands::Hands;
pub use jobs::{Job, counted, lines, word_count};
pub use scene::Scene;
pub use waiting::{PATIENCE, now, until, wall_clock};

/// The guide's code is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/running-on-kafka.md")]
mod running_on_kafka {}

/// How many partitions topics have, unless told otherwise.
pub const PARTITIONS: u32 = 4;
