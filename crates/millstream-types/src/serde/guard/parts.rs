//! Writing lists, maps and structs, one part after the other.

use ::serde::ser::Error;

use super::format::Format;
use super::place::{Place, Position, address};
use super::refusal::Step;
use super::shape::Kind;

/// The part of a list, a map's key and a map's value, in the path to a part.
const ELEMENT: u32 = 0;
const KEY: u32 = 0;
const VALUE: u32 = 1;

/// Of so many flattened members each is a place of its own.
const MEMBERS_MAX: usize = 32;

/// A list, map or struct of which one part is written after the other.
pub(super) struct Parts<'r, C> {
    pub(super) inner: C,
    place: Place<'r>,
    index: usize,
    /// The hashes of the names so far, in a struct with flattened members, which is written as a map of unknown length.
    names: Option<Vec<u64>>,
}

impl<'r, C> Parts<'r, C> {
    pub(super) fn new(place: Place<'r>, inner: C) -> Self {
        Self { inner, place, index: 0, names: None }
    }

    /// A struct with flattened members.
    pub(super) fn flattened(place: Place<'r>, inner: C) -> Self {
        Self { names: Some(Vec::new()), ..Self::new(place, inner) }
    }

    /// Notes how the writing of the present part, known by its number, ended.
    pub(super) fn written<E>(&mut self, result: Result<(), E>) -> Result<(), E> {
        if result.is_err() {
            self.place.refusal.passes(Step::Index(self.index));
        }
        self.index += 1;
        result
    }

    /// Notes how the writing of a field ended.
    pub(super) fn field_written<E>(&self, name: &'static str, result: Result<(), E>) -> Result<(), E> {
        if result.is_err() {
            self.place.refusal.passes(Step::Field(name));
        }
        result
    }

    /// An error if a field cannot be left out.
    pub(super) fn skipped<E: Error>(&self, name: &'static str) -> Result<(), E> {
        match self.place.format {
            Format::Json => {
                self.place.note_of(Kind::Skipped, address(name));
                Ok(())
            }
            Format::Bincode => {
                self.place.refusal.passes(Step::Field(name));
                self.place.refuse(
                    "it is left out (`skip_serializing_if`), and in bincode the fields after it would be read as others; \
                     write it always, or take JSON",
                )
            }
        }
    }

    /// Where an element of a list stands.
    pub(super) fn element(&self) -> Place<'r> {
        self.place.part(ELEMENT)
    }

    /// Where the present part of a tuple stands.
    pub(super) fn numbered(&self) -> Place<'r> {
        self.place.part(self.index as u32)
    }

    /// Where a field stands.
    pub(super) fn named(&self, name: &'static str) -> Place<'r> {
        self.place.part(address(name))
    }

    /// Where a map's key stands.
    pub(super) fn key(&self) -> Place<'r> {
        let place = self.place.part(KEY);
        if self.names.is_some() { place.at(Position::Name) } else { place }
    }

    /// Where a map's value stands: all at one place, but for the first members of a struct that is written as a map.
    pub(super) fn value(&self) -> Place<'r> {
        let place = self.place.part(VALUE);
        if self.names.is_some() { place.part(self.index.min(MEMBERS_MAX) as u32) } else { place }
    }

    /// Notes how the writing of a key ended.
    pub(super) fn key_written<E: Error>(&mut self, result: Result<(), E>) -> Result<(), E> {
        let result = result.and_then(|()| self.check_name());
        if result.is_err() {
            self.place.refusal.passes(Step::Index(self.index));
        }
        result
    }

    /// An error if a flattened member has the name of another member.
    fn check_name<E: Error>(&mut self) -> Result<(), E> {
        let (Some(names), Some(name)) = (&mut self.names, self.place.refusal.take_name()) else { return Ok(()) };
        if names.contains(&name) {
            return self.place.refuse("a flattened member has the name of another one, and neither would be read");
        }
        names.push(name);
        Ok(())
    }

    /// Notes how many members there were, some of which may have been left out.
    pub(super) fn note_members(&self) {
        if self.names.is_some() {
            self.place.note_of(Kind::Members, self.index.min(MEMBERS_MAX) as u32);
        }
    }
}
