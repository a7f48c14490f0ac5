//! KIND: a type that serde writes and does not read, or reads as another value.
//!
//! bincode wrote internally tagged and untagged enums, and could not read one of them again: what a topic or a changelog held was
//! lost. serde does not say of a type whether it can be read, so a value of a shape that is new is read back when it is written,
//! and refused with the reason.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;

use millstream_types::serde::{Bincode, Json};
use millstream_types::{Data, SerdeError, bincode_data, json_data};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

trait Part: Serialize + DeserializeOwned + Clone + Debug + PartialEq + Send + Sync + 'static {}
impl<T: Serialize + DeserializeOwned + Clone + Debug + PartialEq + Send + Sync + 'static> Part for T {}

fn bytes_of(value: &impl Data) -> Result<Vec<u8>, SerdeError> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes).map(|()| bytes)
}

/// Writing is refused for this reason, however often it is tried.
#[track_caller]
fn check_refused(value: &impl Data, reason: &str) {
    for _ in 0..2 {
        let message = bytes_of(value).unwrap_err().to_string();
        assert!(message.contains("cannot be written") && message.contains(reason), "{message}");
    }
}

/// Each value is written and read as itself, whichever was written before it.
#[track_caller]
fn check_kept<T: Data + Debug + PartialEq>(values: &[T]) {
    for _ in 0..2 {
        for value in values {
            assert_eq!(T::decode(&bytes_of(value).unwrap()).unwrap(), *value);
        }
    }
}

#[track_caller]
fn check_kept_in_both(values: &[impl Part]) {
    check_kept(&values.iter().cloned().map(Json).collect::<Vec<_>>());
    check_kept(&values.iter().cloned().map(Bincode).collect::<Vec<_>>());
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Opened { name: String },
    Closed,
}
bincode_data!(Tagged);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Text(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of")]
enum Adjacent {
    Number(i64),
    Pair(u8, u8),
    Named { name: String },
    Nothing,
}

#[test]
fn bincode_refuses_enums_that_it_cannot_read() {
    let reason = "asks serde what comes next, which bincode does not know; take JSON";
    check_refused(&Tagged::Opened { name: "a".to_owned() }, reason);
    check_refused(&Bincode(Tagged::Closed), reason);
    check_refused(&Bincode(Untagged::Number(1)), reason);
    check_refused(&Bincode(serde_json::json!({ "a": 1 })), reason);
    check_kept(&[Json(Tagged::Opened { name: "a".to_owned() }), Json(Tagged::Closed)]);
    check_kept(&[Json(Untagged::Number(1)), Json(Untagged::Text("a".to_owned()))]);
    let named = Adjacent::Named { name: "a".to_owned() };
    for event in [Adjacent::Number(-1), Adjacent::Pair(1, 2), named, Adjacent::Nothing] {
        check_kept(&[Json(event.clone())]);
        check_refused(&Bincode(event), reason);
    }
}

/// The shapes that were read back say nothing about those that come later: each new one is read back, too.
#[test]
fn an_enum_deep_inside_is_found_when_it_is_first_written() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Step {
        Walk(u32),
        Rest,
        Note { text: Option<Untagged> },
        Turns(Vec<Untagged>),
        ByName(BTreeMap<String, Untagged>),
    }
    let reason = "it would not be read back";
    check_kept(&[Bincode(Step::Rest), Bincode(Step::Walk(1)), Bincode(Step::Note { text: None })]);
    check_kept(&[Bincode(Step::Turns(Vec::new())), Bincode(Step::ByName(BTreeMap::new()))]);
    check_refused(&Bincode(Step::Note { text: Some(Untagged::Number(1)) }), reason);
    check_refused(&Bincode(Step::Turns(vec![Untagged::Number(1)])), reason);
    check_refused(&Bincode(Step::ByName(BTreeMap::from([("a".to_owned(), Untagged::Number(1))]))), reason);
    check_kept(&[Bincode(Step::Walk(u32::MAX))]);
}

#[test]
fn bincode_refuses_fields_that_are_written_and_not_read_and_the_reverse() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct NotRead {
        #[serde(skip_deserializing)]
        total: u8,
        count: u8,
        limit: u8,
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct NotWritten {
        #[serde(skip_serializing)]
        total: u8,
        count: u8,
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Flattened {
        id: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }
    check_refused(&Bincode(NotRead { total: 3, count: 1, limit: 2 }), "it would");
    check_refused(&Json(NotRead { total: 3, count: 1, limit: 2 }), "it would be read back as another value");
    check_refused(&Bincode(NotWritten { total: 3, count: 1 }), "it would not be read back");
    check_refused(&Bincode(Flattened { id: 1, rest: BTreeMap::new() }), "as with flattened fields; take JSON");
}

#[test]
fn json_refuses_a_member_that_is_left_out_and_required() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Order {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        items: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notes: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    }
    json_data!(Order);
    let order = |items: &[&str], notes: &[&str], name: Option<&str>| Order {
        items: items.iter().map(ToString::to_string).collect(),
        notes: notes.iter().map(ToString::to_string).collect(),
        name: name.map(str::to_owned),
    };
    check_kept(&[order(&["a"], &["b"], Some("c")), order(&["a"], &[], None)]);
    check_refused(&order(&[], &["b"], Some("c")), "missing field `items`");
    check_kept(&[order(&["a"], &[], Some("c"))]);
}

