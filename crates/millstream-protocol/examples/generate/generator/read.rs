//! The methods that read.

use super::defaults;
use super::kind::Kind;
use super::model::{Field, Model, Struct};
use super::names::uses;
use super::write::{binding, flexible_condition, lengths, under};

/// `Message::read` of a structure.
pub(crate) fn method(model: &Model, structure: &Struct) -> String {
    let mut body = String::new();
    if structure.name == model.name {
        let outside = structure.versions.condition_outside();
        let error = format!("DecodeError::UnsupportedVersion {{ message: \"{}\", version }}", model.name);
        body.push_str(&format!("if {outside} {{\nreturn Err({error});\n}}\n"));
    }
    let literal = literal(model, structure);
    body.push_str(&binding(structure, &literal));
    body.push_str(&content(model, structure, &literal));
    let version = if uses(&body, "version") { "version" } else { "_version" };
    let input = if uses(&body, "input") { "input" } else { "_input" };
    format!("fn read({input}: &mut Reader<'_>, {version}: i16) -> Result<Self, DecodeError> {{\n{body}}}\n")
}

/// The fields in their order, and the tagged fields behind them.
fn content(model: &Model, structure: &Struct, literal: &str) -> String {
    let Some(condition) = flexible_condition(structure) else { return format!("Ok({literal})\n") };
    let tagged: String = structure.fields.iter().filter_map(|field| tagged_arm(model, field)).collect();
    let path = format!("\"{}\"", structure.name);
    if tagged.is_empty() {
        let skip = under(&condition, &format!("input.skip_tagged_fields({path})?;\n"));
        let value = if structure.fields.is_empty() { "Self" } else { "value" };
        let binding = if value == "Self" { String::new() } else { format!("let value = {literal};\n") };
        return format!("{binding}{skip}Ok({value})\n");
    }
    let arms = format!("{tagged}_ => input.skip_rest(),\n");
    let read = format!("input.tagged_fields({path}, |tag, input| {{\nmatch tag {{\n{arms}}}\nOk(())\n}})?;\n");
    format!("let mut value = {literal};\n{}Ok(value)\n", under(&condition, &read))
}

fn literal(model: &Model, structure: &Struct) -> String {
    if structure.fields.is_empty() {
        return "Self".to_owned();
    }
    let fields = structure.fields.iter();
    let values: String = fields.map(|field| format!("{}: {},\n", field.name, value(model, field, structure))).collect();
    format!("Self {{\n{values}}}")
}

fn value(model: &Model, field: &Field, structure: &Struct) -> String {
    if field.tag.is_some() {
        return defaults::value(field);
    }
    let code = match field.nullable.and_then(|nullable| nullable.condition_within(field.versions)) {
        Some(condition) => {
            let maybe = expression(model, field, lengths(structure), true);
            let present = expression(model, field, lengths(structure), false);
            format!("if {condition} {{ {maybe} }} else {{ Some({present}) }}")
        }
        None => expression(model, field, lengths(structure), field.nullable.is_some()),
    };
    match field.versions.condition_within(structure.versions) {
        Some(condition) => format!("if {condition} {{ {code} }} else {{ {} }}", defaults::value(field)),
        None => code,
    }
}

fn tagged_arm(model: &Model, field: &Field) -> Option<String> {
    let code = expression(model, field, "Lengths::Compact", field.nullable.is_some());
    Some(format!("{} => {{\nvalue.{} = {code};\n}}\n", field.tag?, field.name))
}

fn expression(model: &Model, field: &Field, lengths: &str, is_nullable: bool) -> String {
    let (path, prefix) = (&field.path, if is_nullable { "nullable_" } else { "" });
    match &field.kind {
        Kind::Struct(name) if is_nullable => {
            format!("input.nullable({path}, |input| {name}::read(input, version))?")
        }
        Kind::Array(element) => {
            let least = model.bytes_min(element, field.versions);
            let read = code(element, "", lengths, path);
            format!("input.{prefix}array({lengths}, {path}, {least}, |input| {read})?")
        }
        kind => format!("{}?", code(kind, prefix, lengths, path)),
    }
}

fn code(kind: &Kind, prefix: &str, lengths: &str, path: &str) -> String {
    match kind {
        Kind::Fixed(method, _, _) => format!("input.{method}({path})"),
        Kind::String => format!("input.{prefix}string({lengths}, {path})"),
        Kind::Bytes => format!("input.{prefix}bytes({lengths}, {path})"),
        Kind::Struct(name) => format!("{name}::read(input, version)"),
        Kind::Array(_) => unreachable!("the schemas have no arrays of arrays"),
    }
}
