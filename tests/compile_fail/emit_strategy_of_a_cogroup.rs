//! Windows of cogrouped streams are emitted at each update only.

use std::time::Duration;

use millstream::{EmitStrategy, StreamsBuilder, TimeWindows};

fn main() {
    let builder = StreamsBuilder::new();
    let clicks = builder.stream::<String, String>("clicks").group_by_key();
    let minutes = TimeWindows::of_size_with_no_grace(Duration::from_secs(60));
    let together = clicks.cogroup(|_user, _click, sum: i64| sum + 1).windowed_by(minutes);
    together.emit_strategy(EmitStrategy::OnWindowClose);
}
