//! Orders with the price that was valid when they were placed: a stream joined with a versioned table, also where prices come late.
//!
//! Run it with `cargo run -p millstream-examples --example price_history`.

use std::error::Error;
use std::time::Duration;

use millstream::test::TopologyTestDriver;
use millstream::{Joined, Materialized, StreamsBuilder, Topology, TopologyError};

fn topology() -> Result<Topology, TopologyError> {
    let day = Duration::from_secs(24 * 60 * 60);
    let builder = StreamsBuilder::new();
    let prices = builder.table::<String, i64>("prices", Materialized::named("prices").versioned(day));
    let with_grace = Joined::with(&prices).grace(Duration::from_secs(60));
    builder.stream::<String, i64>("orders").join(with_grace, |_item, count, price| count * price).to("amounts");
    builder.build()
}

/// A price or an order of an item, at its second.
enum Event {
    Price(&'static str, i64, i64),
    Order(&'static str, i64, i64),
}
use Event::{Order, Price};

/// The amounts of the orders whose time for late prices is over.
fn amounts(events: &[Event]) -> Result<Vec<(String, i64)>, Box<dyn Error>> {
    let driver = TopologyTestDriver::new(&topology()?)?;
    for event in events {
        let (topic, (item, number, second)) = match event {
            Price(item, price, second) => ("prices", (item, price, second)),
            Order(item, count, second) => ("orders", (item, count, second)),
        };
        driver.input_topic::<String, i64>(topic).pipe_at(*item, *number, second * 1_000)?;
    }
    Ok(driver.output_topic("amounts").read_all_key_values()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let events =
        [Price("tea", 5, 0), Order("tea", 2, 100), Price("tea", 4, 90), Order("tea", 1, 300), Order("tea", 1, 400)];
    for (item, amount) in amounts(&events)? {
        println!("{item}: {amount}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_that_comes_late_counts_from_its_time_on() {
        let amount = |events: &[Event]| amounts(events).expect("the topology runs");
        let later = || Order("rice", 1, 1_000);
        assert_eq!(amount(&[Price("tea", 5, 0), Order("tea", 2, 100)]), [], "the price may still change");
        assert_eq!(amount(&[Price("tea", 5, 0), Order("tea", 2, 100), later()]), [("tea".to_owned(), 10)]);
        let late = [Price("tea", 5, 0), Order("tea", 2, 100), Price("tea", 4, 90), later()];
        assert_eq!(amount(&late), [("tea".to_owned(), 8)]);
        let afterwards = [Price("tea", 5, 0), Order("tea", 2, 100), Price("tea", 4, 110), later()];
        assert_eq!(amount(&afterwards), [("tea".to_owned(), 10)]);
    }
}
