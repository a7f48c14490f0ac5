//! A table whose rows a processor computes.

use millstream::state::KeyValueStore;
use millstream::{BoxError, RowContext, RowProcessor, Store, StoreHandle, StreamsBuilder, Topology, TopologyError};

use super::cat;

/// Appends to each value how often its row has changed.
struct Numbered {
    changes: StoreHandle<KeyValueStore<String, i64>>,
}

impl RowProcessor<String, String, String> for Numbered {
    fn process(
        &mut self,
        context: &mut RowContext<'_, '_>,
        key: &String,
        value: Option<String>,
    ) -> Result<Option<String>, BoxError> {
        let mut changes = context.store(self.changes)?;
        let count = changes.get(key)?.copied().unwrap_or(0) + 1;
        changes.put(key, count)?;
        Ok(value.map(|value| format!("{value}#{count}")))
    }
}

pub(crate) fn transform_values_table() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let changes = builder.add_store(Store::key_value("cntr"));
    let table = builder.table::<String, String>("in", "src");
    let numbered = table.process_values(move || Numbered { changes }, changes).materialized("tv");
    numbered.to_stream().to("out");
    let groups = numbered.group_by(|key, value| (key.clone(), value));
    let add = |log: String, value: String| cat(&log, &format!("+{value}"));
    let subtract = |log: String, value: String| cat(&log, &format!("-{value}"));
    groups.reduce("red", add, subtract).to_stream().to("red");
    builder.build()
}
