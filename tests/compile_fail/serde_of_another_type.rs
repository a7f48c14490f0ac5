//! Giving a sink the serde of another type.

use millstream::{Produced, Serde, StreamsBuilder};

fn main() {
    let builder = StreamsBuilder::new();
    let totals = builder.stream::<String, i64>("totals");
    totals.to(Produced::topic("copies").value_serde(Serde::<String>::json()));
}
