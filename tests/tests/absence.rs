//! Nullness is in the types: each operator on streams of plain types and of `Option`s, with the types that come out.
//!
//! Every binding names its type, so that this file compiles only while the decision stands: an operator that reads rows
//! or keys returns the plain type, one that forwards records keeps the `Option`, a table's stream may have nulls.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use millstream::{
    Consumed, KGroupedStream, KStream, KTable, Materialized, StreamsBuilder, TimeWindowedKStream, TimeWindows, Value,
    Windowed,
};

type Plain = KStream<String, i64>;
type Nulls = KStream<Option<String>, Option<i64>>;

fn plain(builder: &StreamsBuilder) -> Plain {
    builder.stream("plain")
}

fn nulls(builder: &StreamsBuilder) -> Nulls {
    builder.stream("nulls")
}

fn minutes() -> TimeWindows {
    TimeWindows::of_size_and_grace(Duration::from_secs(60), Duration::ZERO)
}

#[test]
fn operators_without_a_function_keep_the_types() {
    let builder = StreamsBuilder::new();
    let plain: Plain = plain(&builder)
        .filter(|_key: &String, value: &i64| *value > 0)
        .filter_not(|_key, value| *value > 9)
        .peek(|_key: &String, _value: &i64| {})
        .repartition("plain-again");
    let nulls: Nulls = nulls(&builder)
        .filter(|_key: &Option<String>, value: &Option<i64>| value.is_some())
        .filter_not(|key, _value| key.is_none())
        .peek(|_key: &Option<String>, _value: &Option<i64>| {})
        .repartition("nulls-again");
    let _: Plain = plain.merge(&plain.clone());
    let _: Nulls = nulls.merge(&nulls.clone());
    let _: &Plain = &plain.split().branch("a", |_, _| true).default_branch("b")["a"];
    let _: &Nulls = &nulls.split().branch("c", |_, _| true).no_default_branch()["c"];
    plain.to("plain-out");
    nulls.to("nulls-out");
    builder.build().unwrap();
}

#[test]
fn functions_get_and_return_the_types_that_they_name() {
    let builder = StreamsBuilder::new();
    let ruled_out: KStream<Option<String>, i64> =
        nulls(&builder).flat_map_values(|_key: &Option<String>, value: Option<i64>| value);
    let let_in: KStream<String, Option<i64>> =
        plain(&builder).map_values(|_key: &String, value: i64| (value > 0).then_some(value));
    let keyed: KStream<i64, i64> = ruled_out.select_key(|_key: &Option<String>, value: &i64| *value);
    let unkeyed: KStream<Option<i64>, Option<i64>> = let_in.map(|_key, value: Option<i64>| (value, value));
    let flat: KStream<Option<i64>, i64> = unkeyed.flat_map(|key, value| value.map(|value| (key, value)));
    keyed.to("keyed");
    flat.to("flat");
    builder.build().unwrap();
}

#[test]
fn grouped_rows_are_never_null() {
    let builder = StreamsBuilder::new();
    let plain: KGroupedStream<String, i64> = plain(&builder).group_by_key();
    let nulls: KGroupedStream<Option<String>, Option<i64>> = nulls(&builder).group_by_key();
    let _: KGroupedStream<Option<i64>, Option<i64>> = others(&builder).group_by(|_key, value| *value);

    let _: KTable<String, i64> = plain.count("plain-count");
    let _: KTable<String, i64> = nulls.count("nulls-count");
    // A null value never reaches a reducer, and one that returns `None` deletes the row.
    let _: KTable<String, i64> = plain.reduce("plain-sum", |sum: i64, value: i64| sum + value);
    let _: KTable<String, i64> = nulls.reduce("nulls-sum", |sum: i64, value: i64| sum.checked_add(value));
    let add = |_key: &String, value: i64, sum: f64| sum + value as f64;
    let _: KTable<String, f64> = plain.aggregate("plain-mean", || 0.0, add);
    let _: KTable<String, f64> = nulls.aggregate("nulls-mean", || 0.0, add);
    let _: KTable<String, String> =
        nulls.aggregate("nulls-text", || None::<String>, |_key, value, _text| Some(value.to_string()));
    builder.build().unwrap();
}

fn others(builder: &StreamsBuilder) -> Nulls {
    builder.stream("others")
}

#[test]
fn a_window_sees_nulls_where_a_plain_group_does_not() {
    let builder = StreamsBuilder::new();
    let plain: TimeWindowedKStream<String, i64> = plain(&builder).group_by_key().windowed_by(minutes());
    let nulls: TimeWindowedKStream<Option<String>, Option<i64>> = nulls(&builder).group_by_key().windowed_by(minutes());

    let _: KTable<Windowed<String>, i64> = plain.count("plain-count");
    let _: KTable<Windowed<String>, i64> = nulls.count("nulls-count");
    let _: KTable<Windowed<String>, i64> = plain.reduce("plain-last", |_sum: i64, value: i64| value);
    let _: KTable<Windowed<String>, i64> = nulls.reduce("nulls-last", |_sum: i64, value: Option<i64>| value);
    let _: KTable<Windowed<String>, i64> =
        nulls.aggregate("nulls-some", || 0, |_key: &String, value: Option<i64>, sum: i64| sum + value.unwrap_or(0));
    builder.build().unwrap();
}

#[test]
fn a_table_has_rows_and_its_stream_may_have_nulls() {
    let builder = StreamsBuilder::new();
    let users: KTable<String, i64> = builder.table("users", "users");
    let adults: KTable<String, i64> = users.filter(|_key: &String, age: &i64| *age >= 18);
    let decades: KTable<String, String> = adults.map_values(|_key: &String, age: i64| format!("{}s", age / 10));
    let changes: KStream<String, Option<String>> = decades.to_stream();
    let again: KTable<String, String> = changes.to_table("decades");
    let _: KTable<String, i64> = nulls(&builder).to_table(Materialized::new());
    again.to_stream().to("out");
    builder.build().unwrap();
}

#[test]
fn a_left_join_may_miss_its_row_and_keeps_the_stream_as_it_is() {
    let builder = StreamsBuilder::new();
    let users: KTable<String, String> = builder.table("users", "users");
    let (plain, nulls) = (plain(&builder), nulls(&builder));
    let _: KStream<String, usize> = plain.join(&users, |_key: &String, _value: i64, user: &String| user.len());
    let _: KStream<Option<String>, usize> =
        nulls.join(&users, |_key: &Option<String>, _value: i64, user: &String| user.len());
    let _: KStream<String, bool> =
        plain.left_join(&users, |_key: &String, _value: i64, user: Option<&String>| user.is_some());
    let _: KStream<Option<String>, bool> =
        nulls.left_join(&users, |key: &Option<String>, _value: i64, user| key.is_some() && user.is_some());
    builder.build().unwrap();
}

#[test]
fn a_key_that_is_not_needed_is_unit() {
    let builder = StreamsBuilder::new();
    let lines: KStream<(), String> = builder.stream(Consumed::topics(["lines", "more-lines"]));
    let words: KTable<String, i64> = lines.group_by(|(): &(), line| line.clone()).count("lines-count");
    words.to_stream().to("out");
    builder.build().unwrap();
}

#[test]
fn types_known_at_run_time_use_the_same_operators() {
    let builder = StreamsBuilder::new();
    let events: KStream<Option<Value>, Option<Value>> = builder.stream("events");
    let counts: KTable<Value, i64> = events.group_by_key().count("counts");
    counts.to_stream().to("out");
    builder.build().unwrap();
}
