//! Final results of windows from a buffer that may forward others when it is full.

use std::time::Duration;

use millstream::{BufferConfig, StreamsBuilder, Suppressed, TimeWindows};

fn main() {
    let builder = StreamsBuilder::new();
    let minutes = TimeWindows::of_size_with_no_grace(Duration::from_secs(60));
    let counts = builder.stream::<String, String>("clicks").group_by_key().windowed_by(minutes).count("per-minute");
    counts.suppress(Suppressed::until_window_closes(BufferConfig::max_records(1_000)));
}
