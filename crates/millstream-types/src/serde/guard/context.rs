//! The position of a part in a value, and the parts that the format refuses.

use ::serde::ser::Error;

use super::format::Format;
use super::refusal::Refusal;
use super::shape::Kind;

/// The position of a part in the whole value.
#[derive(Clone, Copy)]
pub(super) struct Context<'r> {
    pub(super) format: Format,
    pub(super) position: Position,
    pub(super) refusal: &'r Refusal,
    depth: u32,
    /// A hash of the path from the value to the part. All elements of a list have the same path.
    path: u32,
}

/// Positions with different rules.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// Directly inside `Some`, where null would be read as `None`.
    InsideSome,
    /// A name in a struct with flattened members, which another member may have too, or the name of a variant.
    Name,
    Other,
}

impl<'r> Context<'r> {
    pub(super) fn root(format: Format, refusal: &'r Refusal) -> Self {
        let root = Self { format, position: Position::Other, refusal, depth: 0, path: 0 };
        root.note(Kind::Root);
        root
    }

    /// Records the kind of the part. Parts of other kinds may be unreadable in the same position.
    pub(super) fn note(self, kind: Kind) {
        self.note_of(kind, 0);
    }

    /// Records the kind of the part with a detail, such as the number of a variant.
    pub(super) fn note_of(self, kind: Kind, detail: u32) {
        if let Some(shape) = &self.refusal.shape {
            shape.note(mixed(mixed(self.path, kind as u32), detail));
        }
    }

    /// The context of a part of this part.
    pub(super) fn part(self, part: u32) -> Self {
        Self { path: mixed(self.path, part), ..self }
    }

    /// The context with another position.
    pub(super) fn at(self, position: Position) -> Self {
        Self { position, ..self }
    }

    pub(super) fn refuse<E: Error, T>(self, reason: &str) -> Result<T, E> {
        self.refusal.set(reason);
        Err(E::custom(reason))
    }

    /// The context of a part that is `levels` deeper.
    pub(super) fn below<E: Error>(self, levels: u32) -> Result<Self, E> {
        let depth = self.depth + levels;
        if depth > self.format.depth_max() {
            return self.refuse(&format!("it is nested more than {} deep", self.format.depth_max()));
        }
        Ok(Self { depth, position: Position::Other, ..self })
    }

    /// The context inside variant number `variant` with several fields, which has two levels of brackets in JSON.
    pub(super) fn below_variant<E: Error>(self, variant: u32) -> Result<Self, E> {
        self.note_of(Kind::Variant, variant);
        self.part(variant).below(if self.format == Format::Json { 2 } else { 1 })
    }

    /// The context inside a wrapper, which has no brackets in JSON.
    pub(super) fn below_wrapper<E: Error>(self, position: Position) -> Result<Self, E> {
        let levels = u32::from(self.format == Format::Bincode);
        Ok(Self { position, ..self.below(levels)? })
    }

    pub(super) fn check_float<E: Error>(self, value: f64) -> Result<(), E> {
        if self.format == Format::Json && !value.is_finite() {
            return self.refuse("it is not a finite number, and JSON has no other");
        }
        Ok(())
    }

    pub(super) fn check_null<E: Error>(self) -> Result<(), E> {
        if self.format == Format::Json && self.position == Position::InsideSome {
            return self.refuse("it is `Some` of what JSON writes as null, and would be read as `None`");
        }
        Ok(())
    }
}

/// A hash of `path` and `part`.
pub(super) fn mixed(path: u32, part: u32) -> u32 {
    (path ^ part).wrapping_add(1).wrapping_mul(0x9e37_79b1).rotate_left(15)
}

/// A number for a name that is part of the program, which is its address.
pub(super) fn address(name: &'static str) -> u32 {
    let address = name.as_ptr().addr() as u64 ^ name.len() as u64;
    (address ^ (address >> 32)) as u32
}
