//! Instances with standbys and warm-ups on a real broker: killed, restarted in turn, suspended, and coming and going at random.
//!
//! `MILLSTREAM_RESTARTS` asks for a long campaign: it is how many changes of the members happen at random (6), and every test is run with
//! stores in memory and on disk. `MILLSTREAM_RESTARTS_SEED` is the seed of their sequence (42).
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests of the real thing, in real time")]

mod at_random;
mod fail_over;
mod instances;
mod rolling;
mod small;
mod suspended;
mod warm_up;
