//! What stands between a type's serde implementation and a format, and refuses what the format would not give back.
//!
//! JSON writes NaN as `null` and `Some(None)` as `null`, and nests without end although its reader does not; bincode leaves
//! skipped fields out without a trace, and reads as deep as the stack is large. Each such value would be written once and
//! never be read again, or be read as another one.

mod de;
mod redact;
mod ser;

use std::cell::RefCell;

pub(super) use de::{Bounded, TOO_DEEP};
pub(super) use redact::without_quotes;
pub(super) use ser::Guarded;

/// How deep a value in JSON may be nested: the deepest that `serde_json` reads.
pub(super) const JSON_DEPTH_MAX: u32 = 127;

/// How deep a value in bincode may be nested, counting lists, maps, structs, variants, wrappers and `Some`.
pub(super) const BINCODE_DEPTH_MAX: u32 = 256;

/// The format that is written, for its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Bincode,
}

impl Format {
    fn depth_max(self) -> u32 {
        match self {
            Self::Json => JSON_DEPTH_MAX,
            Self::Bincode => BINCODE_DEPTH_MAX,
        }
    }
}

/// Why a value was refused and where in it, collected on the way out.
#[derive(Debug, Default)]
pub(super) struct Refusal {
    reason: RefCell<Option<String>>,
    /// The members that lead to it, innermost first.
    path: RefCell<Vec<Step>>,
}

/// One step from a value to a part of it.
#[derive(Clone, Copy, Debug)]
enum Step {
    Field(&'static str),
    Index(usize),
}

impl Refusal {
    fn set(&self, reason: &str) {
        self.reason.borrow_mut().get_or_insert_with(|| reason.to_owned());
    }

    fn passes(&self, step: Step) {
        self.path.borrow_mut().push(step);
    }

    /// The reason, or `other` if the value was refused by its own implementation; with the member that it is about.
    pub(super) fn describe(&self, other: impl FnOnce() -> String) -> String {
        let reason = self.reason.borrow_mut().take().unwrap_or_else(other);
        let mut path = String::new();
        for step in self.path.borrow().iter().rev() {
            match step {
                Step::Field(name) if path.is_empty() => path.push_str(name),
                Step::Field(name) => path.push_str(&format!(".{name}")),
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        if path.is_empty() { reason } else { format!("`{path}`: {reason}") }
    }
}
