//! The protocol's primitive types, and how they are written and read.

mod lengths;
mod reader;
mod tagged;
#[cfg(test)]
mod tests;
mod uuid;
mod writer;

pub use lengths::Lengths;
pub use reader::Reader;
pub use tagged::TaggedFields;
pub use uuid::Uuid;
pub use writer::Writer;
