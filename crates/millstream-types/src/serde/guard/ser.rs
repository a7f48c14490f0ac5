//! Writing: each part of a value passes here before it reaches the format.

use std::fmt::Display;

use ::serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::{Format, Refusal, Step};

/// A value, or a part of one, that is written only if the format gives it back.
pub(in crate::serde) struct Guarded<'r, 'v, T: ?Sized> {
    value: &'v T,
    place: Place<'r>,
}

impl<'r, 'v, T: ?Sized> Guarded<'r, 'v, T> {
    pub(in crate::serde) fn new(value: &'v T, format: Format, refusal: &'r Refusal) -> Self {
        Self { value, place: Place { format, depth: 0, position: Position::Other, refusal } }
    }
}

impl<T: Serialize + ?Sized> Serialize for Guarded<'_, '_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Guard { inner: serializer, place: self.place })
    }
}

/// Where in the whole value a part stands.
#[derive(Clone, Copy)]
struct Place<'r> {
    format: Format,
    depth: u32,
    position: Position,
    refusal: &'r Refusal,
}

/// Whether the part is directly inside `Some`, where null would be read as `None`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    InsideSome,
    Other,
}

impl<'r> Place<'r> {
    fn refuse<E: ::serde::ser::Error, T>(self, reason: &str) -> Result<T, E> {
        self.refusal.set(reason);
        Err(E::custom(reason))
    }

    /// One that stands `levels` deeper.
    fn below<E: ::serde::ser::Error>(self, levels: u32) -> Result<Self, E> {
        let depth = self.depth + levels;
        if depth > self.format.depth_max() {
            return self.refuse(&format!("it is nested more than {} deep", self.format.depth_max()));
        }
        Ok(Self { depth, position: Position::Other, ..self })
    }

    /// Inside a variant with several fields, which has brackets of its own and brackets for its fields in JSON.
    fn below_variant<E: ::serde::ser::Error>(self) -> Result<Self, E> {
        self.below(if self.format == Format::Json { 2 } else { 1 })
    }

    /// Inside a wrapper that has no brackets in JSON.
    fn below_wrapper<E: ::serde::ser::Error>(self, position: Position) -> Result<Self, E> {
        let levels = u32::from(self.format == Format::Bincode);
        Ok(Self { position, ..self.below(levels)? })
    }

    fn check_float<E: ::serde::ser::Error>(self, value: f64) -> Result<(), E> {
        if self.format == Format::Json && !value.is_finite() {
            return self.refuse("it is not a finite number, and JSON has no other");
        }
        Ok(())
    }

    fn check_null<E: ::serde::ser::Error>(self) -> Result<(), E> {
        if self.format == Format::Json && self.position == Position::InsideSome {
            return self.refuse("it is `Some` of what JSON writes as null, and would be read as `None`");
        }
        Ok(())
    }

    fn part<'v, T: ?Sized>(self, value: &'v T) -> Guarded<'r, 'v, T> {
        Guarded { value, place: self }
    }
}

/// A format's serializer behind the guard.
struct Guard<'r, S> {
    inner: S,
    place: Place<'r>,
}

/// Parts that are always given back.
macro_rules! forward {
    ($($method:ident($type:ty)),+ $(,)?) => {$(
        fn $method(self, value: $type) -> Result<S::Ok, S::Error> {
            self.inner.$method(value)
        }
    )+};
}

