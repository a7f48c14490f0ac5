//! What the tests need of each message: random values, the room that a value takes, and a list of all messages.

use super::files::ORIGIN;
use super::model::{Field, Struct};
use super::names::snake_case;
use super::{File, Subject, defaults};

/// A file of the tests.
pub(crate) fn file(subjects: &[Subject]) -> File {
    let (mut uses, mut code, mut visits) = (String::new(), String::new(), String::new());
    for subject in subjects {
        let (module, models) = match subject {
            Subject::Api { name, request, response } => (snake_case(name), vec![request, response]),
            Subject::Data(data) => (snake_case(&data.name), vec![data]),
        };
        let structs: Vec<&Struct> = models.iter().flat_map(|model| &model.structs).collect();
        let names: Vec<&str> = structs.iter().map(|structure| structure.name.as_str()).collect();
        uses.push_str(&format!("use millstream_protocol::messages::{module}::{{{}}};\n", names.join(", ")));
        code.extend(structs.into_iter().map(filled));
        visits.push_str(&visit(subject, &models[0].name));
    }
    let text = format!(
        "//! Random values of all messages: {ORIGIN}.\n\nuse millstream_protocol::Uuid;\n{uses}\n\
         use super::fill::{{Fill, Random, Visit}};\n\n\
         /// Visits each message.\npub(crate) fn visit_all(visit: &mut impl Visit) {{\n{visits}}}\n\n{code}"
    );
    let text = if text.contains("Uuid::") { text } else { text.replace("use millstream_protocol::Uuid;\n", "") };
    File { path: "tests/protocol/messages.rs".to_owned(), text }
}

fn visit(subject: &Subject, name: &str) -> String {
    let kind = if matches!(subject, Subject::Api { .. }) { "request" } else { "data" };
    format!("visit.{kind}::<{name}>();\n")
}

fn filled(structure: &Struct) -> String {
    let name = &structure.name;
    if structure.fields.is_empty() {
        let fill = "fn fill(_random: &mut Random, _version: i16) -> Self {\nSelf\n}\n";
        return format!("impl Fill for {name} {{\n{fill}\nfn heap(&self) -> usize {{\n0\n}}\n}}\n\n");
    }
    let fields = structure.fields.iter();
    let values: String =
        fields.clone().map(|field| format!("{}: {},\n", field.name, value(field, structure))).collect();
    let heaps: Vec<String> = fields.map(|field| format!("self.{}.heap()", field.name)).collect();
    format!(
        "impl Fill for {name} {{\nfn fill(random: &mut Random, version: i16) -> Self {{\nSelf {{\n{values}}}\n}}\n\n\
         fn heap(&self) -> usize {{\n{}\n}}\n}}\n\n",
        heaps.join(" + ")
    )
}

fn value(field: &Field, structure: &Struct) -> String {
    let random = "Fill::fill(random, version)";
    let code = match field.nullable.and_then(|nullable| nullable.condition_within(field.versions)) {
        Some(condition) => format!("if {condition} {{ {random} }} else {{ Some({random}) }}"),
        None => random.to_owned(),
    };
    match field.versions.condition_within(structure.versions) {
        Some(condition) => format!("if {condition} {{ {code} }} else {{ {} }}", defaults::value(field)),
        None => code,
    }
}
