//! What is recorded about a value while it is written.

use std::cell::{Cell, RefCell};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::shape::Shape;

/// Why a value was refused and the path to the part, collected while the error is returned; and the shape of a value that is to
/// be read back.
#[derive(Default)]
pub(in crate::serde) struct Refusal {
    pub(super) shape: Option<Shape>,
    /// The hash of the last name of a flattened member or of a variant.
    name: Cell<Option<u64>>,
    reason: RefCell<Option<String>>,
    /// The steps to the part, the innermost first.
    path: RefCell<Vec<Step>>,
}

/// One step from a value to a part of it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Field(&'static str),
    Index(usize),
}

impl Refusal {
    pub(super) fn noting(shape: Option<Shape>) -> Self {
        Self { shape, ..Self::default() }
    }

    pub(super) fn set(&self, reason: &str) {
        self.reason.borrow_mut().get_or_insert_with(|| reason.to_owned());
    }

    /// Keeps the hash of a name for [`take_name`](Self::take_name).
    pub(super) fn note_name(&self, name: &str) {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        self.name.set(Some(hasher.finish()));
    }

    /// The hash of the name that was written last.
    pub(super) fn take_name(&self) -> Option<u64> {
        self.name.take()
    }

    pub(super) fn passes(&self, step: Step) {
        self.path.borrow_mut().push(step);
    }

    /// The path, and the reason, or `other` if the value's own implementation refused it.
    pub(in crate::serde) fn describe(&self, other: impl FnOnce() -> String) -> String {
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
