//! Giving a processor where each task needs one of its own.

use millstream::{BoxError, Processor, ProcessorContext, Record, StreamsBuilder};

struct Double;

impl Processor<String, i64, String, i64> for Double {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, i64>,
        record: Record<String, i64>,
    ) -> Result<(), BoxError> {
        context.forward(record.map_value(|value| value * 2));
        Ok(())
    }
}

fn main() {
    let builder = StreamsBuilder::new();
    builder.stream::<String, i64>("amounts").process(Double, ()).to("doubled");
}
