//! A topology that is known only at run time: built from a short description, with the dynamic type `Value`.
//!
//! It uses the same DSL: filters, grouping, repartition topics, stores. So a program can run pipelines that are described in a
//! file.
//!
//! Run it with `cargo run -p millstream-examples --example run_time_topology`.

use std::error::Error;

use millstream::serdes::{Value, ValueFormat};
use millstream::test::TopologyTestDriver;
use millstream::{Consumed, Headers, KStream, Materialized, Produced, StreamsBuilder, Topology};

/// One step a line: `from TOPIC`, `where FIELD at least NUMBER`, `keep FIELD ...`, `count by FIELD`, `to TOPIC`.
const DESCRIPTION: &str = "\
from orders
where price at least 10
count by customer
to large-orders-per-customer";

/// Builds the topology of a description.
fn topology(description: &str) -> Result<Topology, Box<dyn Error>> {
    let builder = StreamsBuilder::new();
    let mut stream: Option<KStream<Option<Value>, Value>> = None;
    for line in description.lines() {
        let step: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let words: Vec<&str> = step.iter().map(String::as_str).collect();
        stream = match (stream, &words[..]) {
            (None, ["from", topic]) => Some(read(&builder, topic)),
            (Some(stream), ["where", field, "at", "least", number]) => Some(at_least(&stream, field, number.parse()?)),
            (Some(stream), ["keep", fields @ ..]) => Some(keep(&stream, fields)),
            (Some(stream), ["count", "by", field]) => Some(count_by(&stream, field)),
            (Some(stream), ["to", topic]) => {
                stream.to(Produced::topic(*topic)
                    .key_serde(ValueFormat::Text.serde())
                    .value_serde(ValueFormat::Json.serde()));
                Some(stream)
            }
            _ => return Err(format!("`{line}` is no step that can stand here").into()),
        };
    }
    Ok(builder.build()?)
}

fn read(builder: &StreamsBuilder, topic: &str) -> KStream<Option<Value>, Value> {
    builder.stream(Consumed::topic(topic).key_serde(ValueFormat::Text.serde()).value_serde(ValueFormat::Json.serde()))
}

fn at_least(stream: &KStream<Option<Value>, Value>, field: &str, least: i64) -> KStream<Option<Value>, Value> {
    let field = field.to_owned();
    stream.filter(move |_key, value| matches!(value.get(&field), Some(Value::Int(number)) if *number >= least))
}

fn keep(stream: &KStream<Option<Value>, Value>, fields: &[&str]) -> KStream<Option<Value>, Value> {
    let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
    stream.map_values(move |_key, value| {
        fields.iter().filter_map(|field| Some((field.as_str(), value.get(field)?.clone()))).collect::<Value>()
    })
}

/// Counts by a field. Values without it have a null key and are dropped, as everywhere in the DSL.
fn count_by(stream: &KStream<Option<Value>, Value>, field: &str) -> KStream<Option<Value>, Value> {
    let (name, field) = (format!("count-by-{field}"), field.to_owned());
    stream
        .group_by(move |_key, value| value.get(&field).cloned())
        .count(Materialized::named(name))
        .to_stream()
        .map(|key, count| (Some(key), Value::from(count.unwrap_or(0))))
}

/// The output lines for these orders.
fn run(description: &str, output: &str, orders: &[&str]) -> Result<Vec<String>, Box<dyn Error>> {
    let driver = TopologyTestDriver::new(&topology(description)?)?;
    for order in orders {
        driver.pipe_bytes("orders", None, Some(order.as_bytes()), 0, &Headers::new())?;
    }
    let text = |bytes: Option<Vec<u8>>| String::from_utf8(bytes.unwrap_or_default());
    let records = driver.take_all_outputs().into_iter().filter(|record| record.topic.as_str() == output);
    records.map(|record| Ok([text(record.key)?, text(record.value)?].join(" "))).collect()
}

const ORDERS: [&str; 4] = [
    r#"{"customer": "anna", "price": 12}"#,
    r#"{"customer": "ben", "price": 3}"#,
    r#"{"customer": "anna", "price": 10}"#,
    r#"{"price": 99}"#,
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("{DESCRIPTION}\n");
    for line in run(DESCRIPTION, "large-orders-per-customer", &ORDERS)? {
        println!("{line}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_becomes_a_topology_with_a_repartition_topic() {
        let topology = topology(DESCRIPTION).expect("the description is right");
        assert_eq!(topology.subtopologies().len(), 2);
    }

    #[test]
    fn the_same_operators_process_dynamic_values() {
        let counts = run(DESCRIPTION, "large-orders-per-customer", &ORDERS).expect("the topology runs");
        assert_eq!(counts, ["anna 1", "anna 2"]);
        let kept = run("from orders\nkeep price\nto prices", "prices", &ORDERS[..2]).expect("the topology runs");
        assert_eq!(kept, [r#" {"price":12}"#, r#" {"price":3}"#]);
    }

    #[test]
    fn a_wrong_description_is_an_error_that_quotes_it() {
        let error = topology("from orders\nsort by price").expect_err("there is no sorting");
        assert_eq!(error.to_string(), "`sort by price` is no step that can stand here");
    }
}
