//! The results as tables, as a picture, and in the documents.

mod document;
mod environment;
mod markdown;
pub(crate) mod results;
mod steady;
mod svg;
mod targets;

pub(crate) use self::document::{check, print, write};
pub(crate) use self::environment::Environment;
