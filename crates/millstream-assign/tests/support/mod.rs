//! A group that lives: members come, go and die, report and obey, with one leader after the other.
#![allow(dead_code, clippy::unwrap_used, reason = "tests; each file uses what it needs")]

pub mod checks;
pub mod random;
pub mod world;

pub use random::Random;
pub use world::World;
