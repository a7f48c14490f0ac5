//! Taking a table's changes for values that are there: a table deletes, so its stream holds `Option`s.

use millstream::{KStream, StreamsBuilder};

fn main() {
    let builder = StreamsBuilder::new();
    let counts = builder.stream::<String, String>("clicks").group_by_key().count("counts");
    let _changes: KStream<String, i64> = counts.to_stream();
}
