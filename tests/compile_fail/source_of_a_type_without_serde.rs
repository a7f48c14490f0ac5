//! Reading a type that has no serde from a topic.

use millstream::StreamsBuilder;

#[derive(Clone)]
struct Order;

fn main() {
    let builder = StreamsBuilder::new();
    builder.stream::<String, Order>("orders");
}
