//! One balance per customer from two streams: what was bought and, as texts, what was paid.
//!
//! Run it with `cargo run -p millstream-examples --example cogroup`.

use std::error::Error;

use millstream::test::TopologyTestDriver;
use millstream::{StreamsBuilder, Topology, TopologyError};

fn topology() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let purchases = builder.stream::<String, i64>("purchases").group_by_key();
    // The key of a payment is its number, and its value "customer amount".
    let payments = builder.stream::<String, String>("payments");
    let payments = payments.group_by(|_, payment| customer_of(payment)).named("payments-by-customer");
    purchases
        .cogroup(|_customer, price, balance: i64| balance - price)
        .try_cogroup(&payments, |_customer, payment, balance| amount_of(&payment).map(|amount| balance + amount))
        .aggregate("balances", || 0)
        .to_stream()
        .to("balance-changes");
    builder.build()
}

fn customer_of(payment: &str) -> String {
    payment.split(' ').next().unwrap_or_default().to_owned()
}

fn amount_of(payment: &str) -> Result<i64, Box<dyn Error + Send + Sync>> {
    let amount = payment.split(' ').nth(1).ok_or("a payment without an amount")?;
    Ok(amount.parse()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let driver = TopologyTestDriver::new(&topology()?)?;
    driver.input_topic::<String, i64>("purchases").pipe("anna", 30)?;
    driver.input_topic::<String, String>("payments").pipe("p1", "anna 20")?;
    driver.input_topic::<String, String>("payments").pipe("p2", "ben 5")?;
    for (customer, balance) in driver.output_topic::<String, i64>("balance-changes").read_all_key_values()? {
        println!("{customer}: {balance}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_streams_change_the_balance() -> Result<(), Box<dyn Error>> {
        let driver = TopologyTestDriver::new(&topology()?)?;
        let balances = driver.output_topic::<String, i64>("balance-changes");
        driver.input_topic::<String, i64>("purchases").pipe("anna", 30)?;
        assert_eq!(balances.read_key_value()?, ("anna".to_owned(), -30));
        driver.input_topic::<String, String>("payments").pipe("p1", "anna 20")?;
        assert_eq!(balances.read_key_value()?, ("anna".to_owned(), -10));
        let error = driver.input_topic::<String, String>("payments").pipe("p2", "anna").unwrap_err();
        assert!(error.to_string().contains("a payment without an amount"), "{error}");
        Ok(())
    }
}
