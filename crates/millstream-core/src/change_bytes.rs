//! Changes of tables as bytes: the values of the repartition topics of table groupings.
//!
//! The format is Kafka Streams' since 3.5 (`ChangedSerializer`). The last byte tells what is before it; a varint is Kafka's,
//! zig-zag encoded:
//!
//! | flag | before it |
//! |---|---|
//! | 0 | the old value |
//! | 1 | the new value |
//! | 2 | the length of the new value as a varint, the new value, the old value |
//! | 3, 4, 5 | the same as 0, 1 and 2, then a byte: 1 if the row is the latest of its key, 0 if not |
//!
//! Older versions of Kafka Streams write 0 and 1, and 4.x writes 0, 1 and 2, as this one does for rows that are the latest.

use std::any::type_name;

use millstream_types::{Codec, Data, Serde, SerdeError};

use crate::record::Change;

const OLD: u8 = 0;
const NEW: u8 = 1;
const BOTH: u8 = 2;
/// What is added to a flag if a byte before it says whether the row is the latest.
const WITH_IS_LATEST: u8 = 3;

/// A change with at least one of the two values; the layout is Kafka Streams'.
///
/// # Examples
/// ```
/// use millstream_core::Change;
/// use millstream_types::Data;
///
/// let mut bytes = Vec::new();
/// Change { old: Some("a".to_owned()), new: Some("bc".to_owned()), is_latest: true }.encode(&mut bytes)?;
/// assert_eq!(bytes, b"\x04bca\x02");
/// # Ok::<(), millstream_types::SerdeError>(())
/// ```
impl<V: Data> Data for Change<V> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        encode(self, out, V::encode)
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        decode(bytes, V::decode)
    }
}

/// The serde of changes whose values have the serde `values`.
pub(crate) fn change_serde<V: Data>(values: Serde<V>) -> Serde<Change<V>> {
    Serde::new(ChangeCodec { values })
}

struct ChangeCodec<V> {
    values: Serde<V>,
}

impl<V: Data> Codec<Change<V>> for ChangeCodec<V> {
    fn encode(&self, topic: &str, change: &Change<V>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        encode(change, out, |value, out| self.values.encode(topic, value, out))
    }

    fn decode(&self, topic: &str, bytes: &[u8]) -> Result<Change<V>, SerdeError> {
        decode(bytes, |bytes| self.values.decode(topic, bytes))
    }

    fn is_readable(&self) -> bool {
        self.values.is_readable()
    }

    fn has_sessions(&self) -> bool {
        self.values.has_sessions()
    }

    fn name(&self) -> String {
        format!("changes of {}", self.values.name())
    }
}

fn encode<V: Data>(
    change: &Change<V>,
    out: &mut Vec<u8>,
    encode_value: impl Fn(&V, &mut Vec<u8>) -> Result<(), SerdeError>,
) -> Result<(), SerdeError> {
    let flag = match (&change.old, &change.new) {
        (Some(old), Some(new)) => {
            let start = out.len();
            encode_value(new, out)?;
            let length = varint(type_name::<Change<V>>(), out.len() - start)?;
            out.splice(start..start, length);
            encode_value(old, out)?;
            BOTH
        }
        (Some(old), None) => {
            encode_value(old, out)?;
            OLD
        }
        (None, Some(new)) => {
            encode_value(new, out)?;
            NEW
        }
        (None, None) => return Err(SerdeError::unwritable(type_name::<Change<V>>(), "it has neither value")),
    };
    if change.is_latest {
        out.push(flag);
    } else {
        out.extend_from_slice(&[0, flag + WITH_IS_LATEST]);
    }
    Ok(())
}

