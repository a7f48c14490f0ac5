//! Writing a type that has no serde to a topic.

use millstream::StreamsBuilder;

#[derive(Clone)]
struct Order {
    _total: i64,
}

fn main() {
    let builder = StreamsBuilder::new();
    let orders = builder.stream::<String, i64>("totals").map_values(|_, total| Order { _total: total });
    orders.to("orders");
}