/// serde keeps what it does not know yet as text, and no number is read from that.
#[test]
fn json_refuses_maps_of_numbers_inside_tagged_and_flattened_types() {
    type ByNumber = BTreeMap<u32, String>;
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Event {
        Counts(ByNumber),
        Names(BTreeMap<String, String>),
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Counts {
        #[serde(flatten)]
        by_number: ByNumber,
    }
    let by_number = ByNumber::from([(1, "a".to_owned())]);
    check_kept_in_both(std::slice::from_ref(&by_number));
    check_kept(&[Json(Event::Names(BTreeMap::from([("a".to_owned(), "b".to_owned())])))]);
    check_refused(&Json(Event::Counts(by_number.clone())), "invalid type: string, expected u32");
    check_kept(&[Json(Counts { by_number: ByNumber::new() })]);
    check_refused(&Json(Counts { by_number }), "it would not be read back");
}

#[test]
fn json_refuses_two_members_of_one_name() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Order {
        id: u32,
        #[serde(flatten)]
        rest: BTreeMap<String, u32>,
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Door {
        kind: String,
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Event {
        Opened(Door),
    }
    let order = |name: &str| Json(Order { id: 1, rest: BTreeMap::from([(name.to_owned(), 2)]) });
    check_kept(&[order("a"), order("b")]);
    check_refused(&order("id"), "a flattened member has the name of another one");
    check_refused(&Json(Event::Opened(Door { kind: "oak".to_owned() })), "duplicate field");
}

/// serde keeps no `u128` that it has to look at before it knows the variant: even a 1 was read as the float 1.0.
#[test]
fn json_refuses_a_number_that_comes_back_as_a_float() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Number<T> {
        Whole(T),
        Float(f64),
    }
    check_kept(&[Json(Number::Whole(1)), Json(Number::Whole(u64::MAX)), Json(Number::Float(0.5))]);
    check_kept(&[Json(Number::<u128>::Float(0.5))]);
    for number in [1, u128::MAX] {
        check_refused(&Json(Number::Whole(number)), "it would be read back as another value");
    }
    check_kept_in_both(&[i128::MIN, -1, 0, 1, i128::MAX]);
    check_kept_in_both(&[u128::MAX, 0]);
}

#[test]
fn what_can_be_read_is_written_in_any_order() {
    check_kept_in_both(&[None, Some(1_u8), Some(2)]);
    check_kept_in_both(&[Vec::new(), vec![Some('a'), None], vec![None]]);
    check_kept_in_both(&[f32::MIN_POSITIVE, 0.1, -0.0, f32::MAX, 16_777_217.0]);
    check_kept_in_both(&[f64::MIN_POSITIVE, 0.1, -0.0, f64::MAX, 5e-324]);
    check_kept_in_both(&['a', '\u{0}', '\u{10ffff}']);
    check_kept_in_both(&[BTreeMap::from([(true, 'a')]), BTreeMap::from([(false, 'b'), (true, 'c')])]);
    check_kept_in_both(&[BTreeMap::from([('a', 1_u8)])]);
    check_kept_in_both(&[BTreeMap::from([(i128::MIN, 1_u8), (u64::MAX.into(), 2)])]);
    check_kept_in_both(&[HashMap::from([("a".to_owned(), 1_u8), ("b".to_owned(), 2), ("c".to_owned(), 3)])]);
    check_kept_in_both(&[(0..100_u32).collect::<HashSet<_>>()]);
    check_kept(&[Bincode(Some(Some(1_u8))), Bincode(Some(None)), Bincode(None)]);
    check_kept(&[Bincode(f64::INFINITY)]);
    assert!(bytes_of(&Bincode(f64::NAN)).is_ok(), "the same bytes come back, though it equals nothing");
}

/// The name of such a variant is an ordinary field for a serializer, or is not written at all. The first variant was read back,
/// the others were taken for known: what they held was lost, or read as another variant.
#[test]
fn variants_that_serde_writes_without_their_number_are_told_apart() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Name {
        name: String,
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Event {
        Opened {
            name: String,
        },
        Closed(Name),
        #[serde(skip_deserializing)]
        Sold {
            name: String,
        },
        #[serde(skip_deserializing)]
        Burnt(Name),
        #[serde(skip_deserializing)]
        Gone,
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Flattened {
        id: u8,
        #[serde(flatten)]
        event: Event,
    }
    let name = || "a".to_owned();
    let known = [Event::Opened { name: name() }, Event::Closed(Name { name: name() })];
    check_kept(&known.clone().map(Json));
    check_kept(&known.map(|event| Json(Flattened { id: 1, event })));
    for event in [Event::Sold { name: name() }, Event::Burnt(Name { name: name() }), Event::Gone] {
        check_refused(&Json(event.clone()), "unknown variant");
        check_refused(&Json(Flattened { id: 1, event }), "unknown variant");
    }
}

/// Variants that differ in the number of their fields alone: the shorter one was read as the longer one.
#[test]
fn variants_that_serde_writes_without_their_name_are_told_apart_by_their_fields() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Range {
        Named {
            first: u8,
            #[serde(default)]
            last: u8,
        },
        From {
            first: u8,
        },
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Numbers {
        Three(u8, u8, #[serde(default)] u8),
        Two(u8, u8),
    }
    check_kept(&[Json(Range::Named { first: 1, last: 2 })]);
    check_refused(&Json(Range::From { first: 1 }), "it would be read back as another value");
    check_kept(&[Json(Numbers::Three(1, 2, 3))]);
    check_refused(&Json(Numbers::Two(1, 2)), "it would be read back as another value");
}

/// Each name was compared with all earlier ones: eighty thousand took a minute.
#[test]
fn many_flattened_members_are_not_searched() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Order {
        id: u32,
        #[serde(flatten)]
        rest: BTreeMap<String, u32>,
    }
    let rest = (0..200_000).map(|number| (format!("m{number}"), number)).collect();
    check_kept(&[Json(Order { id: 1, rest })]);
}
