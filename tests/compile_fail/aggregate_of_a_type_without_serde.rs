//! Aggregating into a type that has no serde, and so cannot be kept in a store.

use millstream::StreamsBuilder;

#[derive(Clone)]
struct Sum(i64);

fn main() {
    let builder = StreamsBuilder::new();
    let amounts = builder.stream::<String, i64>("amounts").group_by_key();
    amounts.aggregate("sums", || Sum(0), |_, amount, sum| Sum(sum.0 + amount));
}
