//! Windows of a duration: the kind of the windows is missing.

use std::time::Duration;

use millstream::StreamsBuilder;

fn main() {
    let builder = StreamsBuilder::new();
    let clicks = builder.stream::<String, String>("clicks");
    clicks.group_by_key().windowed_by(Duration::from_secs(60)).count("per-minute");
}
