//! A shop's topology of fifty operators, to measure what a program costs to compile. How: docs/PERFORMANCE.md, "Compile time".
//!
//! It prints its topology: `cargo run -p millstream-benches --example fifty_operators`.

use std::time::Duration;

use millstream_core::{KStream, KTable, StreamsBuilder, TimeWindows, TopologyError};
use millstream_types::json_data;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Order {
    customer: String,
    item: String,
    count: i64,
    price: i64,
}
json_data!(Order);

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Customer {
    name: String,
    country: String,
}
json_data!(Customer);

fn main() -> Result<(), TopologyError> {
    let builder = StreamsBuilder::new();
    let customers = builder.table::<String, Customer>("customers", "customers");
    let orders = valid_orders(&builder);
    revenue(&orders, &customers);
    by_size(&orders);
    words(&builder);
    visits(&builder, &customers);
    stock(&builder, &orders);
    println!("{}", builder.build()?.describe());
    Ok(())
}

/// Splits orders into those that are refused and those that go on.
fn valid_orders(builder: &StreamsBuilder) -> KStream<String, Order> {
    let orders = builder.stream::<String, Order>("orders");
    orders.filter(|_id, order| order.count <= 0).map_values(|id, order| format!("{id}: {order:?}")).to("refused");
    orders
        .filter_not(|_id, order| order.count <= 0)
        .peek(|id, order| println!("{id}: {order:?}"))
        .map_values(|_id, order| Order { customer: order.customer.to_lowercase(), ..order })
        .filter(|_id, order| !order.customer.is_empty())
}

/// Sums orders up by country and by customer, and logs them.
fn revenue(orders: &KStream<String, Order>, customers: &KTable<String, Customer>) {
    let of_customers = orders.select_key(|_id, order| order.customer.clone());
    of_customers
        .join(customers, |_name, order, customer| (customer.country.clone(), order.count * order.price))
        .map(|_name, (country, revenue)| (country, revenue))
        .group_by_key()
        .reduce("revenue-by-country", |sum, revenue| sum + revenue)
        .to_stream()
        .to("revenue-by-country");
    of_customers
        .left_join(customers, |name, order, customer| match customer {
            Some(customer) => format!("{} orders {}", customer.name, order.item),
            None => format!("{name} is unknown and orders {}", order.item),
        })
        .to("order-log");
    let spent =
        of_customers.group_by_key().aggregate("spent", || 0, |_name, order, sum| sum + order.count * order.price);
    spent.filter(|_name, sum| *sum > 1_000).map_values(|name, sum| format!("{name} spent {sum}")).to_stream().to("big");
}

/// Divides orders by their size.
fn by_size(orders: &KStream<String, Order>) {
    let sizes = orders
        .split()
        .branch("small", |_id, order| order.count < 10)
        .branch("medium", |_id, order| order.count < 100)
        .default_branch("large");
    sizes["small"].map_values(|_id, order| order.item).to("small");
    sizes["medium"].map_values(|_id, order| order.count).to("medium");
    sizes["large"].peek(|id, _order| println!("{id} is large")).to("large");
}

/// Counts words, and the letters in them.
fn words(builder: &StreamsBuilder) {
    let words = builder
        .stream::<(), String>("lines")
        .flat_map_values(|(), line| line.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .filter(|(), word| !word.is_empty())
        .map_values(|(), word| word.to_lowercase());
    words.group_by(|(), word| word.clone()).count("word-counts").to_stream().to("word-counts");
    words
        .flat_map(|(), word| word.chars().map(|letter| (letter.to_string(), 1)).collect::<Vec<_>>())
        .group_by_key()
        .count("letter-counts");
}

/// Counts visits in windows, and joins them with customers.
fn visits(builder: &StreamsBuilder, customers: &KTable<String, Customer>) {
    let minute = TimeWindows::of_size_with_no_grace(Duration::from_secs(60));
    let visits = builder.stream::<String, String>("visits").peek(|name, page| println!("{name} on {page}"));
    visits
        .group_by_key()
        .windowed_by(minute)
        .count("visits-a-minute")
        .to_stream()
        .filter(|_window, count| count.is_some_and(|count| count > 100))
        .map(|window, count| (window.key, count.unwrap_or(0)))
        .to("busy");
    let of_pages = visits.map(|name, page| (page, name)).group_by_key().windowed_by(minute);
    of_pages.aggregate("last-visitors", String::new, |_page, name, _last| name);
    visits
        .join(customers, |_name, page, customer| (customer.country.clone(), page))
        .map(|_name, country_and_page| country_and_page)
        .for_each(|country, page| println!("{page} was seen in {country}"));
}

/// Keeps the stock of each item, from deliveries and orders.
fn stock(builder: &StreamsBuilder, orders: &KStream<String, Order>) {
    let ordered = orders.map(|_id, order| (order.item, -order.count));
    let delivered = builder.stream::<String, i64>("deliveries").filter(|_item, count| *count > 0);
    let stock = ordered.merge(&delivered).group_by_key().reduce("stock", |sum, count| sum + count);
    let low = stock.filter(|_item, count| *count < 10).to_stream();
    low.map_values(|_item, count| count.unwrap_or(0)).to("low-stock");
}
