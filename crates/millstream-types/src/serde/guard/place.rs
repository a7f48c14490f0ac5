//! Where in a value a part stands, and what the format refuses there.

use ::serde::ser::Error;

use super::format::Format;
use super::refusal::Refusal;
use super::shape::Kind;

/// Where in the whole value a part stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'r> {
    pub(super) format: Format,
    pub(super) position: Position,
    pub(super) refusal: &'r Refusal,
    depth: u32,
    /// What leads from the value to the part, as a hash: the same for all elements of a list.
    path: u32,
}

/// Where the rules for a part differ from those elsewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// Directly inside `Some`, where null would be read as `None`.
    InsideSome,
    /// A name in a struct with flattened members, where another member may have it too.
    Name,
    Other,
}

impl<'r> Place<'r> {
    pub(super) fn root(format: Format, refusal: &'r Refusal) -> Self {
        let root = Self { format, position: Position::Other, refusal, depth: 0, path: 0 };
        root.note(Kind::Root);
        root
    }

    /// Notes what the part is. Reading a part of another kind may fail where reading this one does not.
    pub(super) fn note(self, kind: Kind) {
        self.note_of(kind, 0);
    }

    /// [`note`](Self::note) with more about it, such as the number of a variant.
    pub(super) fn note_of(self, kind: Kind, detail: u32) {
        if let Some(shape) = &self.refusal.shape {
            shape.note(mixed(mixed(self.path, kind as u32), detail));
        }
    }

    /// The place of a part of this one.
    pub(super) fn part(self, part: u32) -> Self {
        Self { path: mixed(self.path, part), ..self }
    }

    /// The same place, with other rules.
    pub(super) fn at(self, position: Position) -> Self {
        Self { position, ..self }
    }

    pub(super) fn refuse<E: Error, T>(self, reason: &str) -> Result<T, E> {
        self.refusal.set(reason);
        Err(E::custom(reason))
    }

    /// One that stands `levels` deeper.
    pub(super) fn below<E: Error>(self, levels: u32) -> Result<Self, E> {
        let depth = self.depth + levels;
        if depth > self.format.depth_max() {
            return self.refuse(&format!("it is nested more than {} deep", self.format.depth_max()));
        }
        Ok(Self { depth, position: Position::Other, ..self })
    }

    /// Inside variant number `variant` with several fields, which has brackets of its own and brackets for its fields in JSON.
    pub(super) fn below_variant<E: Error>(self, variant: u32) -> Result<Self, E> {
        self.note_of(Kind::Variant, variant);
        self.part(variant).below(if self.format == Format::Json { 2 } else { 1 })
    }

    /// Inside a wrapper that has no brackets in JSON.
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

/// A hash of both.
fn mixed(path: u32, part: u32) -> u32 {
    (path ^ part).wrapping_add(1).wrapping_mul(0x9e37_79b1).rotate_left(15)
}

/// A number for a name that is part of the program: where it lies.
pub(super) fn address(name: &'static str) -> u32 {
    let address = name.as_ptr().addr() as u64 ^ name.len() as u64;
    (address ^ (address >> 32)) as u32
}
