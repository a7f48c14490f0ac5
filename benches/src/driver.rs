//! A keyed count through the test driver, which commits after each record.

use millstream_core::StreamsBuilder;
use millstream_test::TopologyTestDriver;

use crate::report::{Measurement, timed};

const RECORDS: u64 = 200_000;
const KEYS: usize = 1_000;

pub(crate) fn measure() -> Vec<Measurement> {
    let run = move || {
        let builder = StreamsBuilder::new();
        builder.stream::<String, String>("in").group_by_key().count("counts").to_stream().to("out");
        let topology = builder.build().expect("the topology is sound");
        let driver = TopologyTestDriver::new(&topology).expect("it runs");
        let input = driver.input_topic::<String, String>("in");
        let output = driver.output_topic::<String, i64>("out");
        let keys: Vec<String> = (0..KEYS).map(|key| format!("key-{key:08}")).collect();
        let mut last = 0;
        let time = timed(|| {
            for key in keys.iter().cycle().take(RECORDS as usize) {
                input.pipe(key.as_str(), "x").expect("nothing fails");
                last = output.read_value().expect("there is a count");
            }
        });
        assert_eq!(last.unsigned_abs(), RECORDS / KEYS as u64, "the last key was counted that often");
        time
    };
    let name = "keyed count in the test driver, a commit each";
    vec![Measurement { name, target: "1,200 ns", units: RECORDS, prepare: Box::new(move || Box::new(run)) }]
}
