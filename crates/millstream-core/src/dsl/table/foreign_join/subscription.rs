//! Subscriptions of left rows to right rows, and their bytes, which are those of Kafka Streams' `SubscriptionWrapper`.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | the version, 0 or 1; with the highest bit set if there is no hash |
//! | 1 | the [instruction](Instruction) |
//! | 16 | the hash of the left row, if there is one |
//! | all but the last 4 | the left row's key |
//! | 4 | the left row's partition; from version 1 on |

use std::any::type_name;

use millstream_types::{Codec, Data, Serde, SerdeError};

use super::hash::RowHash;

const VERSION: u8 = 1;
const WITHOUT_HASH: u8 = 0x80;

/// What becomes of a subscription, and when it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Instruction {
    /// It ends, without an answer.
    End = 0,
    /// It ends, and is answered that there is no row.
    EndAndAnswer = 1,
    /// It is kept, and answered whether there is a row or not.
    AnswerAlways = 2,
    /// It is kept, and answered if there is a row.
    AnswerIfPresent = 3,
}

impl Instruction {
    fn of_byte(byte: u8) -> Option<Self> {
        [Self::End, Self::EndAndAnswer, Self::AnswerAlways, Self::AnswerIfPresent]
            .into_iter()
            .find(|of| *of as u8 == byte)
    }

    /// Whether the subscription is kept.
    pub(super) fn keeps(self) -> bool {
        matches!(self, Self::AnswerAlways | Self::AnswerIfPresent)
    }
}

/// The subscription of the left row of `key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subscription<K> {
    pub(super) instruction: Instruction,
    /// The hash of the left row; `None` if it was deleted.
    pub(super) hash: Option<RowHash>,
    pub(super) key: K,
    /// The partition of the left row, to which the response goes; `None` if the subscription is of version 0.
    pub(super) partition: Option<i32>,
}

impl<K> Subscription<K> {
    fn encode(
        &self,
        out: &mut Vec<u8>,
        key: impl Fn(&K, &mut Vec<u8>) -> Result<(), SerdeError>,
    ) -> Result<(), SerdeError> {
        let version = if self.partition.is_some() { VERSION } else { 0 };
        out.push(if self.hash.is_some() { version } else { version | WITHOUT_HASH });
        out.push(self.instruction as u8);
        out.extend(self.hash.iter().flatten());
        key(&self.key, out)?;
        out.extend(self.partition.map(i32::to_be_bytes).iter().flatten());
        Ok(())
    }

    fn decode(bytes: &[u8], key: impl Fn(&[u8]) -> Result<K, SerdeError>) -> Result<Self, SerdeError> {
        let malformed = |reason: &str| SerdeError::malformed(type_name::<Self>(), reason, bytes);
        let [version, instruction, rest @ ..] = bytes else { return Err(malformed("it is too short")) };
        let instruction = Instruction::of_byte(*instruction).ok_or_else(|| malformed("its instruction is unknown"))?;
        let (hash, rest) = match version & WITHOUT_HASH {
            0 => {
                let (hash, rest) = rest.split_first_chunk().ok_or_else(|| malformed("its hash is too short"))?;
                (Some(*hash), rest)
            }
            _ => (None, rest),
        };
        let (partition, rest) = match version & !WITHOUT_HASH {
            0 => (None, rest),
            VERSION => {
                let (rest, partition) = rest.split_last_chunk().ok_or_else(|| malformed("its partition is missing"))?;
                (Some(i32::from_be_bytes(*partition)), rest)
            }
            _ => return Err(malformed("its version is newer than this program")),
        };
        Ok(Self { instruction, hash, key: key(rest)?, partition })
    }
}

impl<K: Data> Data for Subscription<K> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.encode(out, K::encode)
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        Self::decode(bytes, K::decode)
    }
}

/// The serde of subscriptions of rows whose keys have the serde `keys`.
pub(super) fn subscription_serde<K: Data>(keys: Serde<K>) -> Serde<Subscription<K>> {
    Serde::new(SubscriptionCodec { keys })
}

struct SubscriptionCodec<K> {
    keys: Serde<K>,
}

impl<K: Data> Codec<Subscription<K>> for SubscriptionCodec<K> {
    fn encode(&self, topic: &str, value: &Subscription<K>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        value.encode(out, |key, out| self.keys.encode(topic, key, out))
    }

    fn decode(&self, topic: &str, bytes: &[u8]) -> Result<Subscription<K>, SerdeError> {
        Subscription::decode(bytes, |bytes| self.keys.decode(topic, bytes))
    }

    fn is_readable(&self) -> bool {
        self.keys.is_readable()
    }

    fn has_sessions(&self) -> bool {
        self.keys.has_sessions()
    }

    fn name(&self) -> String {
        format!("subscriptions of {}", self.keys.name())
    }
}

/// The serde of a foreign key and the key of the row that has it: the length of the first as an `i32`, both.
pub(super) fn combined_serde<F: Data, K: Data>(foreign_keys: Serde<F>, keys: Serde<K>) -> Serde<(F, K)> {
    Serde::new(CombinedCodec { foreign_keys, keys })
}

