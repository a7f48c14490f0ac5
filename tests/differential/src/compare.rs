//! Compares what both sides did. `docs/formats/differential.md` says what is compared, and what may differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug};

use serde::Serialize;

use crate::allowed::{self, Rule};
use crate::outcome::{FailureKind, Outcome, Row, StoreRows, Written};
use crate::program::Program;

/// What a comparison has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The first difference that no rule allows.
    pub difference: Option<Difference>,
    /// The rules that were needed.
    pub allowed: BTreeSet<Rule>,
}

/// A difference between both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where it is.
    pub place: String,
    /// What Kafka Streams has there.
    pub expected: String,
    /// What Millstream has there.
    pub got: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nKafka Streams: {}\n   Millstream: {}", self.place, self.expected, self.got)
    }
}

/// Compares the outcome of Kafka Streams with that of Millstream.
#[must_use]
pub fn compare(program: &Program, expected: &Outcome, got: &Outcome) -> Comparison {
    let mut allowed = BTreeSet::new();
    if allowed::is_unbuilt(expected, got) {
        return Comparison { difference: None, allowed: BTreeSet::from([Rule::UnmergedRepartitions]) };
    }
    let is_refused = |outcome: &Outcome| matches!(&outcome.error, Some(error) if error.kind == FailureKind::Build);
    let difference = failures(expected, got)
        .filter(|_| is_refused(expected) || is_refused(got))
        .or_else(|| first("describe()", expected.describe.lines(), got.describe.lines()))
        .or_else(|| steps(program, expected, got, &mut allowed))
        .or_else(|| failures(expected, got))
        .or_else(|| internal_topics(program, expected, got, &mut allowed))
        .or_else(|| stores(program, expected, got, &mut allowed));
    Comparison { difference, allowed }
}

/// The first of two sequences in which they differ.
fn first<T: PartialEq + Debug>(
    place: impl fmt::Display,
    expected: impl IntoIterator<Item = T>,
    got: impl IntoIterator<Item = T>,
) -> Option<Difference> {
    let (mut expected, mut got) = (expected.into_iter(), got.into_iter());
    for number in 0.. {
        let (one, other) = (expected.next(), got.next());
        if one != other {
            let show = |item: Option<T>| item.map_or_else(|| "(nothing)".to_owned(), |item| format!("{item:?}"));
            return Some(Difference { place: format!("{place}, {number}"), expected: show(one), got: show(other) });
        }
        one?;
    }
    None
}

/// Both fail at the same input, in the same way, or neither does.
fn failures(expected: &Outcome, got: &Outcome) -> Option<Difference> {
    let at = |outcome: &Outcome| outcome.error.as_ref().map(|error| (error.kind, outcome.steps.len()));
    if at(expected) == at(got) {
        return None;
    }
    let show = |outcome: &Outcome| match &outcome.error {
        Some(error) => format!("fails at input {} ({:?}): {}", outcome.steps.len(), error.kind, error.message),
        None => "succeeds".to_owned(),
    };
    Some(Difference { place: "failure".to_owned(), expected: show(expected), got: show(got) })
}

/// The records of the user's topics in the order written, and how many were dropped.
fn steps(program: &Program, expected: &Outcome, got: &Outcome, allowed: &mut BTreeSet<Rule>) -> Option<Difference> {
    let mut latest = BTreeMap::new();
    let steps = expected.steps.iter().zip(&got.steps).enumerate();
    steps.into_iter().find_map(|(number, (expected, got))| {
        let of_user = |records: &[Written]| -> Vec<ShownRecord> {
            records.iter().filter(|record| !record.is_internal()).map(ShownRecord::of).collect()
        };
        let place = format!("outputs of input {number}");
        first(place, of_user(&expected.records), of_user(&got.records)).or_else(|| {
            let dropped = allowed::dropped(program, (expected, got), &mut latest, allowed);
            first(format!("dropped at input {number}"), [dropped], [got.dropped])
        })
    })
}

/// The records of repartition topics and changelogs, each topic in its order. Where Kafka Streams leaves the time to the producer it
/// is not compared.
fn internal_topics(
    program: &Program,
    expected: &Outcome,
    got: &Outcome,
    allowed: &mut BTreeSet<Rule>,
) -> Option<Difference> {
    let topics = |outcome: &Outcome| {
        let mut topics: BTreeMap<String, Vec<Written>> = BTreeMap::new();
        for record in outcome.steps.iter().flat_map(|step| &step.records).filter(|record| record.is_internal()) {
            topics.entry(record.topic.clone()).or_default().push(record.clone());
        }
        topics
    };
    let (expected, mut got) = (topics(expected), topics(got));
    first("internal topics", expected.keys(), got.keys()).or_else(|| {
        expected.into_iter().find_map(|(topic, records)| {
            let got = got.remove(&topic).unwrap_or_default();
            let (records, mut got) = allowed::changelog(program, &topic, records, got, allowed);
            for (expected, got) in records.iter().zip(&mut got) {
                got.ts = got.ts.filter(|_| expected.ts.is_some());
            }
            let shown = |records: &[Written]| records.iter().map(ShownRecord::of).collect::<Vec<_>>();
            first(format!("records of `{topic}`"), shown(&records), shown(&got))
        })
    })
}

fn stores(program: &Program, expected: &Outcome, got: &Outcome, allowed: &mut BTreeSet<Rule>) -> Option<Difference> {
    first("stores", expected.stores.keys(), got.stores.keys()).or_else(|| {
        expected.stores.iter().find_map(|(name, store)| {
            let got = &got.stores[name];
            let (rows, got_rows) = allowed::rows(program, expected, (name, store), got, allowed);
            first(format!("kind of store `{name}`"), [&store.kind], [&got.kind])
                .or_else(|| first(format!("rows of store `{name}`"), in_order(store, rows), in_order(got, got_rows)))
        })
    })
}

/// Rows of a store. A store orders keys by their bytes; windows of several keys are in another order in each kind of store.
fn in_order<'a>(store: &StoreRows, mut rows: Vec<&'a Row>) -> Vec<&'a Row> {
    if matches!(store.kind.as_str(), "window" | "session") {
        rows.sort();
    }
    rows
}

/// A record as one line.
#[derive(PartialEq, Eq)]
struct ShownRecord(String);

impl ShownRecord {
    fn of(record: &Written) -> Self {
        Self(json(record))
    }
}

impl Debug for ShownRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn json(of: &impl Serialize) -> String {
    serde_json::to_string(of).expect("results are JSON")
}
