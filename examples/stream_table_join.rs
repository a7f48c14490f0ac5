//! Joining a stream with a table: each order gets the address that its customer has at that moment.
//!
//! Run it with `cargo run -p millstream-examples --example stream_table_join`.

use std::error::Error;

use millstream::test::TopologyTestDriver;
use millstream::{StreamsBuilder, Topology, TopologyError};

fn topology() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    let addresses = builder.table::<String, String>("addresses", "addresses-by-customer");
    builder
        .stream::<String, String>("orders")
        .left_join(&addresses, |customer, item, address| match address {
            Some(address) => format!("{item} for {customer}, to {address}"),
            None => format!("{item} for {customer}, to be collected"),
        })
        .to("deliveries");
    builder.build()
}

fn main() -> Result<(), Box<dyn Error>> {
    let driver = TopologyTestDriver::new(&topology()?)?;
    let addresses = driver.input_topic::<String, Option<String>>("addresses");
    let orders = driver.input_topic::<String, String>("orders");

    orders.pipe("anna", "bread")?;
    addresses.pipe("anna", "1 Mill Lane")?;
    orders.pipe("anna", "flour")?;
    addresses.pipe("anna", "7 Bridge Street")?;
    orders.pipe("anna", "salt")?;

    for delivery in driver.output_topic::<String, String>("deliveries").read_all_values()? {
        println!("{delivery}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_goes_to_the_address_of_its_time() -> Result<(), Box<dyn Error>> {
        let driver = TopologyTestDriver::new(&topology()?)?;
        let addresses = driver.input_topic::<String, Option<String>>("addresses");
        let orders = driver.input_topic::<String, String>("orders");
        let deliveries = driver.output_topic::<String, String>("deliveries");
        let deliver = |address: Option<&str>| -> Result<String, Box<dyn Error>> {
            addresses.pipe("anna", address.map(str::to_owned))?;
            assert!(deliveries.is_empty(), "a new address alone delivers nothing");
            orders.pipe("anna", "salt")?;
            Ok(deliveries.read_value()?)
        };
        assert_eq!(deliver(Some("here"))?, "salt for anna, to here");
        assert_eq!(deliver(Some("there"))?, "salt for anna, to there");
        assert_eq!(deliver(None)?, "salt for anna, to be collected");
        Ok(())
    }
}
