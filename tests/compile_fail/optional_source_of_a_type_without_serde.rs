//! Reading an `Option` of a type that has no serde.

use millstream::StreamsBuilder;

#[derive(Clone)]
struct Order;

fn main() {
    let builder = StreamsBuilder::new();
    builder.stream::<String, Option<Order>>("orders");
}
