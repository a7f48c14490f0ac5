//! How values become bytes: built-in types as Kafka's own serializers write them, and codecs chosen per topic.
//!
//! | type | bytes |
//! |---|---|
//! | `String`, `Arc<str>` | UTF-8 |
//! | `Vec<u8>`, `Box<[u8]>`, `Arc<[u8]>` | as they are |
//! | whole numbers, `f32`, `f64`, `bool` | big-endian, fixed size |
//! | `()` | null; reads anything |
//! | tuples of two to four parts | each part but the last with its length in front |
//! | [`Windowed<K>`](crate::Windowed) | the key, then the window's start |
//! | [`Json<T>`], [`Bincode<T>`], your types by [`json_data!`](crate::json_data) and [`bincode_data!`](crate::bincode_data) | through serde |
//! | [`Value`] | a type known at run time: tagged values, or a [`ValueFormat`] |
//!
//! `docs/formats/records.md` has the exact layouts and the Kafka serializers that they equal. There is no `Vec<T>` in
//! general, since `Vec<u8>` is raw bytes and a type has one layout: take [`Json<Vec<T>>`](Json) or
//! [`Bincode<Vec<T>>`](Bincode). [`laws`] tests types and codecs of your own.

pub mod bincode;
mod codec;
mod cursor;
mod error;
mod guard;
pub mod json;
pub mod laws;
mod newtype;
mod primitives;
mod text;
mod tuple;
pub mod value;

pub use bincode::Bincode;
pub use codec::{Codec, Serde};
pub use error::{SerdeError, SerdeErrorKind};
pub use json::Json;
pub use value::{Decimal, Value, ValueFormat};
