//! Programs drawn at random, run through Millstream and through Kafka Streams 4.4.0, and compared.
//!
//! A [`Program`] is a topology and its inputs as data. [`generate`](fn@generate) draws one from a seed, [`run`](mod@run) runs it with
//! Millstream's test driver, [`java`] with Kafka Streams' own; both give an [`Outcome`]. [`compare`](mod@compare) tells whether
//! they are the same, and which of the differences in `docs/guide/differences.md` it met. [`shrink`](mod@shrink) makes a program
//! with a difference small. `docs/formats/differential.md` describes all of it.
#![allow(clippy::disallowed_methods, reason = "a tool for tests: it starts processes and reads the clock")]

pub mod allowed;
pub mod compare;
pub mod coverage;
pub mod generate;
pub mod java;
pub mod outcome;
pub mod program;
pub mod run;
pub mod session;
pub mod shrink;

pub use compare::compare;
pub use generate::generate;
pub use outcome::Outcome;
pub use program::Program;
