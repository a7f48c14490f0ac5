//! A key is an owned value: the error says to clone it.

use millstream::{StreamsBuilder, json_data};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Click {
    page: String,
}

json_data!(Click);

fn main() {
    let builder = StreamsBuilder::new();
    let clicks = builder.stream::<String, Click>("clicks");
    let _grouped = clicks.group_by(|_user, click| &click.page);
}
