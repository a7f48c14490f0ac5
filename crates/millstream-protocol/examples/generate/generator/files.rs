//! Whole files of `src/messages`.

use std::collections::BTreeMap;

use super::model::Model;
use super::names::snake_case;
use super::schema::Schema;
use super::{File, Subject, read, structs, write};

/// The end of the first line of each file.
pub(crate) const ORIGIN: &str = "generated from Kafka's schema by `examples/generate`; do not edit";

/// A request and its response.
pub(crate) fn api_file(name: &str, request: &Model, response: &Model) -> File {
    let about = format!("`{name}` (key {}, {})", request.api_key.unwrap_or_default(), request.versions.text());
    let code = request_impl(name, request, response) + &code_of(request) + &code_of(response);
    File { path: format!("src/messages/{}.rs", snake_case(name)), text: with_head(&about, &code, "Request") }
}

/// A message that is neither.
pub(crate) fn data_file(data: &Model) -> File {
    let about = format!("`{}` ({})", data.name, data.versions.text());
    let consts = consts(data, &data.name);
    let code = format!("impl Data for {} {{\n{consts}}}\n\n", data.name) + &code_of(data);
    File { path: format!("src/messages/{}.rs", snake_case(&data.name)), text: with_head(&about, &code, "Data") }
}

/// The list of messages, `mod.rs`.
pub(crate) fn list_file(subjects: &[Subject], requests: &[Schema]) -> File {
    let mut exports: Vec<(String, String)> = subjects.iter().map(export).collect();
    exports.sort();
    let modules: String = exports.iter().map(|(module, _)| format!("pub mod {module};\n")).collect();
    let uses: String = exports.iter().map(|(module, names)| format!("pub use {module}::{names};\n")).collect();
    let text = format!(
        "//! The messages: {ORIGIN}.\n//!\n//! A module has the parts of its messages too.\n\n{modules}\n{uses}\n{}",
        flexibility(requests)
    );
    File { path: "src/messages/mod.rs".to_owned(), text }
}

fn export(subject: &Subject) -> (String, String) {
    match subject {
        Subject::Api { name, .. } => (snake_case(name), format!("{{{name}Request, {name}Response}}")),
        Subject::Data(data) => (snake_case(&data.name), data.name.clone()),
    }
}

/// A look-up of the first flexible version for all of Kafka's requests: brokers read headers of those that they refuse.
fn flexibility(requests: &[Schema]) -> String {
    let mut keys: BTreeMap<i16, Vec<String>> = BTreeMap::new();
    for request in requests {
        let from = request.flexible.map_or(i16::MAX, |flexible| flexible.oldest);
        keys.entry(from).or_default().push(request.api_key.unwrap_or_default().to_string());
    }
    let arms: String =
        keys.iter().map(|(from, keys)| format!("{} => {},\n", keys.join(" | "), maximum(*from))).collect();
    format!(
        "/// The first flexible version of any API of Kafka, [`i16::MAX`] if it has none; `None` for an unknown key.\n\
         pub fn flexible_from(api_key: i16) -> Option<i16> {{\nSome(match api_key {{\n{arms}_ => return None,\n}})\n}}\n"
    )
}

fn request_impl(name: &str, request: &Model, response: &Model) -> String {
    let (key, flexible_from) = (request.api_key.unwrap_or_default(), maximum(request.flexible_from));
    format!(
        "impl Request for {} {{\ntype Response = {};\nconst API_KEY: i16 = {key};\n{}\
         const FLEXIBLE_FROM: i16 = {flexible_from};\n{}}}\n\n",
        request.name,
        response.name,
        consts(request, name),
        throttle(response),
    )
}

/// Where the response says how long the client must not send, if it does.
fn throttle(response: &Model) -> &'static str {
    let fields = response.structs.first().map_or(&[][..], |structure| &structure.fields);
    if fields.iter().any(|field| field.name == "throttle_time_ms") {
        "\nfn throttle_ms(response: &Self::Response) -> i32 {\nresponse.throttle_time_ms\n}\n"
    } else {
        ""
    }
}

fn consts(model: &Model, name: &str) -> String {
    let (oldest, newest) = (model.versions.oldest, model.versions.newest);
    format!("const NAME: &'static str = \"{name}\";\nconst OLDEST: i16 = {oldest};\nconst NEWEST: i16 = {newest};\n")
}

fn maximum(version: i16) -> String {
    if version == i16::MAX { "i16::MAX".to_owned() } else { version.to_string() }
}

fn code_of(model: &Model) -> String {
    let part = |structure| {
        let (declaration, write) = (structs::declaration(model, structure), write::method(model, structure));
        let read = read::method(model, structure);
        format!("{declaration}impl Message for {} {{\n{write}{read}}}\n\n", structure.name)
    };
    model.structs.iter().map(part).collect()
}

fn with_head(about: &str, code: &str, kind: &str) -> String {
    let is_used = |name: &&str| code.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == *name);
    let wire: Vec<&str> = ["Lengths", "Reader", "TaggedFields", "Uuid", "Writer"].into_iter().filter(is_used).collect();
    format!(
        "//! {about}: {ORIGIN}.\n\nuse crate::error::{{DecodeError, EncodeError}};\n\
         use crate::message::{{{kind}, Message}};\nuse crate::wire::{{{}}};\n\n{code}",
        wire.join(", ")
    )
}
