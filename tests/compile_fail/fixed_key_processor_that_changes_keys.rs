//! Forwarding under another key from a processor that keeps keys.

use millstream::{BoxError, FixedKeyContext, FixedKeyProcessor, FixedKeyRecord, Record};

struct Rename;

impl FixedKeyProcessor<String, i64, i64> for Rename {
    fn process(
        &mut self,
        context: &mut FixedKeyContext<'_, '_, String, i64>,
        record: FixedKeyRecord<String, i64>,
    ) -> Result<(), BoxError> {
        context.forward(Record::new("other".to_owned(), *record.value(), record.timestamp()));
        Ok(())
    }
}

fn main() {}
