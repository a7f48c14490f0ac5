//! Orders joined with their payments, and with the customers, of whom every process has all.
//!
//! An order and its payment have the same key, and are joined if the payment comes at most an hour after the order. An order without
//! a payment comes when the hour is over. The customers are a global table, since an order has its customer in the value and not in
//! the key.
//!
//! Run it with `cargo run -p millstream-examples --example stream_joins`.

use std::error::Error;
use std::time::Duration;

use millstream::test::TopologyTestDriver;
use millstream::{JoinWindows, Joined, StreamsBuilder, Topology, TopologyError};

const HOUR: Duration = Duration::from_secs(3_600);

fn topology() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let customers = builder.global_table::<String, String>("customers", "customers");
    let orders = builder.stream::<String, String>("orders");
    let payments = builder.stream::<String, i64>("payments");

    // An order is "<customer>: <article>".
    let by_customer = customers.by(|_id: &String, order: &String| order.split(": ").next().map(str::to_owned));
    let named = orders.left_join_global(by_customer, |_id, _customer, order, name| {
        let article = order.split(": ").nth(1).unwrap_or("nothing");
        format!("{article} for {}", name.map_or("somebody", |name| name))
    });

    let windows = JoinWindows::of_time_difference_with_no_grace(HOUR).before(Duration::ZERO);
    let within_an_hour = Joined::with(&payments.within(windows).stores("paid-orders")).named("with-payment");
    named
        .left_join_stream(within_an_hour, |_id, order, amount| match amount {
            Some(amount) => format!("{order}: paid {amount}"),
            None => format!("{order}: not paid"),
        })
        .to("states");
    builder.build()
}

fn main() -> Result<(), Box<dyn Error>> {
    let driver = TopologyTestDriver::new(&topology()?)?;
    let customers = driver.input_topic::<String, String>("customers");
    let orders = driver.input_topic::<String, String>("orders");
    let payments = driver.input_topic::<String, i64>("payments");
    customers.pipe("c1", "Anna")?;
    orders.pipe_at("o1", "c1: tea", 0)?;
    orders.pipe_at("o2", "c2: coffee", 60_000)?;
    payments.pipe_at("o1", 7, 1_800_000)?;
    orders.pipe_at("o3", "c1: cake", 7_200_000)?;
    for (order, state) in driver.output_topic::<String, String>("states").read_all_key_values()? {
        println!("{order}: {state}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use millstream::test::TestError;

    use super::*;

    #[test]
    fn an_order_comes_with_its_payment_or_without_one_after_an_hour() -> Result<(), Box<dyn Error>> {
        let driver = TopologyTestDriver::new(&topology()?)?;
        driver.input_topic::<String, String>("customers").pipe("c1", "Anna")?;
        let orders = driver.input_topic::<String, String>("orders");
        let payments = driver.input_topic::<String, i64>("payments");
        let states = driver.output_topic::<String, String>("states");
        let read = || -> Result<Vec<String>, TestError> {
            let read = states.read_all_key_values()?.into_iter();
            Ok(read.map(|(order, state)| format!("{order} {state}")).collect())
        };
        orders.pipe_at("o1", "c1: tea", 0)?;
        orders.pipe_at("o2", "c2: coffee", 60_000)?;
        assert!(read()?.is_empty(), "they wait for payments");
        payments.pipe_at("o1", 7, 1_800_000)?;
        assert_eq!(read()?, ["o1 tea for Anna: paid 7"]);
        orders.pipe_at("o3", "c1: cake", 7_200_000)?;
        assert_eq!(read()?, ["o2 coffee for somebody: not paid"]);
        Ok(())
    }
}
