//! Joining a stream with a table whose keys are of another type.

use millstream::StreamsBuilder;

fn main() {
    let builder = StreamsBuilder::new();
    let users = builder.table::<i64, String>("users", "users");
    let clicks = builder.stream::<String, String>("clicks");
    clicks.join(&users, |_, click, user| format!("{user}: {click}")).to("named-clicks");
}
