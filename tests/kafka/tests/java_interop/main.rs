//! Millstream beside Kafka's own clients and Kafka Streams: each reads what the other wrote and goes on where it stopped.
//! The Java side is in `tests/kafka/java`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests of the real thing, in real time")]

mod aggregating;
mod counting;
mod joining;
mod language;
mod offsets;
mod sharing;
mod stage;
mod topologies;
