//! Testing a topology in three lines, with no broker, no thread and no waiting.
//!
//! Run it with `cargo run -p millstream-examples --example testing`, and the tests with
//! `cargo test -p millstream-examples --example testing`.

use std::error::Error;

use millstream::test::TopologyTestDriver;
use millstream::{StreamsBuilder, Topology, TopologyError};

fn topology() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    builder
        .stream::<String, i64>("amounts")
        .group_by_key()
        .reduce("totals", |sum, amount| sum + amount)
        .to_stream()
        .to("sums");
    builder.build()
}

fn main() -> Result<(), Box<dyn Error>> {
    let driver = TopologyTestDriver::new(&topology()?)?;
    driver.input_topic::<String, i64>("amounts").pipe("anna", 5)?;
    assert_eq!(driver.output_topic::<String, i64>("sums").read_key_value()?, ("anna".to_owned(), 5));
    println!("the sum of one amount is the amount");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_amount_is_the_sum() -> Result<(), Box<dyn Error>> {
        let driver = TopologyTestDriver::new(&topology()?)?;
        driver.input_topic::<String, i64>("amounts").pipe("anna", 5)?;
        assert_eq!(driver.output_topic::<String, i64>("sums").read_key_value()?, ("anna".to_owned(), 5));
        Ok(())
    }

    #[test]
    fn stores_nulls_and_times_can_be_tested() -> Result<(), Box<dyn Error>> {
        let driver = TopologyTestDriver::new(&topology()?)?;
        let amounts = driver.input_topic::<Option<String>, Option<i64>>("amounts");
        amounts.pipe_at("anna", 5, 1_000)?;
        amounts.pipe_at("anna", 6, 2_000)?;
        amounts.pipe(None, 7)?;
        amounts.pipe("anna", None)?;

        let total = driver.key_value_store::<String, i64>("totals").get_with_timestamp(&"anna".to_owned())?;
        assert_eq!(total.map(|row| (row.value, row.timestamp.as_millis())), Some((11, 2_000)));
        assert_eq!(driver.dropped_records().values().sum::<u64>(), 2, "one without a key, one without a value");
        Ok(())
    }
}
