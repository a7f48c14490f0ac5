//! Draws a program from a seed. The same seed gives the same program.

mod draft;
mod inputs;
mod operators;
mod random;
mod stores;

use draft::Draft;
use operators::OPERATORS;
pub use random::Random;

use crate::program::{Operator, Program, Settings, Type};

/// How many operators a program has.
const OPERATORS_MIN: u64 = 3;
const OPERATORS_MAX: u64 = 12;

/// The program of a seed: 3 to 12 operators behind one to four sources, every result written to a topic, and 50 to 300 inputs
/// of two to four keys.
///
/// # Examples
/// ```
/// let program = millstream_differential::generate(7);
/// assert_eq!(program, millstream_differential::generate(7));
/// assert!((3..=12).contains(&program.operator_count()) && (50..=300).contains(&program.inputs.len()));
/// ```
#[must_use]
pub fn generate(seed: u64) -> Program {
    let mut random = Random::new(seed);
    let cache_bytes_max = if random.chance(50) { 10 << 20 } else { 0 };
    let mut draft = Draft::new(random);
    draft.add_sources();
    // A table at the end takes one operator more, to be written to a topic.
    let wanted = draft.random.between(OPERATORS_MIN, OPERATORS_MAX) as usize;
    while draft.operator_count() < wanted {
        let room = wanted - draft.operator_count();
        let (_, _, add) =
            *draft.random.weighted(&OPERATORS, |(weight, needed, _)| if *needed <= room { *weight } else { 0 });
        add(&mut draft);
    }
    draft.write_all_results();
    let inputs = inputs::draw(&mut draft);
    Program { seed, settings: Settings { cache_bytes_max }, nodes: draft.nodes, inputs }
}

impl Draft {
    fn add_sources(&mut self) {
        let streams = self.random.between(1, 2);
        for index in 0..streams {
            self.add(Operator::Stream { topic: format!("in{index}") }, &[]);
        }
        let tables = *self.random.pick(&[0, 1, 1, 2]);
        for index in 0..tables {
            let store = self.store();
            self.add(Operator::Table { topic: format!("rows{index}"), store }, &[]);
        }
    }

    /// Writes every stream that nothing takes to a topic, and the changes of every such table.
    fn write_all_results(&mut self) {
        for index in 0..self.nodes.len() {
            if self.is_taken(index) {
                continue;
            }
            let stream = match self.types[index] {
                Type::Table(..) => self.add_unnamed(Operator::ToStream, &[index]),
                Type::Stream(..) => index,
                _ => continue,
            };
            self.add_unnamed(Operator::To { topic: format!("out{stream}") }, &[stream]);
        }
    }
}
