//! Programs of many seeds, run through both and compared.

use std::collections::BTreeMap;

use millstream::test::StoreBacking;

use crate::allowed::Rule;
use crate::compare::{Comparison, Difference, compare};
use crate::coverage::Coverage;
use crate::generate::generate;
use crate::java::JavaRunner;
use crate::program::Program;
use crate::run::run;
use crate::shrink::shrink;

/// The cache of stores on the engine, in bytes: a few rows, so that the engine is read.
const ENGINE_CACHE_BYTES_MAX: usize = 200;

/// Runs programs through both, and counts what was found.
#[derive(Debug)]
pub struct Session {
    java: JavaRunner,
    /// How many programs were compared.
    pub programs: u64,
    /// How many of them needed an allowed difference.
    pub programs_with_allowed: u64,
    /// How many programs needed each.
    pub allowed: BTreeMap<Rule, u64>,
    /// Which operators occurred.
    pub coverage: Coverage,
    /// The seeds of programs that differ.
    pub differing: Vec<u64>,
}

impl Session {
    /// Starts Java.
    ///
    /// # Panics
    /// When Java cannot be started.
    #[must_use]
    pub fn start() -> Self {
        Self {
            java: JavaRunner::start(),
            programs: 0,
            programs_with_allowed: 0,
            allowed: BTreeMap::new(),
            coverage: Coverage::default(),
            differing: Vec::new(),
        }
    }

    /// Runs the program of a seed, and tells how both differ, if they do.
    pub fn try_seed(&mut self, seed: u64) -> Option<(Program, Difference)> {
        let program = generate(seed);
        let Comparison { difference, allowed } = self.compare(&program);
        self.programs += 1;
        self.programs_with_allowed += u64::from(!allowed.is_empty());
        for rule in allowed {
            *self.allowed.entry(rule).or_default() += 1;
        }
        self.coverage.add(&program);
        let difference = difference?;
        self.differing.push(seed);
        Some((program, difference))
    }

    /// The smallest program that can be found for which both differ, with the difference.
    pub fn shrink(&mut self, program: Program) -> (Program, Option<Difference>) {
        let smallest = shrink(program, &mut |program| self.compare(program).difference.is_some());
        let difference = self.compare(&smallest).difference;
        (smallest, difference)
    }

    /// Runs a program through both.
    pub fn compare(&mut self, program: &Program) -> Comparison {
        self.java.send(program);
        let got = run(program, StoreBacking::Engine { cache_bytes_max: ENGINE_CACHE_BYTES_MAX });
        compare(program, &self.java.outcome(), &got)
    }
}
