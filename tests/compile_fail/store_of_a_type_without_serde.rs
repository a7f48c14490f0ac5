//! Declaring a store of a type that has no serde.

use millstream::Store;

#[derive(Clone)]
struct Order;

fn main() {
    let _ = Store::key_value::<String, Order>("orders");
}
