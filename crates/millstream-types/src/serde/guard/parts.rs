//! Writes lists, maps and structs, one part after the other.

use std::any::type_name;
use std::collections::HashSet;

use ::serde::ser::Error;

use super::context::{Context, Position, address, mixed};
use super::format::Format;
use super::refusal::Step;
use super::shape::Kind;

/// The numbers of an element of a list, a map's key and a map's value in the path to a part.
const ELEMENT: u32 = 0;
const KEY: u32 = 0;
const VALUE: u32 = 1;

/// The number of flattened members that have different paths; all others share one.
const MEMBERS_MAX: usize = 32;

/// A list, map or struct whose parts are written one after the other.
pub(super) struct Parts<'r, C> {
    pub(super) inner: C,
    context: Context<'r>,
    index: usize,
    /// A hash of the names of the fields so far, whether written or left out. Variants that are written without their name may
    /// differ in nothing else.
    fields: u32,
    /// The hashes of the names so far, in a struct with flattened members, which is written as a map of unknown length.
    names: Option<HashSet<u64>>,
}

impl<'r, C> Parts<'r, C> {
    pub(super) fn new(context: Context<'r>, inner: C) -> Self {
        Self { inner, context, index: 0, fields: 0, names: None }
    }

    /// A struct with flattened members.
    pub(super) fn flattened(context: Context<'r>, inner: C) -> Self {
        Self { names: Some(HashSet::new()), ..Self::new(context, inner) }
    }

    /// Records the result of writing the present part, which has a number.
    pub(super) fn written<E>(&mut self, result: Result<(), E>) -> Result<(), E> {
        if result.is_err() {
            self.context.refusal.passes(Step::Index(self.index));
        }
        self.index += 1;
        result
    }

    /// Records the result of writing a field.
    pub(super) fn field_written<E>(&mut self, name: &'static str, result: Result<(), E>) -> Result<(), E> {
        if result.is_err() {
            self.context.refusal.passes(Step::Field(name));
        }
        self.enter_variant();
        self.fields = mixed(self.fields, address(name));
        self.index += 1;
        result
    }

    /// An error if a field must not be left out.
    pub(super) fn skipped<E: Error>(&mut self, name: &'static str) -> Result<(), E> {
        self.fields = mixed(self.fields, address(name));
        match self.context.format {
            Format::Json => {
                self.context.note_of(Kind::Skipped, address(name));
                Ok(())
            }
            Format::Bincode => {
                self.context.refusal.passes(Step::Field(name));
                self.context.refuse(
                    "it is left out (`skip_serializing_if`), and in bincode the fields after it would be read as others; \
                     write it always, or take JSON",
                )
            }
        }
    }

    /// The context of an element of a list.
    pub(super) fn element(&self) -> Context<'r> {
        self.context.part(ELEMENT)
    }

    /// The context of the present part of a tuple.
    pub(super) fn numbered(&self) -> Context<'r> {
        self.context.part(self.index as u32)
    }

    /// The context of a field.
    pub(super) fn named(&self, name: &'static str) -> Context<'r> {
        self.context.part(address(name))
    }

    /// The context of a map's key.
    pub(super) fn key(&self) -> Context<'r> {
        let context = self.context.part(KEY);
        if self.names.is_some() { context.at(Position::Name) } else { context }
    }

    /// The context of a map's value. All values have the same path, except the first members of a struct that is written as a map.
    pub(super) fn value(&self) -> Context<'r> {
        let context = self.context.part(VALUE);
        if self.names.is_some() { context.part(self.index.min(MEMBERS_MAX) as u32) } else { context }
    }

    /// Records the result of writing a map's value.
    pub(super) fn value_written<E>(&mut self, result: Result<(), E>) -> Result<(), E> {
        self.enter_variant();
        self.written(result)
    }

    /// Records the result of writing a key.
    pub(super) fn key_written<E: Error>(&mut self, result: Result<(), E>) -> Result<(), E> {
        let result = result.and_then(|()| self.check_name());
        if result.is_err() {
            self.context.refusal.passes(Step::Index(self.index));
        }
        result
    }

    /// An error if a flattened member has the name of another member.
    fn check_name<E: Error>(&mut self) -> Result<(), E> {
        let (Some(names), Some(name)) = (&mut self.names, self.context.refusal.take_name()) else { return Ok(()) };
        if !names.insert(name) {
            return self.context.refuse("a flattened member has the name of another one, and neither would be read");
        }
        Ok(())
    }

    /// The context of `value`, which is written next as a field or member with this context.
    ///
    /// The value may be the name of a variant, as in an internally tagged enum. serde's derived code passes such a name as a
    /// `str`, and text in a field as a `String` or a `&str`.
    pub(super) fn with_tag<T: ?Sized>(&self, context: Context<'r>) -> Context<'r> {
        let is_tag = type_name::<T>() == type_name::<str>() && (self.index == 0 || self.names.is_some());
        if is_tag { context.at(Position::Name) } else { context }
    }

    /// Continues within the variant whose name was written, if one was: its parts have other paths than those of other
    /// variants.
    fn enter_variant(&mut self) {
        if let Some(name) = self.context.refusal.take_name() {
            self.context = self.context.part((name ^ (name >> 32)) as u32);
            self.context.note(Kind::Variant);
        }
    }

    /// Records which fields a struct has.
    pub(super) fn note_fields(&self) {
        self.context.note_of(Kind::Fields, self.fields);
    }

    /// Records the number of members, some of which may have been left out.
    pub(super) fn note_members(&self) {
        if self.names.is_some() {
            self.context.note_of(Kind::Members, self.index.min(MEMBERS_MAX) as u32);
        }
    }
}
