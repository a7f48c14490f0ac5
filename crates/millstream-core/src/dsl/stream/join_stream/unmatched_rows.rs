//! The rows of records that wait for a match, and their bytes, which are those of Kafka Streams.

use std::any::type_name;
use std::hash::Hasher;

use millstream_types::{Codec, Data, Serde, SerdeError, Timestamp};

/// The number of bytes of a length or a count.
const LENGTH_BYTES: usize = size_of::<i32>();

/// The first byte of a list: each of its entries has a length.
const VARIABLE_SIZE: u8 = 1;

/// A side of a join. The order is that of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Right = 0,
    Left = 1,
}

impl Side {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }

    fn of_byte(byte: u8) -> Self {
        if byte == 1 { Self::Left } else { Self::Right }
    }
}

/// The key of the records of one side that have the same key and time. Bytes: `time i64 ‖ side u8 ‖ key`.
#[derive(Clone, Debug)]
pub(super) struct UnmatchedKey<K> {
    pub(super) time: Timestamp,
    pub(super) side: Side,
    pub(super) key: K,
}

impl<K: Data> Data for UnmatchedKey<K> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.encode_before_key(out);
        self.key.encode(out)
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        let (time, side, key) = Self::split(bytes)?;
        Ok(Self { time, side, key: K::decode(key)? })
    }

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_i64(self.time.as_millis());
        hasher.write_u8(self.side as u8);
        self.key.hash_key(hasher);
    }

    fn same_key(&self, other: &Self) -> bool {
        self.time == other.time && self.side == other.side && self.key.same_key(&other.key)
    }
}

impl<K> UnmatchedKey<K> {
    fn encode_before_key(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.time.as_millis().to_be_bytes());
        out.push(self.side as u8);
    }

    /// The time, the side, and the bytes of the key.
    fn split(bytes: &[u8]) -> Result<(Timestamp, Side, &[u8]), SerdeError> {
        let parts = bytes.split_first_chunk().and_then(|(time, rest)| Some((time, rest.split_first()?)));
        let Some((time, (&side, key))) = parts else {
            return Err(SerdeError::malformed(type_name::<Self>(), "there is no time and side before the key", bytes));
        };
        Ok((Timestamp::from_millis(i64::from_be_bytes(*time)), Side::of_byte(side), key))
    }
}

/// The codec of [`UnmatchedKey`] with the serde of the key.
pub(super) struct UnmatchedKeys<K>(pub(super) Serde<K>);

impl<K: Data> Codec<UnmatchedKey<K>> for UnmatchedKeys<K> {
    fn encode(&self, topic: &str, key: &UnmatchedKey<K>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        key.encode_before_key(out);
        self.0.encode(topic, &key.key, out)
    }

    fn decode(&self, topic: &str, bytes: &[u8]) -> Result<UnmatchedKey<K>, SerdeError> {
        let (time, side, key) = UnmatchedKey::<K>::split(bytes)?;
        Ok(UnmatchedKey { time, side, key: self.0.decode(topic, key)? })
    }

    fn is_readable(&self) -> bool {
        self.0.is_readable()
    }

    fn has_sessions(&self) -> bool {
        self.0.has_sessions()
    }

    fn name(&self) -> String {
        format!("{} with time and side", self.0.name())
    }
}

/// A value of either side. Bytes: `side u8 ‖ value`.
#[derive(Clone, Debug)]
pub(super) enum Either<L, R> {
    Left(L),
    Right(R),
}

/// The values of one key, time and side, in the order in which they came.
///
/// Bytes: those of Kafka's list serde, `1 u8 ‖ count i32`, and for each value `length i32 ‖ value`.
#[derive(Clone, Debug)]
pub(super) struct UnmatchedValues<L, R>(pub(super) Vec<Either<L, R>>);

impl<L: Data, R: Data> Data for UnmatchedValues<L, R> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        EitherList::of_types().encode("", self, out)
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        EitherList::of_types().decode("", bytes)
    }
}

/// The codec of [`UnmatchedValues`] with the serdes of the values.
pub(super) struct EitherList<L, R> {
    pub(super) left: Serde<L>,
    pub(super) right: Serde<R>,
}

impl<L: Data, R: Data> EitherList<L, R> {
    fn of_types() -> Self {
        Self { left: Serde::of_type(), right: Serde::of_type() }
    }

    fn encode_value(&self, topic: &str, value: &Either<L, R>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        match value {
            Either::Left(value) => {
                out.push(Side::Left as u8);
                self.left.encode(topic, value, out)
            }
            Either::Right(value) => {
                out.push(Side::Right as u8);
                self.right.encode(topic, value, out)
            }
        }
    }

    fn decode_value(&self, topic: &str, bytes: &[u8]) -> Result<Either<L, R>, SerdeError> {
        let Some((&side, value)) = bytes.split_first() else { return Err(malformed(bytes)) };
        Ok(match Side::of_byte(side) {
            Side::Left => Either::Left(self.left.decode(topic, value)?),
            Side::Right => Either::Right(self.right.decode(topic, value)?),
        })
    }
}

