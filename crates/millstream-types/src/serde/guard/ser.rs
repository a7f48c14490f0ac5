//! Writes values, and refuses parts that would not be read back.

use std::fmt::Display;

use ::serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::context::{Context, Position, address};
use super::format::Format;
use super::parts::Parts;
use super::refusal::Refusal;
use super::shape::Kind;

/// A value, or a part of one, that is written only if it would be read back.
pub(in crate::serde) struct Guarded<'r, 'v, T: ?Sized> {
    value: &'v T,
    context: Context<'r>,
}

impl<'r, 'v, T: ?Sized> Guarded<'r, 'v, T> {
    pub(in crate::serde) fn new(value: &'v T, format: Format, refusal: &'r Refusal) -> Self {
        Self { value, context: Context::root(format, refusal) }
    }

    /// A part of a value.
    pub(super) fn at(context: Context<'r>, value: &'v T) -> Self {
        Self { value, context }
    }
}

impl<T: Serialize + ?Sized> Serialize for Guarded<'_, '_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Guard { inner: serializer, context: self.context })
    }
}

/// A serializer of the format, with the context of the present part.
struct Guard<'r, S> {
    inner: S,
    context: Context<'r>,
}

/// Implements the methods for parts that are always read back, with their kinds.
macro_rules! forward {
    ($($method:ident($type:ty): $kind:expr),+ $(,)?) => {$(
        fn $method(self, value: $type) -> Result<S::Ok, S::Error> {
            let kind: fn(&$type) -> Kind = $kind;
            self.context.note(kind(&value));
            self.inner.$method(value)
        }
    )+};
}

/// The kind of a whole number, by its sign and size.
macro_rules! int {
    () => {
        |value| match (u64::try_from(*value), i64::try_from(*value)) {
            (Ok(_), Ok(_)) => Kind::Int,
            (Ok(_), Err(_)) => Kind::Large,
            (Err(_), Ok(_)) => Kind::Negative,
            (Err(_), Err(_)) => Kind::Huge,
        }
    };
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
        serialize_bool(bool): |_| Kind::Bool, serialize_i8(i8): int!(), serialize_i16(i16): int!(),
        serialize_i32(i32): int!(), serialize_i64(i64): int!(), serialize_i128(i128): int!(), serialize_u8(u8): int!(),
        serialize_u16(u16): int!(), serialize_u32(u32): int!(), serialize_u64(u64): int!(), serialize_u128(u128): int!(),
        serialize_char(char): |_| Kind::Char, serialize_bytes(&[u8]): |_| Kind::Bytes,
    }

    fn serialize_str(self, value: &str) -> Result<S::Ok, S::Error> {
        self.context.note(Kind::Text);
        if self.context.position == Position::Name {
            self.context.refusal.note_name(value);
        }
        self.inner.serialize_str(value)
    }

    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        self.context.note(Kind::Float);
        self.context.check_float(value.into())?;
        self.inner.serialize_f32(value)
    }

    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        self.context.note(Kind::Float);
        self.context.check_float(value)?;
        self.inner.serialize_f64(value)
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.context.note(Kind::None);
        self.context.check_null()?;
        self.context.below_wrapper(Position::Other)?;
        self.inner.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.context.note(Kind::Some);
        self.inner.serialize_some(&Guarded::at(self.context.below_wrapper(Position::InsideSome)?, value))
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.context.note(Kind::Unit);
        self.context.check_null()?;
        self.inner.serialize_unit()
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.context.note(Kind::Unit);
        self.context.check_null()?;
        self.inner.serialize_unit_struct(name)
    }

    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        self.context.note_of(Kind::Variant, index);
        if self.context.position == Position::Name {
            self.context.refusal.note_name(variant);
        }
        self.context.below_wrapper(Position::Other)?;
        self.inner.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        self.inner
            .serialize_newtype_struct(name, &Guarded::at(self.context.below_wrapper(self.context.position)?, value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.context.note_of(Kind::Variant, index);
        let inside = self.context.part(index).below(1)?;
        self.inner.serialize_newtype_variant(name, index, variant, &Guarded::at(inside, value))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.context.note(Kind::List);
        Ok(Parts::new(self.context.below(1)?, self.inner.serialize_seq(len)?))
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.context.note_of(Kind::Tuple, len as u32);
        Ok(Parts::new(self.context.below(1)?, self.inner.serialize_tuple(len)?))
    }

    fn serialize_tuple_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.context.note_of(Kind::Struct, address(name));
        Ok(Parts::new(self.context.below(1)?, self.inner.serialize_tuple_struct(name, len)?))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        let context = self.context.below_variant(index)?;
        Ok(Parts::new(context, self.inner.serialize_tuple_variant(name, index, variant, len)?))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.context.note(Kind::Map);
        let context = self.context.below(1)?;
        let map = self.inner.serialize_map(len)?;
        Ok(if len.is_some() { Parts::new(context, map) } else { Parts::flattened(context, map) })
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, S::Error> {
        self.context.note_of(Kind::Struct, address(name));
        Ok(Parts::new(self.context.below(1)?, self.inner.serialize_struct(name, len)?))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        let context = self.context.below_variant(index)?;
        Ok(Parts::new(context, self.inner.serialize_struct_variant(name, index, variant, len)?))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.context.note(Kind::Text);
        self.inner.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Implements traits whose parts have numbers, with the method that returns the context of a part.
macro_rules! numbered {
    ($($trait:ident by $method:ident at $context:ident),+ $(,)?) => {$(
        impl<C: $trait> $trait for Parts<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
                let context = self.$context();
                let result = self.inner.$method(&Guarded::at(context, value));
                self.written(result)
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        }
    )+};
}

numbered! {
    SerializeSeq by serialize_element at element,
    SerializeTuple by serialize_element at numbered,
    SerializeTupleStruct by serialize_field at numbered,
    SerializeTupleVariant by serialize_field at numbered,
}

/// Implements traits whose parts have names.
macro_rules! named {
    ($($trait:ident),+ $(,)?) => {$(
        impl<C: $trait> $trait for Parts<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), C::Error> {
                let context = self.with_tag::<T>(self.named(name));
                let result = self.inner.serialize_field(name, &Guarded::at(context, value));
                self.field_written(name, result)
            }

            fn skip_field(&mut self, name: &'static str) -> Result<(), C::Error> {
                self.skipped(name)?;
                self.inner.skip_field(name)
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.note_fields();
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
        let context = self.key();
        let result = self.inner.serialize_key(&Guarded::at(context, key));
        self.key_written(result)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        let context = self.with_tag::<T>(self.value());
        let result = self.inner.serialize_value(&Guarded::at(context, value));
        self.value_written(result)
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.note_members();
        self.inner.end()
    }
}
