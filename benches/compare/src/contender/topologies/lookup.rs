//! A join with a plain key-value store, by two processors.

use millstream::state::KeyValueStore;
use millstream::{BoxError, Processor, ProcessorContext, Record, Store, StoreHandle, StreamsBuilder};

use super::{joined, records};
use crate::contender::job::Job;
use crate::workload::ROWS;

type Rows = StoreHandle<KeyValueStore<String, Vec<u8>>>;

pub(super) fn by_processors(builder: &StreamsBuilder, job: &Job) {
    let rows = builder.add_store(Store::key_value(ROWS));
    builder.stream::<String, Vec<u8>>(&*job.rows).process(move || Keep(rows), rows);
    records(builder, job).process(move || LookUp(rows), rows).to(&*job.output);
}

/// Keeps the last row of each key.
struct Keep(Rows);

impl Processor<String, Vec<u8>, (), ()> for Keep {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, (), ()>,
        record: Record<String, Vec<u8>>,
    ) -> Result<(), BoxError> {
        Ok(context.store(self.0)?.put(&record.key, record.value)?)
    }
}

/// Forwards each record with the row of its key.
struct LookUp(Rows);

impl Processor<String, Vec<u8>, String, Vec<u8>> for LookUp {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, Vec<u8>>,
        record: Record<String, Vec<u8>>,
    ) -> Result<(), BoxError> {
        let result = context.store(self.0)?.get(&record.key)?.map(|row| joined(row, &record.value));
        if let Some(result) = result {
            context.forward(record.map_value(|_| result));
        }
        Ok(())
    }
}
