//! Types that can be keys and values, and their bytes: as Kafka's serializers write them, as JSON or bincode, or your own.

pub use millstream_types::serde::{
    Bincode, Codec, Decimal, Json, Serde, SerdeError, SerdeErrorKind, Value, ValueFormat, bincode, json, laws, value,
};
