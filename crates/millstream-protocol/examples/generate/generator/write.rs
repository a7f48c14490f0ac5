//! The methods that write.

use super::defaults;
use super::kind::Kind;
use super::model::{Field, Model, Struct};
use super::names::uses;
use super::versions::Versions;

/// `Message::write` of a structure.
pub(crate) fn method(model: &Model, structure: &Struct) -> String {
    let mut body = String::new();
    if structure.name == model.name {
        let outside = structure.versions.condition_outside();
        let error = format!("EncodeError::UnsupportedVersion {{ message: \"{}\", version }}", model.name);
        body.push_str(&format!("if {outside} {{\nreturn Err({error});\n}}\n"));
    }
    let fields: String =
        structure.fields.iter().filter(|field| field.tag.is_none()).map(|it| field(it, structure)).collect();
    body.push_str(&binding(structure, &fields));
    body.push_str(&fields);
    body.push_str(&tagged_section(structure));
    let version = if uses(&body, "version") { "version" } else { "_version" };
    format!("fn write(&self, out: &mut Writer, {version}: i16) -> Result<(), EncodeError> {{\n{body}Ok(())\n}}\n\n")
}

/// How a structure's lengths are written, as an expression.
pub(crate) fn lengths(structure: &Struct) -> &'static str {
    match structure.flexible_from {
        from if from <= structure.versions.oldest => "Lengths::Compact",
        from if from > structure.versions.newest => "Lengths::Fixed",
        _ => "lengths",
    }
}

/// Binds `lengths`, where the code needs it.
pub(crate) fn binding(structure: &Struct, code: &str) -> String {
    if lengths(structure) == "lengths" && uses(code, "lengths") {
        format!("let lengths = Lengths::in_version(version, {});\n", structure.flexible_from)
    } else {
        String::new()
    }
}

/// A condition that `version` is flexible: `None` if never, an empty one if always.
pub(crate) fn flexible_condition(structure: &Struct) -> Option<String> {
    let flexible = Versions::from((structure.flexible_from, i16::MAX)).and(structure.versions)?;
    Some(flexible.condition_within(structure.versions).unwrap_or_default())
}

/// Code that runs under a condition, if there is one.
pub(crate) fn under(condition: &str, code: &str) -> String {
    if condition.is_empty() { code.to_owned() } else { format!("if {condition} {{\n{code}}}\n") }
}

fn field(field: &Field, structure: &Struct) -> String {
    let code = null_check(field) + &statement(field, lengths(structure));
    let Some(condition) = field.versions.condition_within(structure.versions) else { return code };
    let mut code = format!("if {condition} {{\n{code}}}");
    if !field.ignorable {
        let error = format!("EncodeError::NotInVersion {{ field: {}, version }}", field.path);
        code.push_str(&format!(" else if {} {{\nreturn Err({error});\n}}", defaults::differs(field)));
    }
    code + "\n"
}

/// An error if the field is null in a version that has it, but not null.
fn null_check(field: &Field) -> String {
    let nullable = field.nullable.filter(|nullable| nullable.condition_within(field.versions).is_some());
    let Some(nullable) = nullable else { return String::new() };
    let error = format!("EncodeError::Null {{ field: {}, version }}", field.path);
    let outside = nullable.condition_outside_within(field.versions);
    format!("if {outside} && self.{}.is_none() {{\nreturn Err({error});\n}}\n", field.name)
}

fn statement(field: &Field, lengths: &str) -> String {
    let (name, path) = (&field.name, &field.path);
    let (prefix, whole) = match field.nullable {
        Some(_) => ("nullable_", format!("self.{name}.as_deref()")),
        None => ("", format!("&self.{name}")),
    };
    match &field.kind {
        Kind::Fixed(method, _, _) => format!("out.{method}(self.{name});\n"),
        Kind::String => format!("out.{prefix}string({lengths}, {whole}, {path})?;\n"),
        Kind::Bytes => format!("out.{prefix}bytes({lengths}, {whole}, {path})?;\n"),
        Kind::Struct(_) if field.nullable.is_some() => {
            format!("out.nullable(self.{name}.as_ref(), |out, value| value.write(out, version))?;\n")
        }
        Kind::Struct(_) => format!("self.{name}.write(out, version)?;\n"),
        Kind::Array(element) => {
            let each = element_code(element, lengths, path);
            format!("out.{prefix}array({lengths}, {whole}, {path}, |out, each| {each})?;\n")
        }
    }
}

fn element_code(kind: &Kind, lengths: &str, path: &str) -> String {
    match kind {
        Kind::Fixed(method, _, _) => format!("{{ out.{method}(*each); Ok(()) }}"),
        Kind::String => format!("out.string({lengths}, each, {path})"),
        Kind::Bytes => format!("out.bytes({lengths}, each, {path})"),
        Kind::Struct(_) => "each.write(out, version)".to_owned(),
        Kind::Array(_) => unreachable!("the schemas have no arrays of arrays"),
    }
}

fn tagged_section(structure: &Struct) -> String {
    let Some(condition) = flexible_condition(structure) else { return String::new() };
    let mut tagged: Vec<&Field> = structure.fields.iter().filter(|field| field.tag.is_some()).collect();
    tagged.sort_by_key(|field| field.tag);
    if tagged.is_empty() {
        return under(&condition, "out.no_tagged_fields();\n");
    }
    let added: String = tagged.iter().map(|field| tagged_field(field)).collect();
    under(&condition, &format!("let mut tagged = TaggedFields::default();\n{added}tagged.write(out);\n"))
}

/// Tagged fields are in flexible versions only, so their lengths are compact.
fn tagged_field(field: &Field) -> String {
    let code = statement(field, "Lengths::Compact");
    let (tag, path) = (field.tag.unwrap_or_default(), &field.path);
    let add = format!("tagged.add({tag}, {path}, |out| {{\n{code}Ok(())\n}})?;\n");
    under(&defaults::differs(field), &add)
}
