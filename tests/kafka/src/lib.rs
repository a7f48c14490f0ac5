//! The tools of the tests on a real broker.
//!
//! A [`member`] is an application in a process of its own: the program `member` of this package, whose events the test reads.
//! A [`feeder`] writes numbered lines while the test runs, a [`reader`] reads the output, and a [`ledger`] shows which lines
//! were lost or processed twice. A [`scene`] has all of these, and a [`broker`] that can be stopped, killed and started again.
//! A [`history`] shows which member ran which task when.
//! [`java`] runs Kafka's own clients and Kafka Streams.
#![allow(clippy::disallowed_methods, reason = "tests of the real thing, in real time")]

#[path = "../../../crates/millstream-kafka/tests/support/mod.rs"]
pub mod broker;
pub mod client;
pub mod events;
pub mod feeder;
pub mod history;
pub mod java;
pub mod jobs;
pub mod ledger;
pub mod member;
pub mod reader;
pub mod resources;
pub mod scene;
pub mod waiting;
pub mod writer;

pub use client::TestClient;
pub use jobs::{Job, counted, lines, word_count};
pub use scene::Scene;
pub use waiting::{PATIENCE, now, until, until_with_progress, wall_clock};

/// The guide's code is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/running-on-kafka.md")]
mod running_on_kafka {}

/// The default number of partitions of a topic.
pub const PARTITIONS: u32 = 4;
