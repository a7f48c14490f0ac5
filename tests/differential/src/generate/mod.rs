//! Draws a program from a seed. The same seed gives the same program.

mod draft;
mod inputs;
mod operators;
mod random;
mod stores;

use draft::Draft;
use operators::OPERATORS;
pub use random::Random;

use crate::program::{Operator, Program, Settings, Store, Type};

/// The optimisations.
const OPTIMIZATIONS: [&str; 3] = ["reuse.ktable.source.topics", MERGED, "single.store.self.join"];

/// Merged repartitions: not drawn with processors, above which Kafka Streams moves them, nor with cogroups, whose groups need
/// names here.
const MERGED: &str = "merge.repartition.topics";

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
    let cache_bytes_max = if random.chance(60) { 10 << 20 } else { 0 };
    let emit_interval_ms = if random.chance(50) { 1_000 } else { 0 };
    let skips_failures = random.chance(95);
    let mut optimizations = optimizations(&mut random);
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
    let keeps_headers = draft.random.chance(20);
    if draft.nodes.iter().any(|node| !can_merge_repartitions(&node.operator)) {
        optimizations.retain(|name| name != MERGED);
    }
    let settings = Settings { cache_bytes_max, emit_interval_ms, skips_failures, keeps_headers, optimizations };
    Program { seed, settings, nodes: draft.nodes, inputs }
}

const fn can_merge_repartitions(operator: &Operator) -> bool {
    use Operator as O;
    !matches!(
        operator,
        O::ProcessLru { .. }
            | O::ProcessHeaders
            | O::ProcessTimes
            | O::ProcessValues
            | O::ProcessWallClock { .. }
            | O::Cogroup { .. }
            | O::JoinGlobal { .. }
            | O::LeftJoinGlobal { .. }
    )
}

/// None for three programs in four, else some.
fn optimizations(random: &mut Random) -> Vec<String> {
    let is_optimized = random.chance(25);
    let names = OPTIMIZATIONS.iter().filter(|_| is_optimized && random.chance(60));
    names.map(|name| (*name).to_owned()).collect()
}

impl Draft {
    fn add_sources(&mut self) {
        let streams = self.random.between(1, 2);
        for index in 0..streams {
            self.add(Operator::Stream { topic: format!("in{index}") }, &[]);
        }
        let tables = *self.random.pick(&[0, 1, 1, 2]);
        for index in 0..tables {
            let store = self.table_store();
            self.add(Operator::Table { topic: format!("rows{index}"), store }, &[]);
        }
        self.add_global_table();
    }

    fn add_global_table(&mut self) {
        if self.random.chance(25) {
            // With options and without a name Kafka Streams refuses a global table.
            let store = Store { name: Some("global".to_owned()), caching: false, ..self.store() };
            self.add(Operator::GlobalTable { topic: "global".to_owned(), store }, &[]);
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
