//! Merging streams of different values.

use millstream::StreamsBuilder;

fn main() {
    let builder = StreamsBuilder::new();
    let numbers = builder.stream::<String, i64>("numbers");
    let texts = builder.stream::<String, String>("texts");
    numbers.merge(&texts).to("all");
}
