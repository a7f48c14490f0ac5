//! Reading a topic as a table of a type that has no serde.

use millstream::StreamsBuilder;

#[derive(Clone)]
struct User;

fn main() {
    let builder = StreamsBuilder::new();
    builder.table::<String, User>("users", "users");
}
