//! A table of `Option`s: a table's rows are there or deleted, so it names the type itself.

use millstream::StreamsBuilder;

fn main() {
    let builder = StreamsBuilder::new();
    builder.table::<String, Option<String>>("users", "users");
}
