//! Shared by the tests with random histories: stores beside sorted maps as their models, and the steps that write to both.

#![allow(dead_code, reason = "each test file uses its part of it")]

pub(crate) mod counting;
pub(crate) mod key_value;
pub(crate) mod windows;

use millstream_state::{Backing, InMemoryEngine};
use proptest::prelude::*;

pub(crate) type Key = Vec<u8>;

/// Whether a commit writes to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteBack {
    Delayed,
    IfDue,
    Always,
}

/// How many keys a flush logs: a few, or all.
pub(crate) fn flush_limit() -> impl Strategy<Value = usize> {
    prop_oneof![Just(usize::MAX), 0_usize..3]
}

/// Memory, or an engine on `disk` with a cache of this size.
pub(crate) fn backing(cache_bytes_max: Option<usize>, disk: &InMemoryEngine) -> Backing {
    match cache_bytes_max {
        None => Backing::InMemory,
        Some(cache_bytes_max) => Backing::Engine { engine: Box::new(disk.clone()), cache_bytes_max },
    }
}