impl<'r, S: Serializer> Serializer for Guard<'r, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Parts<'r, S::SerializeSeq>;
    type SerializeTuple = Parts<'r, S::SerializeTuple>;
    type SerializeTupleStruct = Parts<'r, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Parts<'r, S::SerializeTupleVariant>;
    type SerializeMap = Parts<'r, S::SerializeMap>;
    type SerializeStruct = Parts<'r, S::SerializeStruct>;
    type SerializeStructVariant = Parts<'r, S::SerializeStructVariant>;

    forward! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_i128(i128), serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64),
        serialize_u128(u128), serialize_char(char), serialize_str(&str), serialize_bytes(&[u8]),
    }

    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        self.place.check_float(value.into())?;
        self.inner.serialize_f32(value)
    }

    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        self.place.check_float(value)?;
        self.inner.serialize_f64(value)
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.place.check_null()?;
        self.place.below_wrapper(Position::Other)?;
        self.inner.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_some(&self.place.below_wrapper(Position::InsideSome)?.part(value))
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.place.check_null()?;
        self.inner.serialize_unit()
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.place.check_null()?;
        self.inner.serialize_unit_struct(name)
    }

    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        self.place.below_wrapper(Position::Other)?;
        self.inner.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_newtype_struct(name, &self.place.below_wrapper(self.place.position)?.part(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.inner.serialize_newtype_variant(name, index, variant, &self.place.below(1)?.part(value))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        Ok(Parts::new(self.place.below(1)?, self.inner.serialize_seq(len)?))
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        Ok(Parts::new(self.place.below(1)?, self.inner.serialize_tuple(len)?))
    }

    fn serialize_tuple_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeTupleStruct, S::Error> {
        Ok(Parts::new(self.place.below(1)?, self.inner.serialize_tuple_struct(name, len)?))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        Ok(Parts::new(self.place.below_variant()?, self.inner.serialize_tuple_variant(name, index, variant, len)?))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        Ok(Parts::new(self.place.below(1)?, self.inner.serialize_map(len)?))
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, S::Error> {
        Ok(Parts::new(self.place.below(1)?, self.inner.serialize_struct(name, len)?))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        Ok(Parts::new(self.place.below_variant()?, self.inner.serialize_struct_variant(name, index, variant, len)?))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// A list, map or struct of which one part is written after the other.
struct Parts<'r, C> {
    inner: C,
    place: Place<'r>,
    index: usize,
}

impl<'r, C> Parts<'r, C> {
    fn new(place: Place<'r>, inner: C) -> Self {
        Self { inner, place, index: 0 }
    }

    fn written<E>(&mut self, result: Result<(), E>) -> Result<(), E> {
        if result.is_err() {
            self.place.refusal.passes(Step::Index(self.index));
        }
        self.index += 1;
        result
    }

    fn field_written<E>(&self, name: &'static str, result: Result<(), E>) -> Result<(), E> {
        if result.is_err() {
            self.place.refusal.passes(Step::Field(name));
        }
        result
    }

    fn skipped<E: ::serde::ser::Error>(&self, name: &'static str) -> Result<(), E> {
        match self.place.format {
            Format::Json => Ok(()),
            Format::Bincode => {
                self.place.refusal.passes(Step::Field(name));
                self.place.refuse(
                    "it is left out (`skip_serializing_if`), and in bincode the fields after it would be read as others; \
                     write it always, or take JSON",
                )
            }
        }
    }
}

/// Parts by their number.
macro_rules! numbered {
    ($($trait:ident by $method:ident),+ $(,)?) => {$(
        impl<C: $trait> $trait for Parts<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
                let result = self.inner.$method(&self.place.part(value));
                self.written(result)
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        }
    )+};
}

numbered! {
    SerializeSeq by serialize_element,
    SerializeTuple by serialize_element,
    SerializeTupleStruct by serialize_field,
    SerializeTupleVariant by serialize_field,
}

/// Parts by their name.
macro_rules! named {
    ($($trait:ident),+ $(,)?) => {$(
        impl<C: $trait> $trait for Parts<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), C::Error> {
                let result = self.inner.serialize_field(name, &self.place.part(value));
                self.field_written(name, result)
            }

            fn skip_field(&mut self, name: &'static str) -> Result<(), C::Error> {
                self.skipped(name)?;
                self.inner.skip_field(name)
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        }
    )+};
}

named!(SerializeStruct, SerializeStructVariant);

impl<C: SerializeMap> SerializeMap for Parts<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), C::Error> {
        let result = self.inner.serialize_key(&self.place.part(key));
        if result.is_err() {
            self.place.refusal.passes(Step::Index(self.index));
        }
        result
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        let result = self.inner.serialize_value(&self.place.part(value));
        self.written(result)
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}
