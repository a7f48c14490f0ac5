//! Tables joined by a foreign key.

use millstream::{ForeignKeyed, Joined, KTable, Materialized, StreamsBuilder, Topology, TopologyError};

use super::{Text, pair};

type Texts = KTable<String, String>;

pub(crate) fn join_fk_inner() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (o, p): (Texts, Texts) = (builder.table("o", "os"), builder.table("p", "ps"));
    o.join_foreign(by_prefix(&p), |_, o, p| pair(o, p)).materialized("j").to_stream().to("out");
    builder.build()
}

pub(crate) fn join_fk_inner_plain() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (o, p): (Texts, Texts) = (builder.table("o", Materialized::new()), builder.table("p", Materialized::new()));
    o.join_foreign(Joined::with(&by_prefix(&p)).named("fkj"), |_, o, p| pair(o, p)).to_stream().to("out");
    builder.build()
}

pub(crate) fn join_fk_left() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let (o, p): (Texts, Texts) = (builder.table("o", "os"), builder.table("p", "ps"));
    let join = |_: &String, o: &String, p: Option<&String>| pair(o, p.map_or("null", String::as_str));
    o.left_join_foreign(by_prefix(&p), join).materialized("j").to_stream().to("out");
    builder.build()
}

pub(crate) fn join_fk_left_cache() -> Result<Topology, TopologyError> {
    join_fk_left()
}

/// A table by what is before the bar of another one's values; a minus is null.
pub(super) fn by_prefix(table: &Texts) -> ForeignKeyed<String, String, String, String> {
    table.by(|_: &String, value: &String| -> Text {
        value.split('|').next().filter(|key| *key != "-").map(str::to_owned)
    })
}
