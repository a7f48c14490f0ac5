//! The generator: from schemas to Rust.

mod apis;
mod defaults;
mod files;
mod format;
mod kind;
mod model;
mod names;
mod read;
mod schema;
mod structs;
mod test_support;
mod versions;
mod write;

use std::path::Path;

use files::{api_file, data_file, list_file};
use model::Model;
use schema::Schema;

/// A file to be written.
pub(crate) struct File {
    /// Where it belongs, seen from the crate.
    pub(crate) path: String,
    pub(crate) text: String,
}

pub(crate) type Result<T> = std::result::Result<T, String>;

/// What one file of `src/messages` is about.
pub(crate) enum Subject {
    Api { name: String, request: Box<Model>, response: Box<Model> },
    Data(Box<Model>),
}

/// All generated files, from the schemas in a folder.
pub(crate) fn generate(schemas: &Path) -> Result<Vec<File>> {
    let mut subjects = Vec::new();
    for (name, versions) in apis::APIS {
        let read = |kind: &str| Model::new(&Schema::read(schemas, &format!("{name}{kind}"))?, versions.into());
        let (request, response) = (Box::new(read("Request")?), Box::new(read("Response")?));
        subjects.push(Subject::Api { name: name.to_owned(), request, response });
    }
    for (name, versions) in apis::DATA {
        subjects.push(Subject::Data(Box::new(Model::new(&Schema::read(schemas, name)?, versions.into())?)));
    }
    let mut files = Vec::new();
    for subject in &subjects {
        files.push(match subject {
            Subject::Api { name, request, response } => api_file(name, request, response),
            Subject::Data(data) => data_file(data),
        });
    }
    files.push(list_file(&subjects, &Schema::read_requests(schemas)?));
    files.push(test_support::file(&subjects));
    files.into_iter().map(format::formatted).collect()
}