fn decode<V: Data>(
    bytes: &[u8],
    decode_value: impl Fn(&[u8]) -> Result<V, SerdeError>,
) -> Result<Change<V>, SerdeError> {
    let malformed = |reason: &str| SerdeError::malformed(type_name::<Change<V>>(), reason, bytes);
    let (flag, is_latest, values) = match bytes {
        [values @ .., flag @ OLD..=BOTH] => (*flag, true, values),
        [values @ .., is_latest @ (0 | 1), flag @ 3..=5] => (flag - WITH_IS_LATEST, *is_latest == 1, values),
        [.., 3..=5] => return Err(malformed("the byte before the flag should be 0 or 1")),
        [.., _] => return Err(malformed("its last byte is not one of the flags 0 to 5")),
        [] => return Err(malformed("it is empty")),
    };
    let (new, old) = match flag {
        OLD => (None, Some(values)),
        NEW => (Some(values), None),
        _ => {
            let split =
                split_first(values).ok_or_else(|| malformed("it is shorter than the length of its new value"))?;
            (Some(split.0), Some(split.1))
        }
    };
    let (new, old) = (new.map(&decode_value).transpose()?, old.map(&decode_value).transpose()?);
    Ok(Change { old, new, is_latest })
}

/// The bytes of the first value, whose length is before it, and those of the second one.
fn split_first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut zig_zag = 0_u32;
    for (number, byte) in bytes.iter().take(5).enumerate() {
        zig_zag |= u32::from(byte & 0x7f).checked_shl(7 * u32::try_from(number).ok()?)?;
        if byte & 0x80 == 0 {
            let length = (zig_zag & 1 == 0).then_some(zig_zag >> 1)?;
            return bytes.get(number + 1..)?.split_at_checked(usize::try_from(length).ok()?);
        }
    }
    None
}

/// A length as a varint, zig-zag encoded.
fn varint(type_name: &'static str, length: usize) -> Result<Vec<u8>, SerdeError> {
    let length = i32::try_from(length).map_err(|_| SerdeError::unwritable(type_name, "its new value is too long"))?;
    let (mut rest, mut bytes) = (length.cast_unsigned() << 1, Vec::with_capacity(5));
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use millstream_types::serde::laws;

    use super::*;

    fn change(old: Option<&str>, new: Option<&str>, is_latest: bool) -> Change<String> {
        Change { old: old.map(str::to_owned), new: new.map(str::to_owned), is_latest }
    }

    /// As Kafka Streams' `ChangedSerializer` writes them.
    #[test]
    fn changes_are_written_as_in_kafka_streams() {
        let bytes = |change: Change<String>| {
            let mut bytes = Vec::new();
            change.encode(&mut bytes).map(|()| bytes)
        };
        assert_eq!(bytes(change(None, Some("new"), true)).unwrap(), b"new\x01");
        assert_eq!(bytes(change(Some("old"), None, true)).unwrap(), b"old\x00");
        assert_eq!(bytes(change(Some("old"), Some("new!"), true)).unwrap(), b"\x08new!old\x02");
        assert_eq!(bytes(change(Some(""), Some(""), true)).unwrap(), b"\x00\x02");
        assert_eq!(bytes(change(Some("o"), Some("n"), false)).unwrap(), b"\x02no\x00\x05");
        let long = "x".repeat(100);
        assert_eq!(&bytes(change(Some("o"), Some(&long), true)).unwrap()[..3], b"\xc8\x01x");
        assert!(bytes(change(None, None, true)).is_err());
    }

    #[test]
    fn what_is_written_is_read() {
        let long = "x".repeat(200);
        let values = [None, Some(""), Some("a"), Some(long.as_str())];
        let all = values.iter().flat_map(|old| values.iter().map(move |new| (*old, *new)));
        let all = all.filter(|(old, new)| old.is_some() || new.is_some());
        for (old, new) in all {
            let both = [change(old, new, true), change(old, new, false)];
            laws::check(&both);
            laws::check_serde(&change_serde(Serde::<String>::of_type()), &both);
        }
    }

    #[test]
    fn bytes_that_are_no_change_are_an_error() {
        let broken: [&[u8]; 9] = [
            b"",
            b"x\x06",
            b"x\x02\x03",
            b"\x03",
            b"\x01\x02",
            b"\x04x\x02",
            b"\x80\x02",
            b"\xff\xff\xff\xff\xff\x02",
            b"\xff\xff\xff\xff\x0f\x02",
        ];
        for bytes in broken {
            assert!(Change::<String>::decode(bytes).is_err(), "{bytes:?}");
        }
        assert!(Change::<i64>::decode(b"abc\x01").is_err());
    }
}
