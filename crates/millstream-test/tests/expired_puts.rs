//! A store that refuses a write without a report. Writes of a processor beyond the retention of a window store were lost
//! without being counted. Kafka Streams counts them as dropped records and logs them.

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use millstream_core::{BoxError, Processor, ProcessorContext, Record, Store, StoreHandle, StreamsBuilder, WindowStore};
use millstream_observe::events::SkipReason;
use millstream_test::TopologyTestDriver;

/// Keeps the last value of each key and minute, and passes on how many it has.
struct Keep {
    minutes: StoreHandle<WindowStore<String, String>>,
}

impl Processor<String, String, String, i64> for Keep {
    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, i64>,
        record: Record<String, String>,
    ) -> Result<(), BoxError> {
        let start = record.timestamp.as_millis() / 60_000 * 60_000;
        let mut minutes = context.store(self.minutes)?;
        minutes.put(&record.key, start, record.value.clone())?;
        let kept = i64::try_from(minutes.all()?.len())?;
        context.forward(record.map_value(|_| kept));
        Ok(())
    }
}

#[test]
fn writes_of_a_processor_beyond_retention_are_counted_as_dropped() {
    let builder = StreamsBuilder::new();
    let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3_600));
    let minutes = builder.add_store(Store::window("minutes", minute, hour));
    builder.stream("in").process(move || Keep { minutes }, minutes).to("out");
    let driver = TopologyTestDriver::new(&builder.build().unwrap()).unwrap();
    let input = driver.input_topic::<String, String>("in");
    let output = driver.output_topic::<String, i64>("out");
    for time in [0, 36_000_000, 60_000, 36_060_000] {
        input.pipe_at("k", "v", time).unwrap();
    }
    let kept: Vec<i64> = output.read_all_key_values().unwrap().into_iter().map(|(_, kept)| kept).collect();
    assert_eq!(kept, [1, 1, 1, 2], "the second minute came nine hours too late");
    assert_eq!(driver.dropped_records(), [(SkipReason::LateForWindow, 1)].into());
}
