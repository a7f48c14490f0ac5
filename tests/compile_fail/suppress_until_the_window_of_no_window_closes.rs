//! Waiting for the closing of windows in a table that has none.

use millstream::{BufferConfig, StreamsBuilder, Suppressed};

fn main() {
    let builder = StreamsBuilder::new();
    let stock = builder.table::<String, i64>("stock", "stock");
    stock.suppress(Suppressed::until_window_closes(BufferConfig::unbounded())).to_stream().to("final-stock");
}
