//! The members of a group, and its generations.

use std::borrow::Borrow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use millstream_types::MonotonicTime;

use crate::clock;

/// The id that the coordinator gave a member. It is cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MemberId(Arc<str>);

impl MemberId {
    /// An id that a member gives itself, as members of streams groups do.
    pub(crate) fn random() -> Self {
        let mut bytes = [0; 16];
        // Without randomness of the system, the process and the time have to do.
        if getrandom::fill(&mut bytes).is_err() {
            let [process, time] = [u128::from(std::process::id()), (clock::now() - MonotonicTime::START).as_nanos()];
            bytes = (process << 96 | time).to_be_bytes();
        }
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]).into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for MemberId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl Borrow<str> for MemberId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a member, once it has one. Clones share it: a member that joins gets its id before it has joined.
#[derive(Clone, Debug, Default)]
pub(super) struct MemberSlot(Arc<Mutex<Option<MemberId>>>);

impl MemberSlot {
    fn lock(&self) -> MutexGuard<'_, Option<MemberId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self) -> Option<MemberId> {
        self.lock().clone()
    }

    pub(super) fn set(&self, id: MemberId) {
        *self.lock() = Some(id);
    }

    pub(super) fn take(&self) -> Option<MemberId> {
        self.lock().take()
    }
}

/// The number of a rebalance of a group, which rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Generation(i32);

impl Generation {
    /// The generation with this number; `None` if it is negative: Kafka writes −1 for no generation.
    pub(crate) const fn new(number: i32) -> Option<Self> {
        if number < 0 { None } else { Some(Self(number)) }
    }

    /// The number.
    pub(crate) const fn number(self) -> i32 {
        self.0
    }
}
