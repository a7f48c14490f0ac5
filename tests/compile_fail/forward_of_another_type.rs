//! Forwarding what the processor does not declare to forward.

use millstream::{BoxError, Processor, ProcessorContext, Record};

struct Length;

impl Processor<String, String, String, i64> for Length {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, i64>,
        record: Record<String, String>,
    ) -> Result<(), BoxError> {
        context.forward(record);
        Ok(())
    }
}

fn main() {}
