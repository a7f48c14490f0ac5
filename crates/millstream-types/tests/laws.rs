//! Every built-in type obeys the laws of a serde, with random values and with values that are easily confused.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use millstream_types::serde::{Bincode, Json, Value, ValueFormat, laws};
use millstream_types::{Data, Serde, Timestamp, Window, Windowed, session_windowed_serde, windowed_serde};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::{Deserialize, Serialize};

/// Checks the laws with many small sets of values; small, so that some values are equal.
fn holds_for<T: Data + PartialEq + Debug>(values: impl Strategy<Value = T>) {
    run(values, |values| laws::check(values));
}

fn holds_at_a_topic<T: PartialEq + Debug + 'static>(serde: &Serde<T>, values: impl Strategy<Value = T>) {
    run(values, |values| drop(laws::check_serde(serde, values)));
}

fn run<T: Debug>(values: impl Strategy<Value = T>, check: impl Fn(&[T])) {
    // The same cases in every run, without a file of past failures.
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, proptest::test_runner::TestRng::deterministic_rng(Default::default()));
    let outcome = runner.run(&vec(values, 0..6), |values| {
        check(&values);
        Ok(())
    });
    outcome.unwrap();
}

/// Floats of every kind except NaN and −0.0, whose `==` is not the equality of bytes.
fn floats() -> impl Strategy<Value = f64> {
    any::<f64>().prop_map(|float| if float.is_nan() || float == 0.0 { 0.0 } else { float })
}

fn finite_floats() -> impl Strategy<Value = f64> {
    floats().prop_filter("JSON has no infinity", |float| float.is_finite())
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), vec(any::<char>(), 0..8).prop_map(String::from_iter)]
}

#[test]
fn whole_numbers() {
    holds_for(any::<i8>());
    holds_for(any::<i16>());
    holds_for(any::<i32>());
    holds_for(any::<i64>());
    holds_for(any::<i128>());
    holds_for(any::<u8>());
    holds_for(any::<u16>());
    holds_for(any::<u32>());
    holds_for(any::<u64>());
    holds_for(any::<u128>());
    laws::check(&[i64::MIN, -1, 0, 1, i64::MAX]);
    laws::check(&[i64::MIN, -1, 0, 1, i64::MAX].map(Timestamp::from_millis));
}

#[test]
fn floating_point_numbers() {
    holds_for(floats());
    holds_for(floats().prop_map(|float| float as f32 + 0.0));
    laws::check(&[f64::MIN, 0.0, f64::MIN_POSITIVE, f64::INFINITY, f64::NEG_INFINITY]);
}

#[test]
fn floats_as_keys_go_by_their_bits() {
    assert!(f64::NAN.same_key(&f64::NAN));
    assert!(!0.0_f64.same_key(&-0.0));
    assert!(f32::NAN.same_key(&f32::NAN));
    assert!(!0.0_f32.same_key(&-0.0));
}

#[test]
fn booleans_and_nothing() {
    laws::check(&[true, false]);
    laws::check(&[()]);
}

#[test]
fn text_and_bytes() {
    holds_for(texts());
    holds_for(texts().prop_map(Arc::<str>::from));
    holds_for(any::<Vec<u8>>());
    holds_for(any::<Vec<u8>>().prop_map(Vec::into_boxed_slice));
    holds_for(any::<Vec<u8>>().prop_map(Arc::<[u8]>::from));
}

