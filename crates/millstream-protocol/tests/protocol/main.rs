//! Tests of all messages, by way of random values.

#![expect(clippy::unwrap_used, reason = "tests")]

mod fill;
mod frames;
mod golden;
mod messages;
mod mutations;
mod regenerated;
mod round_trips;
mod second_opinion;
