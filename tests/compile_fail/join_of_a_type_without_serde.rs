//! Joining values that have no serde, and so may have to go through a repartition topic.

use millstream::StreamsBuilder;

#[derive(Clone)]
struct Order;

fn main() {
    let builder = StreamsBuilder::new();
    let users = builder.table::<String, String>("users", "users");
    let orders = builder.stream::<String, i64>("totals").map_values(|_, _| Order);
    orders.join(&users, |_, _, user| user.clone()).to("buyers");
}
