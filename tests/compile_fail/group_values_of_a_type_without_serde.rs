//! Grouping values that have no serde, and so cannot go through a repartition topic.

use millstream::StreamsBuilder;

#[derive(Clone)]
struct Order;

fn main() {
    let builder = StreamsBuilder::new();
    let orders = builder.stream::<String, i64>("totals").map_values(|_, _| Order);
    orders.group_by_key();
}
