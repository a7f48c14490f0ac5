//! A read-only store of windows, which no topic can restore.

use std::convert::Infallible;
use std::time::Duration;

use millstream::state::WindowStore;
use millstream::{BoxError, Processor, ProcessorContext, Record, Store, StoreHandle, StreamsBuilder};

struct Keep(StoreHandle<WindowStore<String, i64>>);

impl Processor<String, i64, Infallible, Infallible> for Keep {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, Infallible, Infallible>,
        record: Record<String, i64>,
    ) -> Result<(), BoxError> {
        Ok(context.store(self.0)?.put(&record.key, record.timestamp, record.value)?)
    }
}

fn main() {
    let builder = StreamsBuilder::new();
    let minute = Duration::from_secs(60);
    builder.add_read_only_store(Store::window("per-minute", minute, minute), "counts", Keep);
}
