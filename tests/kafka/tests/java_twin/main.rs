//! Millstream beside Kafka's own clients and Kafka Streams: each reads what the other wrote and goes on where it stopped.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests of the real thing, in real time")]

mod continuing;
mod sharing;
mod stage;
mod topologies;
