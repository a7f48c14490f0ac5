//! Numbers, booleans, times and `()`, as Kafka's Java serializers write them: big-endian, fixed size.

use std::hash::{Hash, Hasher};

use crate::{Data, SerdeError, Timestamp};

/// Implements `Data` for a number of fixed size. Values with equal `keyed by` are the same key.
macro_rules! fixed_size {
    ($type:ident, keyed by $bits:expr) => {
        impl Data for $type {
            fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
                out.extend_from_slice(&self.to_be_bytes());
                Ok(())
            }

            fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
                let array =
                    bytes.try_into().map_err(|_| SerdeError::length(stringify!($type), size_of::<Self>(), bytes))?;
                Ok(Self::from_be_bytes(array))
            }

            fn hash_key<H: Hasher>(&self, hasher: &mut H) {
                $bits(self).hash(hasher);
            }

            fn same_key(&self, other: &Self) -> bool {
                $bits(self) == $bits(other)
            }
        }
    };
}

fixed_size!(i8, keyed by |value: &i8| *value);
fixed_size!(i16, keyed by |value: &i16| *value);
fixed_size!(i32, keyed by |value: &i32| *value);
fixed_size!(i64, keyed by |value: &i64| *value);
fixed_size!(i128, keyed by |value: &i128| *value);
fixed_size!(u8, keyed by |value: &u8| *value);
fixed_size!(u16, keyed by |value: &u16| *value);
fixed_size!(u32, keyed by |value: &u32| *value);
fixed_size!(u64, keyed by |value: &u64| *value);
fixed_size!(u128, keyed by |value: &u128| *value);
fixed_size!(f32, keyed by |value: &f32| value.to_bits());
fixed_size!(f64, keyed by |value: &f64| value.to_bits());

/// One byte, 1 or 0, as Kafka's `BooleanSerializer` writes it.
impl Data for bool {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.push(u8::from(*self));
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        match bytes {
            [0] => Ok(false),
            [1] => Ok(true),
            [_] => Err(SerdeError::malformed("bool", "the byte is neither 0 nor 1", bytes)),
            _ => Err(SerdeError::length("bool", 1, bytes)),
        }
    }

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        self.hash(hasher);
    }

    fn same_key(&self, other: &Self) -> bool {
        self == other
    }
}

/// The milliseconds since the epoch as 8 bytes, as Kafka's `LongSerializer` writes them.
impl Data for Timestamp {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.as_millis().encode(out)
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        let array = bytes.try_into().map_err(|_| SerdeError::length("Timestamp", size_of::<i64>(), bytes))?;
        Ok(Self::from_millis(i64::from_be_bytes(array)))
    }

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        self.hash(hasher);
    }

    fn same_key(&self, other: &Self) -> bool {
        self == other
    }
}

/// For keys and values that are not used: any bytes are read as `()`, and `()` is written as null.
impl Data for () {
    fn encode(&self, _out: &mut Vec<u8>) -> Result<(), SerdeError> {
        Ok(())
    }

    fn decode(_bytes: &[u8]) -> Result<Self, SerdeError> {
        Ok(())
    }

    fn null() -> Option<Self> {
        Some(())
    }

    fn is_null(&self) -> bool {
        true
    }
}
