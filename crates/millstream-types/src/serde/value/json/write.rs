//! Writing JSON.

use std::fmt::Display;
use std::io::Write as _;

use super::TYPE_NAME;
use crate::SerdeError;
use crate::serde::value::Value;
use crate::serde::value::bytes::check_depth;

/// Appends `value` as JSON, with maps in the order of their names.
pub(in crate::serde::value) fn encode(value: &Value, out: &mut Vec<u8>) -> Result<(), SerdeError> {
    put(value, 0, out).map_err(|refused| {
        let error = SerdeError::unwritable(TYPE_NAME, refused.reason);
        if refused.path.is_empty() { error } else { error.with_details(format!("it is `{}`", refused.path)) }
    })
}

/// Why a part of the value has no JSON, and the path to it.
struct Refused {
    reason: String,
    path: String,
}

impl Refused {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), path: String::new() }
    }

    fn inside(self, step: impl Display) -> Self {
        Self { path: format!("{step}{}", self.path), ..self }
    }
}

/// Appends a value inside `depth` lists and maps.
fn put(value: &Value, depth: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Value::Int(value) => put_text(value, out),
        Value::Float(value) if value.is_finite() => put_with_serde(value, out)?,
        Value::Float(_) => return Err(Refused::new("a Float in it is not finite, and JSON has no other numbers")),
        Value::Decimal(value) => out.extend_from_slice(value.as_str().as_bytes()),
        Value::Text(value) => put_with_serde(value.as_ref(), out)?,
        Value::Bytes(_) => return Err(Refused::new("JSON has no raw bytes; turn them into text first")),
        Value::List(values) => {
            check_depth(depth).map_err(Refused::new)?;
            put_list(values, depth, out)?;
        }
        Value::Map(values) => {
            check_depth(depth).map_err(Refused::new)?;
            put_map(values.iter(), depth, out)?;
        }
    }
    Ok(())
}

fn put_list(values: &[Value], depth: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
    out.push(b'[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        put(value, depth + 1, out).map_err(|refused| refused.inside(format_args!("[{index}]")))?;
    }
    out.push(b']');
    Ok(())
}

fn put_map<'v>(
    members: impl Iterator<Item = (&'v std::sync::Arc<str>, &'v Value)>,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    out.push(b'{');
    for (index, (name, value)) in members.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        put_with_serde(name.as_ref(), out)?;
        out.push(b':');
        put(value, depth + 1, out).map_err(|refused| refused.inside(format_args!(".{name}")))?;
    }
    out.push(b'}');
    Ok(())
}

fn put_text(value: impl Display, out: &mut Vec<u8>) {
    write!(out, "{value}").expect("writing to memory does not fail");
}

/// Appends a text with escapes, or a float in its shortest form.
fn put_with_serde<T: ::serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), Refused> {
    serde_json::to_writer(out, value).map_err(|error| Refused::new(error.to_string()))
}
