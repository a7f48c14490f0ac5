//! Measures a keyed count in the driver, with a commit after each record.
//!
//! `cargo run --release -p millstream-test --example keyed_count [records] [keys]`

#![expect(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a measurement reads the clock and prints")]

use std::time::Instant;

use millstream_core::{Materialized, StreamsBuilder};
use millstream_test::TopologyTestDriver;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| arguments.next().map_or(Ok(default), |text| text.parse());
    let (records, keys) = (number(1_000_000)?, number(1_000)?);

    let builder = StreamsBuilder::new();
    let stream = builder.stream::<String, String>("in");
    stream.group_by_key().count(Materialized::named("counts")).to_stream().to("out");
    let topology = builder.build()?;
    let driver = TopologyTestDriver::new(&topology)?;
    let input = driver.input_topic::<String, String>("in");
    let output = driver.output_topic::<String, i64>("out");

    let names: Vec<String> = (0..keys).map(|key| format!("key-{key:08}")).collect();
    let started = Instant::now();
    let mut last = 0;
    for record in 0..records {
        input.pipe(names[record % keys].as_str(), "x")?;
        last = output.read_value()?;
    }
    let took = started.elapsed();
    assert_eq!(last, i64::try_from(records.div_ceil(keys))?);
    println!("{records} records, {keys} keys: {:.3} µs a record", took.as_secs_f64() * 1e6 / records as f64);
    Ok(())
}
