//! Several parts that only topics connect.

use millstream::{StreamsBuilder, Topology, TopologyError};

use super::{TextStream, first_character, split_at_spaces};

pub(crate) fn multi_subtopology() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .flat_map_values(|_, value| split_at_spaces(&value))
        .select_key(|_, word| word.clone())
        .repartition("words")
        .map_values(|_, word| word.to_uppercase())
        .to("mid");
    let words: TextStream = builder.stream("mid");
    words.group_by(|_, word| first_character(word)).named("first").count("n").to_stream().to("out");
    builder.table::<String, String>("t", "t").to_stream().to("tout");
    builder.build()
}