struct CombinedCodec<F, K> {
    foreign_keys: Serde<F>,
    keys: Serde<K>,
}

impl<F: Data, K: Data> Codec<(F, K)> for CombinedCodec<F, K> {
    fn encode(&self, topic: &str, (foreign, key): &(F, K), out: &mut Vec<u8>) -> Result<(), SerdeError> {
        encode_prefix(&self.foreign_keys, topic, foreign, out)?;
        self.keys.encode(topic, key, out)
    }

    fn decode(&self, topic: &str, bytes: &[u8]) -> Result<(F, K), SerdeError> {
        let malformed = || SerdeError::malformed(type_name::<(F, K)>(), "its foreign key is cut off", bytes);
        let (length, rest) = bytes.split_first_chunk().ok_or_else(malformed)?;
        let length = usize::try_from(i32::from_be_bytes(*length)).map_err(|_| malformed())?;
        let (foreign, key) = rest.split_at_checked(length).ok_or_else(malformed)?;
        Ok((self.foreign_keys.decode(topic, foreign)?, self.keys.decode(topic, key)?))
    }

    fn is_readable(&self) -> bool {
        self.foreign_keys.is_readable() && self.keys.is_readable()
    }

    fn has_sessions(&self) -> bool {
        self.foreign_keys.has_sessions() || self.keys.has_sessions()
    }

    fn name(&self) -> String {
        format!("({}, {})", self.foreign_keys.name(), self.keys.name())
    }
}

/// Appends the bytes that all keys of subscriptions to the row of `foreign` begin with, and no others.
pub(super) fn encode_prefix<F: 'static>(
    foreign_keys: &Serde<F>,
    topic: &str,
    foreign: &F,
    out: &mut Vec<u8>,
) -> Result<(), SerdeError> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    foreign_keys.encode(topic, foreign, out)?;
    let too_long = |_| SerdeError::unwritable(type_name::<F>(), "it is too long for a foreign key");
    let length = i32::try_from(out.len() - start - 4).map_err(too_long)?;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use millstream_types::serde::laws;

    use super::*;

    fn subscription(instruction: Instruction, hash: Option<RowHash>, partition: Option<i32>) -> Subscription<String> {
        Subscription { instruction, hash, key: "o4".to_owned(), partition }
    }

    /// From the registration topics of Kafka Streams' own foreign-key joins (`tests/oracle/data/join-fk-inner-1.json`).
    #[test]
    fn subscriptions_are_written_as_in_kafka_streams() {
        let check = |subscription: Subscription<String>, expected: &[u8]| {
            let mut bytes = Vec::new();
            Data::encode(&subscription, &mut bytes).unwrap();
            assert_eq!(bytes, expected);
        };
        check(subscription(Instruction::EndAndAnswer, None, Some(0)), b"\x81\x01o4\0\0\0\0");
        let hash = 0x1203_6d8b_de4f_4957_dcf1_a1be_bd8c_1fed_u128.to_be_bytes();
        let expected = [b"\x01\x03".as_slice(), &hash, b"o4\0\0\0\x02"].concat();
        check(subscription(Instruction::AnswerIfPresent, Some(hash), Some(2)), &expected);
    }

    #[test]
    fn what_is_written_is_read() {
        let all = [
            subscription(Instruction::End, Some([7; 16]), Some(0)),
            subscription(Instruction::EndAndAnswer, None, Some(-1)),
            subscription(Instruction::AnswerAlways, None, None),
            subscription(Instruction::AnswerIfPresent, Some([0; 16]), Some(i32::MAX)),
        ];
        laws::check(&all);
        laws::check_serde(&subscription_serde(Serde::of_type()), &all);
        let keys = [("a", "bc"), ("ab", "c"), ("", "abc"), ("abc", "")].map(|(f, k)| (f.to_owned(), k.to_owned()));
        let serde = combined_serde(Serde::<String>::of_type(), Serde::<String>::of_type());
        assert_eq!(laws::check_serde(&serde, &keys), laws::check_serde(&Serde::of_type(), &keys), "as a pair of keys");
    }

    #[test]
    fn bytes_that_are_no_subscription_are_an_error() {
        let broken: [&[u8]; 6] =
            [b"", b"\x01", b"\x81\x04o4\0\0\0\0", b"\x01\x03short", b"\x81\x01abc", b"\x82\x01o4\0\0\0\0"];
        for bytes in broken {
            assert!(<Subscription<String> as Data>::decode(bytes).is_err(), "{bytes:?}");
        }
        let serde = combined_serde(Serde::<String>::of_type(), Serde::<String>::of_type());
        for bytes in [b"\0\0\0".as_slice(), b"\0\0\0\x02a", b"\xff\xff\xff\xffab"] {
            assert!(serde.decode("store", bytes).is_err(), "{bytes:?}");
        }
    }
}
