//! Encodings of values: built-in types as Kafka's own serializers write them, and codecs for single topics.
//!
//! | type | bytes |
//! |---|---|
//! | `String`, `Arc<str>` | UTF-8 |
//! | `Vec<u8>`, `Box<[u8]>`, `Arc<[u8]>` | unchanged |
//! | whole numbers, `f32`, `f64`, `bool` | big-endian, fixed size |
//! | [`Timestamp`](crate::Timestamp) | its milliseconds since the epoch, as an `i64` |
//! | `()` | null; reads anything |
//! | tuples of two to four parts | each part except the last after its length |
//! | [`Windowed<K>`](crate::Windowed) | the key, then the window's start |
//! | [`Json<T>`], [`Bincode<T>`], your types by [`json_data!`](crate::json_data) and [`bincode_data!`](crate::bincode_data) | through serde |
//! | [`Value`] | for types known at run time: tagged values, or a [`ValueFormat`] |
//!
//! `docs/formats/records.md` describes the layouts and the equivalent Kafka serializers. `Vec<T>` in general has no encoding,
//! because `Vec<u8>` is raw bytes: use [`Json<Vec<T>>`](Json) or [`Bincode<Vec<T>>`](Bincode). [`laws`] tests your own types
//! and codecs.

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
