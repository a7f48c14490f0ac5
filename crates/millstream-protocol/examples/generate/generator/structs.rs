//! Declarations of structures.

use super::defaults;
use super::model::{Field, Model, Struct};

/// How long a line may be.
const WIDTH: usize = 120;

/// The structure, with its default.
pub(crate) fn declaration(model: &Model, structure: &Struct) -> String {
    let name = &structure.name;
    let about =
        if *name == model.name { format!("`{name}` of Kafka") } else { format!("A part of [`{}`]", model.name) };
    let fields: String = structure.fields.iter().map(|field| declared(field, structure)).collect();
    let is_derived = structure.fields.iter().all(defaults::is_rusts);
    let derived = if is_derived { "Clone, Debug, Default, PartialEq" } else { "Clone, Debug, PartialEq" };
    let mut text = format!("/// {about}, {}.\n#[derive({derived})]\n", structure.versions.text());
    if structure.fields.is_empty() {
        return text + &format!("pub struct {name};\n\n");
    }
    text.push_str(&format!("pub struct {name} {{\n{fields}}}\n\n"));
    if !is_derived {
        text.push_str(&default_of(structure));
    }
    text
}

fn declared(field: &Field, structure: &Struct) -> String {
    let rust = field.kind.rust();
    let rust = if field.nullable.is_some() { format!("Option<{rust}>") } else { rust };
    format!("{}pub {}: {rust},\n", comment(&about(field, structure)), field.name)
}

fn about(field: &Field, structure: &Struct) -> String {
    let mut text = format!("`{}`: {}", field.schema_name, field.kind.text());
    if let Some(nullable) = field.nullable {
        let when = if nullable == field.versions { String::new() } else { format!(" in {}", nullable.text()) };
        text.push_str(&format!(" or null{when}"));
    }
    if let Some(tag) = field.tag {
        text.push_str(&format!(", tag {tag}"));
    }
    if let Some(default) = defaults::text(field) {
        text.push_str(&format!(", {default} by default"));
    }
    if field.versions != structure.versions {
        text.push_str(&format!("; {}", field.versions.text()));
        text.push_str(if field.ignorable {
            " (left out of others)"
        } else {
            " (an error in others, unless it has its default)"
        });
    }
    text + "."
}

/// Text as a comment, in lines that end with the page.
fn comment(text: &str) -> String {
    const BEGIN: &str = "    ///";
    let (mut lines, mut line) = (String::new(), BEGIN.to_owned());
    for word in text.split(' ') {
        if line.len() + word.len() >= WIDTH {
            lines.push_str(&format!("{line}\n"));
            BEGIN.clone_into(&mut line);
        }
        line.push_str(&format!(" {word}"));
    }
    format!("{lines}{line}\n")
}

fn default_of(structure: &Struct) -> String {
    let values: String =
        structure.fields.iter().map(|field| format!("{}: {},\n", field.name, defaults::value(field))).collect();
    let name = &structure.name;
    format!("impl Default for {name} {{\nfn default() -> Self {{\nSelf {{\n{values}}}\n}}\n}}\n\n")
}
