//! Putting into a store what it does not hold.

use millstream::state::KeyValueStore;
use millstream::{BoxError, Processor, ProcessorContext, Record, StoreHandle};

struct Remember {
    seen: StoreHandle<KeyValueStore<String, i64>>,
}

impl Processor<String, String, String, String> for Remember {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, String>,
        record: Record<String, String>,
    ) -> Result<(), BoxError> {
        context.store(self.seen)?.put(&record.key, record.value)?;
        Ok(())
    }
}

fn main() {}
