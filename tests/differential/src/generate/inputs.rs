//! Draws the inputs of a program.

use super::Random;
use super::draft::Draft;
use crate::program::{Input, Operator, Record};

const KEYS: [&str; 4] = ["a", "b", "c", "d"];
const HEADERS: [&str; 3] = ["trace", "of", "seen"];

/// 50 to 300 records with times that mostly rise, and steps of the wall clock.
pub(super) fn draw(draft: &mut Draft) -> Vec<Input> {
    let waits = |operator: &Operator| {
        matches!(
            operator,
            Operator::ProcessWallClock { .. } | Operator::LeftJoinStream { .. } | Operator::OuterJoinStream { .. }
        )
    };
    let is_scheduled = draft.nodes.iter().any(|node| waits(&node.operator));
    let topics: Vec<String> = draft.nodes.iter().filter_map(|node| topic_of(&node.operator)).collect();
    let random = &mut draft.random;
    let keys = &KEYS[..random.between(2, 4) as usize];
    let headers_percent = *random.pick(&[0, 15, 30]);
    let late_percent = *random.pick(&[0, 10, 20]);
    let late_ms_max = *random.pick(&[500, 2_000, 8_000]);
    let (mut inputs, mut time) = (Vec::new(), 0);
    for _ in 0..random.between(50, 300) {
        if random.chance(if is_scheduled { 12 } else { 3 }) {
            inputs.push(Input::Advance { advance_wall_ms: random.between(1, 3_000) });
            continue;
        }
        time += gap(random);
        let late = if random.chance(late_percent) { random.between(0, late_ms_max) } else { 0 };
        inputs.push(Input::Record(Record {
            topic: random.pick(&topics).clone(),
            key: (!random.chance(4)).then(|| (*random.pick(keys)).to_owned()),
            value: (!random.chance(8)).then(|| value(random)),
            ts: time.saturating_sub(late) as i64,
            headers: headers(random, headers_percent),
        }));
    }
    inputs
}

fn topic_of(operator: &Operator) -> Option<String> {
    match operator {
        Operator::Stream { topic } | Operator::Table { topic, .. } | Operator::GlobalTable { topic, .. } => {
            Some(topic.clone())
        }
        _ => None,
    }
}

/// How much later a record is than the one before, in milliseconds.
fn gap(random: &mut Random) -> u64 {
    match random.between(0, 99) {
        0..20 => 0,
        20..70 => random.between(1, 400),
        70..94 => random.between(400, 3_000),
        94..99 => random.between(3_000, 20_000),
        _ => random.between(60_000, 120_000),
    }
}

/// A few letters and digits; one in six with several words.
fn value(random: &mut Random) -> String {
    let words = if random.chance(16) { random.between(2, 3) } else { 1 };
    (0..words).map(|_| word(random)).collect::<Vec<_>>().join(" ")
}

fn word(random: &mut Random) -> String {
    let length = if random.chance(3) { 0 } else { random.between(1, 4) };
    (0..length).map(|_| char::from(*random.pick(b"abcd12"))).collect()
}

fn headers(random: &mut Random, percent: u64) -> Vec<(String, Option<String>)> {
    let count = if random.chance(percent) { random.between(1, 2) } else { 0 };
    let header = |_| ((*random.pick(&HEADERS)).to_owned(), (!random.chance(10)).then(|| word(random)));
    (0..count).map(header).collect()
}