#[test]
fn tuples() {
    holds_for((texts(), texts()));
    holds_for((texts(), any::<i32>(), texts()));
    holds_for((any::<Vec<u8>>(), texts(), any::<bool>(), any::<Vec<u8>>()));
    let text = str::to_owned;
    laws::check(&[(text("a"), text("b")), (text("ab"), text("")), (text(""), text("ab"))]);
    laws::check(&[((), 1_i64), ((), 2)]);
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Payment {
    Cash,
    Card { number: String, tries: BTreeMap<String, u32> },
    Split(Vec<Payment>),
}

fn payments() -> impl Strategy<Value = Payment> {
    let single = prop_oneof![
        Just(Payment::Cash),
        (texts(), btree_map(texts(), any::<u32>(), 0..3)).prop_map(|(number, tries)| Payment::Card { number, tries }),
    ];
    single.prop_recursive(3, 12, 3, |inner| vec(inner, 0..3).prop_map(Payment::Split))
}

#[test]
fn json() {
    holds_for(payments().prop_map(Json));
    holds_for(finite_floats().prop_map(Json));
    holds_for(any::<u64>().prop_map(Json));
    holds_at_a_topic(&Serde::<Payment>::json(), payments());
}

#[test]
fn bincode() {
    holds_for(payments().prop_map(Bincode));
    holds_for((any::<u128>(), any::<i128>(), floats()).prop_map(Bincode));
    holds_at_a_topic(&Serde::<Payment>::bincode(), payments());
}

/// The macros in a user's crate: no name of the library is in scope, and everything is re-exported by another crate.
mod a_program_with_the_facade_alone {
    mod facade {
        pub(super) use millstream_types::*;
    }

    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub(super) struct Order {
        pub(super) item: String,
        pub(super) count: Option<u32>,
    }
    facade::json_data!(Order);

    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub(super) struct Price(pub(super) i64, pub(super) String);
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub(super) struct Pair<T>(pub(super) T, pub(super) T);
    facade::bincode_data!(Price, Pair<u8>);
}

#[test]
fn types_with_data_by_macro() {
    use a_program_with_the_facade_alone::{Order, Pair, Price};

    holds_for((texts(), any::<Option<u32>>()).prop_map(|(item, count)| Order { item, count }));
    holds_for((any::<i64>(), texts()).prop_map(|(amount, currency)| Price(amount, currency)));
    laws::check(&[Pair(0, 255), Pair(255, 0)]);
}

#[test]
fn windowed_keys() {
    let size = Duration::from_secs(10);
    let key = |(key, start): (String, i64)| {
        let window = Window::starting_at(Timestamp::from_millis(start), size);
        Windowed { key, window }
    };
    let starts = prop_oneof![0..20_i64, Just(i64::MAX), 0..i64::MAX];
    holds_at_a_topic(&windowed_serde(Serde::of_type(), size), (texts(), starts).prop_map(key));
}

#[test]
fn session_windowed_keys() {
    let key = |(key, start, length): (String, i64, i64)| {
        let (start, end) = (Timestamp::from_millis(start), Timestamp::from_millis(start.saturating_add(length)));
        Windowed { key, window: Window { start, end } }
    };
    let times = || prop_oneof![0..20_i64, Just(i64::MAX), 0..i64::MAX];
    holds_at_a_topic(&session_windowed_serde(Serde::of_type()), (texts(), times(), times()).prop_map(key));
}

/// Numbers as text, of any size and precision.
fn numbers() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,4})?",
        any::<f64>()
            .prop_filter("JSON has no infinity", |float| float.is_finite())
            .prop_map(|float| format!("{float:?}")),
        any::<i128>().prop_map(|number| number.to_string()),
    ];
    text.prop_map(|text| Value::number(&text).unwrap())
}

fn leaves() -> impl Strategy<Value = Value> {
    let floats = prop_oneof![any::<f64>(), Just(f64::NAN), Just(-0.0), Just(0.0)];
    prop_oneof![
        Just(Value::Null),
        numbers(),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        floats.prop_map(Value::from),
        texts().prop_map(Value::from),
        any::<Vec<u8>>().prop_map(Value::from),
    ]
}

fn json_leaves() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        numbers(),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        finite_floats().prop_map(Value::from),
        texts().prop_map(Value::from),
    ]
}

fn values(leaves: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    leaves.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(texts().prop_map(Arc::from), inner, 0..4).prop_map(Value::from),
        ]
    })
}

#[test]
fn values_of_any_kind() {
    holds_for(values(leaves()));
    laws::check(&[
        Value::Float(f64::NAN),
        Value::Float(0.0),
        Value::Float(-0.0),
        Value::Null,
        Value::from(u64::MAX),
        Value::number("0.30000000000000005").unwrap(),
        Value::Int(0),
        Value::Bool(false),
        Value::from(""),
        Value::from(Vec::<u8>::new()),
        Value::from(Vec::<Value>::new()),
        Value::Map(BTreeMap::new()),
    ]);
}

#[test]
fn values_at_a_topic() {
    holds_at_a_topic(&ValueFormat::Native.serde(), values(leaves()));
    holds_at_a_topic(&ValueFormat::Json.serde(), values(json_leaves()));
    holds_at_a_topic(&ValueFormat::Text.serde(), texts().prop_map(Value::from));
    holds_at_a_topic(&ValueFormat::Long.serde(), any::<i64>().prop_map(Value::from));
    holds_at_a_topic(&ValueFormat::Double.serde(), any::<f64>().prop_map(Value::from));
    holds_at_a_topic(&ValueFormat::Bytes.serde(), any::<Vec<u8>>().prop_map(Value::from));
}
