//! The Processor API: an operator that forwards each payment once, with a store and a punctuator.
//!
//! A payment that was seen within the last minute is a repetition and is dropped. The store forgets payments that
//! are older, so it stays small.
//!
//! Run it with `cargo run -p millstream-examples --example processor_api`.

use std::error::Error;
use std::time::Duration;

use millstream::prelude::*;
use millstream::test::TopologyTestDriver;

const REMEMBERED: Duration = Duration::from_secs(60);

/// When each payment was last seen, in milliseconds.
type Seen = KeyValueStore<String, i64>;

struct Deduplicate {
    seen: StoreHandle<Seen>,
}

impl Processor<String, i64, String, i64> for Deduplicate {
    fn init(&mut self, context: &mut ProcessorContext<'_, String, i64>) -> Result<(), BoxError> {
        context.schedule(PunctuationType::StreamTime, Duration::from_secs(10));
        Ok(())
    }

    fn process(
        &mut self,
        context: &mut ProcessorContext<'_, String, i64>,
        payment: Record<String, i64>,
    ) -> Result<(), BoxError> {
        let mut seen = context.store(self.seen)?;
        let is_repeated = seen.get(&payment.key)?.is_some();
        seen.put(&payment.key, payment.timestamp.as_millis())?;
        if !is_repeated {
            context.forward(payment);
        }
        Ok(())
    }

    fn punctuate(
        &mut self,
        context: &mut ProcessorContext<'_, String, i64>,
        _schedule: ScheduleId,
        now: Timestamp,
    ) -> Result<(), BoxError> {
        let mut seen = context.store(self.seen)?;
        let forget_until = (now - REMEMBERED).as_millis();
        for row in seen.all()?.into_iter().filter(|row| row.value <= forget_until) {
            seen.delete(&row.key)?;
        }
        Ok(())
    }
}

fn topology() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let seen = builder.add_store(Store::key_value("seen-payments"));
    builder
        .stream::<String, i64>("payments")
        .process(move || Deduplicate { seen }, Processed::named("deduplicate").with_store(seen))
        .to("payments-once");
    builder.build()
}

/// Which of these payments, each at its second, are forwarded, and how many rows the store has at the end.
fn pass(payments: &[(&str, i64)]) -> Result<(Vec<String>, usize), Box<dyn Error>> {
    let driver = TopologyTestDriver::new(&topology()?)?;
    let input = driver.input_topic::<String, i64>("payments");
    for (payment, second) in payments {
        input.pipe_at(*payment, 100, second * 1_000)?;
    }
    let passed = driver.output_topic::<String, i64>("payments-once").read_all_key_values()?;
    let remembered = driver.key_value_store::<String, i64>("seen-payments").all()?.len();
    Ok((passed.into_iter().map(|(payment, _amount)| payment).collect(), remembered))
}

fn main() -> Result<(), Box<dyn Error>> {
    let (passed, remembered) = pass(&[("p-1", 0), ("p-2", 1), ("p-1", 2), ("p-3", 90), ("p-2", 91)])?;
    println!("passed: {}", passed.join(", "));
    println!("{remembered} payments are remembered");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_within_the_minute_is_dropped() {
        let (passed, remembered) = pass(&[("a", 0), ("a", 30), ("b", 31), ("a", 80)]).expect("the topology runs");
        assert_eq!((passed.concat().as_str(), remembered), ("ab", 2));
    }

    #[test]
    fn older_payments_are_deleted_from_the_store() {
        let (passed, remembered) = pass(&[("a", 0), ("b", 60), ("a", 61)]).expect("the topology runs");
        assert_eq!((passed.concat().as_str(), remembered), ("aba", 2));
    }
}
