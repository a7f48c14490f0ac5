//! Revenue per country and minute: JSON orders are joined with a table of customers, summed in windows of one minute,
//! and queried while the application runs.
//!
//! | topic | key | value |
//! |---|---|---|
//! | `orders` | order id | `{"customer": "c-1", "cents": 250}` |
//! | `customers` | customer id | `{"name": "Anna", "country": "AT"}`, or null for a customer that was deleted |
//! | `revenue` | country | `{"minute": 28401, "cents": 600}`, each time a sum changes |
//!
//! Run it with `cargo run -p millstream-examples --example order_revenue`. It uses the log inside the process. On Kafka
//! only the line that makes the log changes: see `docs/guide/new-program.md`.

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use millstream::events::{EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::{
    RecordBytes, Streams, StreamsBuilder, StreamsConfig, StreamsHandle, TimeWindows, Timestamp, TopicPartition,
    Topology, TopologyError, json_data,
};
use serde::{Deserialize, Serialize};

const STORE: &str = "revenue-per-minute";
const MINUTE_MS: i64 = 60_000;
const LIMIT: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    customer: String,
    cents: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Customer {
    name: String,
    country: String,
}

/// An order with the country of its customer.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sale {
    country: String,
    cents: i64,
}

/// A line of the result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Revenue {
    minute: i64,
    cents: i64,
}

// A type that is read from a topic, written to one or kept in a store needs a byte format; this one is JSON.
json_data!(Order);
json_data!(Customer);
json_data!(Sale);
json_data!(Revenue);

fn topology() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let customers = builder.table::<String, Customer>("customers", "customers-by-id");
    let minutes = TimeWindows::of_size_and_grace(Duration::from_secs(60), Duration::from_secs(30));
    builder
        .stream::<String, Order>("orders")
        .select_key(|_id, order| order.customer.clone())
        // The new key sends the orders through a repartition topic, to the task that has the customer's row.
        .join(&customers, |_customer, order, customer| Sale { country: customer.country.clone(), cents: order.cents })
        .group_by(|_customer, sale| sale.country.clone())
        .named("by-country")
        .windowed_by(minutes)
        .aggregate(STORE, || 0_i64, |_country, sale, sum| sum + sale.cents)
        .to_stream()
        // Changes of a table are `Option`s, as rows can be deleted. `flat_map_values` drops the `None`s.
        .flat_map_values(|_window, cents| cents)
        .map(|window, cents| {
            let minute = window.window.start.as_millis() / MINUTE_MS;
            (window.key, Revenue { minute, cents })
        })
        .to("revenue");
    builder.build()
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("order_revenue: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let log = sample_log()?;
    let quiet = EventSettings { lines: false, ..EventSettings::default() };
    let config = StreamsConfig { events: quiet, ..StreamsConfig::new("order-revenue") };
    let streams = Streams::new(topology()?, config).with_log(log).start()?;
    let sums = revenue_of(&streams, "AT", 2)?;
    for (minute, cents) in sums {
        println!("AT, minute {minute}: {cents} cents");
    }
    streams.close_blocking(LIMIT)?;
    Ok(())
}

/// A log with customers and orders, as other programs would write them.
fn sample_log() -> Result<InProcessLog, Box<dyn Error>> {
    let log = InProcessLog::new();
    for topic in ["orders", "customers", "revenue"] {
        log.create_topic(topic, 1)?;
    }
    let write = |topic: &str, seconds: i64, key: &str, json: &str| {
        let time = Timestamp::from_millis(seconds * 1_000);
        let (key, json) = (Some(key.as_bytes()), Some(json.as_bytes()));
        log.append(&TopicPartition::new(topic, 0), &RecordBytes::new(time, key, json))
    };
    write("customers", 0, "c-1", r#"{"name": "Anna", "country": "AT"}"#)?;
    write("customers", 0, "c-2", r#"{"name": "Ben", "country": "DE"}"#)?;
    write("orders", 10, "o-1", r#"{"customer": "c-1", "cents": 250}"#)?;
    write("orders", 20, "o-2", r#"{"customer": "c-2", "cents": 100}"#)?;
    write("orders", 50, "o-3", r#"{"customer": "c-1", "cents": 350}"#)?;
    write("orders", 70, "o-4", r#"{"customer": "c-1", "cents": 50}"#)?;
    Ok(log)
}

/// Queries the sums of `country` per minute, again and again until there are as many as expected.
fn revenue_of(streams: &StreamsHandle, country: &str, minutes: usize) -> Result<Vec<(i64, i64)>, Box<dyn Error>> {
    if streams.wait_until(State::Running, LIMIT) != State::Running {
        return Err(format!("the application is {} after {LIMIT:?}", streams.state()).into());
    }
    let deadline = Instant::now() + LIMIT;
    let store = streams.window_store::<String, i64>(STORE);
    while Instant::now() < deadline {
        let (from, to) = (Timestamp::from_millis(0), Timestamp::from_millis(i64::MAX));
        let rows = store.fetch(country.to_owned(), from, to).wait(LIMIT)?;
        if rows.len() >= minutes {
            return Ok(rows.iter().map(|row| (row.start.as_millis() / MINUTE_MS, row.value)).collect());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(format!("there are no sums for {minutes} minutes after {LIMIT:?}").into())
}

#[cfg(test)]
mod tests {
    use millstream::test::{TestInputTopic, TopologyTestDriver};

    use super::*;

    struct Fixture {
        driver: TopologyTestDriver,
        orders: TestInputTopic<String, Order>,
        customers: TestInputTopic<String, Option<Customer>>,
    }

    impl Fixture {
        fn new() -> Self {
            let driver = TopologyTestDriver::new(&topology().expect("it builds")).expect("it starts");
            let (orders, customers) = (driver.input_topic("orders"), driver.input_topic("customers"));
            Self { driver, orders, customers }
        }

        fn customer(&self, id: &str, country: &str) {
            let customer = Customer { name: id.to_uppercase(), country: country.to_owned() };
            self.customers.pipe_at(id, customer, 0).expect("it is read");
        }

        fn order(&self, customer: &str, cents: i64, second: i64) {
            let order = Order { customer: customer.to_owned(), cents };
            self.orders.pipe_at("o", order, second * 1_000).expect("it is processed");
        }

        #[track_caller]
        fn check(&self, expected: &[(&str, i64, i64)]) {
            let revenue = self.driver.output_topic::<String, Revenue>("revenue").read_all_key_values();
            let expected: Vec<_> = expected
                .iter()
                .map(|(country, minute, cents)| ((*country).to_owned(), Revenue { minute: *minute, cents: *cents }))
                .collect();
            assert_eq!(revenue.expect("it is JSON"), expected);
        }
    }

    #[test]
    fn orders_are_summed_by_country_and_minute() {
        let shop = Fixture::new();
        shop.customer("c-1", "AT");
        shop.customer("c-2", "AT");
        shop.order("c-1", 100, 5);
        shop.order("c-2", 30, 59);
        shop.order("c-1", 7, 60);
        shop.check(&[("AT", 0, 100), ("AT", 0, 130), ("AT", 1, 7)]);
    }

    #[test]
    fn an_order_without_a_customer_and_one_that_is_too_late_are_dropped() {
        let shop = Fixture::new();
        shop.customer("c-1", "AT");
        shop.order("c-unknown", 100, 5);
        shop.order("c-1", 1, 90);
        shop.order("c-1", 2, 59); // 30 s of grace after minute 0 have passed
        shop.check(&[("AT", 1, 1)]);
    }

    #[test]
    fn the_application_can_be_queried() {
        run().expect("it runs");
    }
}
