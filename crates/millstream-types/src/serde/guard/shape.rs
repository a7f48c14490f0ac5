//! The shapes of the values that were read back.
//!
//! serde does not tell whether a type reads what it writes. bincode cannot read untagged and internally tagged enums, and reads
//! a field that is written but not read as the next one. In JSON, a member that is left out may be required, and the keys of a
//! flattened map are read as text. So a value is read back if no earlier value of its type in this thread had the same shape:
//! another variant, a `Some`, a list that is not empty, a member left out, a number of more than 64 bits. After the first few
//! values of a type, this costs one lookup in a table.

use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use super::format::Format;

/// The capacity for the shapes of one type. Further shapes count as known, so that the number of values read back is limited.
const SLOTS: usize = 1 << 10;

/// The number of slots that a shape may be in, from the one of its hash.
const PROBES: usize = 8;

/// The kind of a part of a value, as far as it affects whether the part can be read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Root,
    Bool,
    Int,
    /// A negative integer.
    Negative,
    /// Above the largest `i64`.
    Large,
    /// More than 64 bits.
    Huge,
    Float,
    Char,
    Text,
    Bytes,
    None,
    Some,
    Unit,
    Variant,
    List,
    Tuple,
    Map,
    Struct,
    /// The names of the fields of a struct.
    Fields,
    /// A member that is left out.
    Skipped,
    /// The number of members, if it varies.
    Members,
}

thread_local! {
    static KNOWN: RefCell<HashMap<(TypeId, Format), Rc<Known>, BuildHasherDefault<IdHasher>>> =
        RefCell::new(HashMap::default());
}

/// The shapes of one type that were read back, by hashes; 0 is a free slot.
struct Known([Cell<u32>; SLOTS]);

impl Known {
    /// The slot that contains `hash`, or a free one. `None` if all are used.
    fn slot(&self, hash: u32) -> Option<&Cell<u32>> {
        let slots = (0..PROBES).map(|probe| &self.0[(hash as usize + probe) % SLOTS]);
        slots.into_iter().find(|slot| slot.get() == hash || slot.get() == 0)
    }
}

/// The shape of one value, and the known shapes of its type.
pub(in crate::serde) struct Shape {
    known: Rc<Known>,
    new: RefCell<Vec<u32>>,
}

impl Shape {
    /// A shape of a `T`; `None` if the thread is ending.
    pub(in crate::serde) fn of<T: 'static>(format: Format) -> Option<Self> {
        let known = KNOWN.try_with(|known| {
            let mut known = known.borrow_mut();
            let known = known.entry((TypeId::of::<T>(), format));
            Rc::clone(known.or_insert_with(|| Rc::new(Known([const { Cell::new(0) }; SLOTS]))))
        });
        known.ok().map(|known| Self { known, new: RefCell::default() })
    }

    /// Records a part of the shape.
    pub(super) fn note(&self, hash: u32) {
        let hash = hash.max(1);
        if self.known.slot(hash).is_some_and(|slot| slot.get() != hash) {
            self.new.borrow_mut().push(hash);
        }
    }

    /// Whether no earlier value had the same shape.
    pub(in crate::serde) fn is_new(&self) -> bool {
        !self.new.borrow().is_empty()
    }

    /// Records that a value of this shape was read back.
    pub(in crate::serde) fn keep(&self) {
        for hash in self.new.borrow_mut().drain(..) {
            if let Some(slot) = self.known.slot(hash) {
                slot.set(hash);
            }
        }
    }
}

/// A hasher for `TypeId`s, which are already hashes.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, id: u64) {
        self.0 ^= id;
    }

    fn write_isize(&mut self, format: isize) {
        self.0 ^= format.cast_unsigned() as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Marker;

    #[test]
    fn a_shape_is_new_until_it_is_kept() {
        let shape = |parts: &[u32]| {
            let shape = Shape::of::<Marker>(Format::Json).expect("the thread runs");
            parts.iter().for_each(|part| shape.note(*part));
            shape
        };
        assert!(shape(&[1, 2]).is_new());
        assert!(shape(&[1]).is_new(), "nothing was kept");
        shape(&[1, 2]).keep();
        assert!(!shape(&[2, 1, 1]).is_new());
        assert!(shape(&[1, 3]).is_new());
        let other = Shape::of::<Marker>(Format::Bincode).expect("the thread runs");
        other.note(1);
        assert!(other.is_new(), "each format has its own");
    }

    #[test]
    fn a_type_with_too_many_shapes_is_not_read_back_any_more() {
        let shape = Shape::of::<Marker>(Format::Json).expect("the thread runs");
        (0..100_000).for_each(|part| shape.note(part));
        shape.keep();
        (0..100_000).for_each(|part| shape.note(part));
        assert!(!shape.is_new());
    }
}
