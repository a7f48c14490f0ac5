//! Grouping by a key that has no serde, and so cannot go through a repartition topic.

use millstream::StreamsBuilder;

#[derive(Clone)]
struct City(String);

fn main() {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("addresses").group_by(|_, city| City(city.clone()));
}
