//! How values become bytes: built-in types as Kafka's own serializers write them, and codecs chosen per topic.

pub mod bincode;
mod codec;
mod cursor;
mod error;
pub mod json;
pub mod laws;
mod newtype;
mod primitives;
mod text;
mod tuple;
pub mod value;

pub use bincode::Bincode;
pub use codec::{Codec, Serde};
pub use error::{SerdeError, excerpt};
pub use json::Json;
pub use value::{Value, ValueFormat};