impl<L: Data, R: Data> Codec<UnmatchedValues<L, R>> for EitherList<L, R> {
    fn encode(&self, topic: &str, values: &UnmatchedValues<L, R>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.push(VARIABLE_SIZE);
        out.extend_from_slice(&length_bytes(values.0.len())?);
        for value in &values.0 {
            let at = out.len();
            out.extend_from_slice(&[0; LENGTH_BYTES]);
            self.encode_value(topic, value, out)?;
            let length = length_bytes(out.len() - at - LENGTH_BYTES)?;
            out[at..at + LENGTH_BYTES].copy_from_slice(&length);
        }
        Ok(())
    }

    fn decode(&self, topic: &str, bytes: &[u8]) -> Result<UnmatchedValues<L, R>, SerdeError> {
        let Some((&VARIABLE_SIZE, rest)) = bytes.split_first() else { return Err(malformed(bytes)) };
        let (count, mut rest) = take_length(rest).ok_or_else(|| malformed(bytes))?;
        let mut values = Vec::new();
        for _ in 0..count {
            let (length, after) = take_length(rest).ok_or_else(|| malformed(bytes))?;
            let (value, after) = after.split_at_checked(length).ok_or_else(|| malformed(bytes))?;
            values.push(self.decode_value(topic, value)?);
            rest = after;
        }
        if rest.is_empty() { Ok(UnmatchedValues(values)) } else { Err(malformed(bytes)) }
    }

    fn is_readable(&self) -> bool {
        self.left.is_readable() && self.right.is_readable()
    }

    fn has_sessions(&self) -> bool {
        self.left.has_sessions() || self.right.has_sessions()
    }

    fn name(&self) -> String {
        format!("lists of {} or {}", self.left.name(), self.right.name())
    }
}

fn malformed(bytes: &[u8]) -> SerdeError {
    SerdeError::malformed("list of unmatched values", "it is not a list of values with their side and length", bytes)
}

fn length_bytes(length: usize) -> Result<[u8; LENGTH_BYTES], SerdeError> {
    let fits = i32::try_from(length).map_err(|_| {
        SerdeError::unwritable("list of unmatched values", format!("a length of {length} does not fit into 4 bytes"))
    })?;
    Ok(fits.to_be_bytes())
}

/// A length that is not negative, and what is after it.
fn take_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    Some((usize::try_from(i32::from_be_bytes(*length)).ok()?, rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    type Values = UnmatchedValues<String, i64>;

    fn encoded(data: &impl Data) -> Vec<u8> {
        let mut bytes = Vec::new();
        data.encode(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn keys_have_the_bytes_of_kafka_streams() {
        let key = UnmatchedKey { time: Timestamp::from_millis(0x06cd), side: Side::Left, key: "b".to_owned() };
        let bytes = [0, 0, 0, 0, 0, 0, 6, 0xcd, 1, b'b'];
        assert_eq!(encoded(&key), bytes);
        assert!(UnmatchedKey::<String>::decode(&bytes).unwrap().same_key(&key));
        let right = UnmatchedKey { side: Side::Right, ..key.clone() };
        assert!(encoded(&right) < encoded(&key) && !right.same_key(&key), "right before left");
        assert!(UnmatchedKey::<String>::decode(&bytes[..8]).is_err());
        let serde = Serde::new(UnmatchedKeys(Serde::<String>::of_type()));
        assert!(serde.decode("t", &bytes).unwrap().same_key(&key));
    }

    #[test]
    fn values_have_the_bytes_of_kafka_streams() {
        let one = Values::decode(&[1, 0, 0, 0, 1, 0, 0, 0, 3, 1, b'l', b'1']).unwrap();
        assert!(matches!(&one.0[..], [Either::Left(value)] if value == "l1"));
        let both = UnmatchedValues::<String, i64>(vec![Either::Left("é".to_owned()), Either::Right(-1)]);
        let bytes = encoded(&both);
        assert_eq!(bytes[..9], [1, 0, 0, 0, 2, 0, 0, 0, 3]);
        let again = Values::decode(&bytes).unwrap();
        assert!(matches!(&again.0[..], [Either::Left(left), Either::Right(-1)] if left == "é"));
        assert_eq!(encoded(&Values::decode(&[1, 0, 0, 0, 0]).unwrap()), [1, 0, 0, 0, 0]);
    }

    #[test]
    fn corrupt_lists_are_an_error() {
        let corrupt: [&[u8]; 8] = [
            &[],
            &[0, 0, 0, 0, 0],
            &[1, 0, 0, 0],
            &[1, 0, 0, 0, 1],
            &[1, 0, 0, 0, 1, 0, 0, 0, 0],
            &[1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff],
            &[1, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 2, 1, b'a'],
            &[1, 0, 0, 0, 1, 0, 0, 0, 2, 1, b'a', 9],
        ];
        for bytes in corrupt {
            assert!(Values::decode(bytes).is_err(), "{bytes:?}");
        }
    }
}
