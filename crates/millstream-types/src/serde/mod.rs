//! How values become bytes: built-in types as Kafka's own serializers write them, and codecs chosen per topic.

mod codec;
mod error;
mod primitives;
mod text;

pub use codec::{Codec, Serde};
pub use error::{SerdeError, excerpt};
