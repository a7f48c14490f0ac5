//! Sending a type that has no serde through a repartition topic.

use millstream::StreamsBuilder;

#[derive(Clone)]
struct Order;

fn main() {
    let builder = StreamsBuilder::new();
    let orders = builder.stream::<String, i64>("totals").map_values(|_, _| Order);
    orders.repartition("by-key");
}
