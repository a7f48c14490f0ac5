//! Global tables and stores.

use std::convert::Infallible;

use millstream::state::KeyValueStore;
use millstream::{
    BoxError, GlobalBy, GlobalStoreHandle, Processor, ProcessorContext, Record, Store, StoreHandle, StreamsBuilder,
    Topology, TopologyError,
};

use super::{Text, TextStream, nz, pair};

/// The table, by "k" and the number in the value modulo 4; by null if the value ends with "0".
fn table_by_number(builder: &StreamsBuilder) -> GlobalBy<Text, String, String, String> {
    let table = builder.global_table::<String, String>("t", "gt");
    table.by(|_: &Text, value: &String| {
        let number: u32 = value.trim_start_matches(|letter: char| !letter.is_ascii_digit()).parse().unwrap();
        (!value.ends_with('0')).then(|| format!("k{}", number % 4))
    })
}

pub(crate) fn join_global_inner() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let table = table_by_number(&builder);
    let left: TextStream = builder.stream("l");
    left.join_global(table, |key, _, value, row| format!("{}{}", nz(key), pair(&value, row))).to("out");
    builder.build()
}

pub(crate) fn join_global_left() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let table = table_by_number(&builder);
    let left: TextStream = builder.stream("l");
    left.left_join_global(table, |key, _, value, row| {
        format!("{}{}", nz(key), pair(&value, row.map_or("null", String::as_str)))
    })
    .to("out");
    builder.build()
}

pub(crate) fn global_store() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let store = builder.add_global_store(Store::key_value("g"), "g", |store| AppendOld { store });
    let stream: TextStream = builder.stream("in");
    stream.process(move || ReadGlobal { store }, ()).to("out");
    builder.build()
}

type Texts = KeyValueStore<String, String>;

/// Puts the first 12 characters of the value and the old row.
struct AppendOld {
    store: StoreHandle<Texts>,
}

impl Processor<Text, Text, Infallible, Infallible> for AppendOld {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Infallible, Infallible>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        let Some(key) = record.key else { return Ok(()) };
        let mut store = context.store(self.store)?;
        match record.value {
            Some(value) => {
                let row = format!("{value}/{}", nz(&store.get(&key)?.cloned()));
                store.put(&key, row[..row.len().min(12)].to_owned())?;
            }
            None => store.delete(&key)?,
        }
        Ok(())
    }
}

/// Appends the row of the key, and how many rows there are.
struct ReadGlobal {
    store: GlobalStoreHandle<Texts>,
}

impl Processor<Text, Text, Text, String> for ReadGlobal {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Text, String>,
        record: Record<Text, Text>,
    ) -> Result<(), BoxError> {
        let store = context.global_store(self.store)?;
        let row = store.get(&record.key.clone().unwrap_or_default())?;
        let value = format!("{}={} of {}", nz(&record.value), nz(&row), store.all()?.len());
        context.forward(record.with_value(value));
        Ok(())
    }
}
