//! The values that fields have unless they are set.

use super::kind::Kind;
use super::model::Field;
use super::names::integer;

/// The default of a field as an expression.
pub(crate) fn value(field: &Field) -> String {
    let is_null = field.default.as_deref() == Some("null");
    match (field.nullable, is_null) {
        (Some(_), true) => "None".to_owned(),
        (Some(_), false) => format!("Some({})", present(field)),
        (None, _) => present(field),
    }
}

/// Whether Rust's own default of the type is that of the field.
pub(crate) fn is_rusts(field: &Field) -> bool {
    let value = value(field);
    matches!(value.as_str(), "None" | "0" | "0.0" | "false" | "Uuid::ZERO" | "String::new()" | "Vec::new()")
        || matches!(&field.kind, Kind::Struct(_) if field.nullable.is_none())
}

/// A condition that the field has another value than its default.
pub(crate) fn differs(field: &Field) -> String {
    let (name, value) = (&field.name, value(field));
    match value.as_str() {
        "None" => format!("self.{name}.is_some()"),
        "false" => format!("self.{name}"),
        "true" => format!("!self.{name}"),
        "String::new()" | "Vec::new()" => format!("!self.{name}.is_empty()"),
        "Some(String::new())" => format!("self.{name}.as_deref() != Some(\"\")"),
        "Some(Vec::new())" => format!("self.{name}.as_ref().is_none_or(|value| !value.is_empty())"),
        _ => format!("self.{name} != {value}"),
    }
}

/// For people, if it is worth a word.
pub(crate) fn text(field: &Field) -> Option<String> {
    match value(field).as_str() {
        "None" => Some("null".to_owned()),
        "0" | "false" | "Uuid::ZERO" | "String::new()" | "Vec::new()" => None,
        "Some(String::new())" | "Some(Vec::new())" => Some("empty".to_owned()),
        _ if matches!(field.kind, Kind::Struct(_)) => None,
        value => Some(format!("`{value}`")),
    }
}

fn present(field: &Field) -> String {
    match (&field.kind, field.default.as_deref().filter(|default| *default != "null")) {
        (Kind::Fixed("bool", _, _), default) => default.unwrap_or("false").to_owned(),
        (Kind::Fixed("uuid", _, _), _) => "Uuid::ZERO".to_owned(),
        (Kind::Fixed("float64", _, _), default) => default.unwrap_or("0.0").to_owned(),
        (Kind::Fixed(_, rust, _), default) => number(rust, default.unwrap_or("0")),
        (Kind::String, Some(default)) => format!("{default:?}.to_owned()"),
        (Kind::String, None) => "String::new()".to_owned(),
        (Kind::Bytes | Kind::Array(_), _) => "Vec::new()".to_owned(),
        (Kind::Struct(name), _) => format!("{name}::default()"),
    }
}

fn number(rust: &str, text: &str) -> String {
    match text.parse::<i64>() {
        Ok(value) if rust == "i32" && value == i64::from(i32::MIN) => "i32::MIN".to_owned(),
        Ok(value) => integer(value),
        Err(_) => text.to_owned(),
    }
}
