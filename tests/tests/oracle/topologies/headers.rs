//! Stores with headers: those of the DSL in both formats, and one of a processor.

use std::time::Duration;

use millstream::state::{KeyValueStore, WithHeaders};
use millstream::{
    BoxError, Headers, Processor, ProcessorContext, Record, SessionWindows, Store, StoreFormat, StoreHandle,
    StreamsBuilder, TimeWindows, Topology, TopologyError,
};

use super::{Text, TextStream, cat, nz};

pub(crate) fn store_format_default() -> Result<Topology, TopologyError> {
    of_format(StoreFormat::Default)
}

pub(crate) fn store_format_headers() -> Result<Topology, TopologyError> {
    of_format(StoreFormat::Headers)
}

fn of_format(format: StoreFormat) -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new().store_format(format);
    let (two_seconds, second) = (Duration::from_secs(2), Duration::from_secs(1));
    let input: TextStream = builder.stream("in");
    let grouped = input.group_by_key();
    let add = |so_far: String, next: Text| cat(&so_far, nz(&next));
    grouped.count("c").to_stream().to("cnt");
    let windows = TimeWindows::of_size_and_grace(Duration::from_secs(5), second);
    grouped.windowed_by(windows).reduce("w", add).to_stream().to("win");
    let sessions = SessionWindows::of_inactivity_gap_and_grace(two_seconds, second);
    grouped.windowed_by(sessions).reduce("s", add).to_stream().to("ses");
    builder.table::<String, String>("t", "t").to_stream().to("tab");
    builder.build()
}

pub(crate) fn papi_headers_store() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let store = builder.add_store(Store::key_value_with_headers("hs"));
    builder.stream::<String, Text>("in").process(move || Previous { store }, store).to("out");
    builder.build()
}

/// Forwards what the store has for the key, with its headers, and then puts the record.
struct Previous {
    store: StoreHandle<KeyValueStore<String, WithHeaders<String>>>,
}

impl Processor<String, Text, String, String> for Previous {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, String>,
        record: Record<String, Text>,
    ) -> Result<(), BoxError> {
        let mut store = context.store(self.store)?;
        let before = store.get_with_time(&record.key)?.cloned();
        match record.value {
            Some(value) => store.put(&record.key, WithHeaders::new(value, record.headers))?,
            None => store.delete(&record.key)?,
        }
        let (value, headers) = match before {
            Some(row) => {
                let (WithHeaders { value, headers }, time) = (row.value, row.timestamp.as_millis());
                (format!("{value}@{time} h={}", headers.len()), headers)
            }
            None => ("none".to_owned(), Headers::new()),
        };
        context.forward(Record { key: record.key, value, timestamp: record.timestamp, headers });
        Ok(())
    }
}
