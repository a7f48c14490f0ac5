//! Forgetting to end a split: without `default_branch` or `no_default_branch` its branches cannot be had.

#![deny(unused_must_use)]

use millstream::StreamsBuilder;

fn main() {
    let builder = StreamsBuilder::new();
    let orders = builder.stream::<String, i64>("orders");
    orders.split().branch("large", |_, amount| *amount > 1_000);
}
