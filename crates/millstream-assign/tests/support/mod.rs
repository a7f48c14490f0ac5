//! A group that lives: members come, go and die, report and obey, with one leader after the other.
#![allow(dead_code, unused_imports, clippy::unwrap_used, reason = "tests; each file uses what it needs")]

pub(crate) mod checks;
pub(crate) mod random;
pub(crate) mod world;

pub(crate) use random::Random;
pub(crate) use world::World;
