//! Types of fields.

use super::Result;
use super::names::structure_name;

/// The type of a field, without its nullability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What has a fixed size: the method that reads and writes it, its type in Rust, its bytes.
    Fixed(&'static str, &'static str, usize),
    String,
    Bytes,
    Struct(String),
    Array(Box<Kind>),
}

impl Kind {
    /// From a schema's `[]TaskIds`, say.
    pub(crate) fn parse(message: &str, text: &str) -> Result<Self> {
        if let Some(element) = text.strip_prefix("[]") {
            return match Self::parse(message, element)? {
                Self::Array(_) => Err(format!("`{text}` is an array of arrays, which the generator does not know")),
                element => Ok(Self::Array(Box::new(element))),
            };
        }
        Ok(match text {
            "bool" => Self::Fixed("bool", "bool", 1),
            "int8" => Self::Fixed("int8", "i8", 1),
            "int16" => Self::Fixed("int16", "i16", 2),
            "uint16" => Self::Fixed("uint16", "u16", 2),
            "int32" => Self::Fixed("int32", "i32", 4),
            "int64" => Self::Fixed("int64", "i64", 8),
            "float64" => Self::Fixed("float64", "f64", 8),
            "uuid" => Self::Fixed("uuid", "Uuid", 16),
            "string" => Self::String,
            "bytes" => Self::Bytes,
            name if is_structure(name) => Self::Struct(structure_name(message, name)),
            other => return Err(format!("the type `{other}` is not known")),
        })
    }

    /// The type in Rust.
    pub(crate) fn rust(&self) -> String {
        match self {
            Self::Fixed(_, rust, _) => (*rust).to_owned(),
            Self::String => "String".to_owned(),
            Self::Bytes => "Vec<u8>".to_owned(),
            Self::Struct(name) => name.clone(),
            Self::Array(element) => format!("Vec<{}>", element.rust()),
        }
    }

    /// For people: `int32`, or the name in Rust.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Fixed("uuid", _, _) => "[`Uuid`]".to_owned(),
            Self::Fixed(method, _, _) => format!("`{method}`"),
            Self::String => "string".to_owned(),
            Self::Bytes => "bytes".to_owned(),
            Self::Struct(name) => format!("[`{name}`]"),
            Self::Array(element) => format!("array of {}", element.text()),
        }
    }
}

/// Whether a type in a schema is a structure.
pub(crate) fn is_structure(kind: &str) -> bool {
    kind.starts_with(|letter: char| letter.is_uppercase())
}
