//! Streams that go through topics of their own.

use millstream::{Repartitioned, StreamsBuilder, Topology, TopologyError};

use super::{TextStream, first_character};

pub(crate) fn repartition_n() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let input: TextStream = builder.stream("in");
    input
        .select_key(|_, value| first_character(value))
        .repartition(Repartitioned::named("step").partitions(3))
        .map_values(|_, value| value.map(|value| value + "~"))
        .to("out");
    input.repartition(Repartitioned::new()).to("plain");
    builder.build()
}
