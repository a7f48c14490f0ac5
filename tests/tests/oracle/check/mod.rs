//! Comparisons with the results of Kafka Streams. A failure names the scenario, the place in it, and the difference.

mod buffers;
mod decode;
mod listed;
mod results;
mod run;
mod topology;
mod versions;

pub(crate) use results::check as results;
pub(crate) use topology::check as topology;

use std::fmt::{Debug, Display};

use serde_json::Value;

use crate::scenario::Scenario;

/// Values as lines of JSON.
fn lines(values: &[Value]) -> Vec<String> {
    values.iter().map(Value::to_string).collect()
}

/// Fails with both sides, unless they are equal.
#[track_caller]
fn same<T: PartialEq + Debug + ?Sized>(scenario: &Scenario, what: impl Display, expected: &T, got: &T) {
    assert!(expected == got, "{}, {what}\nexpected: {expected:?}\n     got: {got:?}\n", scenario.name);
}

/// Fails with the first line that differs, unless all are equal.
#[track_caller]
fn same_lines(scenario: &Scenario, what: impl Display, expected: &[String], got: &[String]) {
    let first = (0..expected.len().max(got.len())).find(|&line| expected.get(line) != got.get(line));
    let Some(first) = first else { return };
    let show = |lines: &[String]| lines.get(first).cloned().unwrap_or_else(|| "(nothing)".to_owned());
    panic!(
        "{}, {what}, line {first}\nexpected: {}\n     got: {}\n\nall expected:\n{}\nall got:\n{}\n",
        scenario.name,
        show(expected),
        show(got),
        expected.join("\n"),
        got.join("\n"),
    );
}
