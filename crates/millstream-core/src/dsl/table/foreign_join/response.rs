//! Responses to subscriptions, and their bytes, which are those of Kafka Streams' `SubscriptionResponseWrapper`: the version, 0, with
//! the highest bit set if there is no hash; the hash, if there is one; the right row, if there is one.

use std::any::type_name;

use millstream_types::{Codec, Data, Serde, SerdeError};

use super::hash::RowHash;

const WITHOUT_HASH: u8 = 0x80;

/// The response to a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Response<T> {
    /// The hash of the left row that has subscribed; `None` if it was deleted.
    pub(super) hash: Option<RowHash>,
    /// The right row, if there is one.
    pub(super) row: Option<T>,
    /// The partition to which it goes. It is not written.
    pub(super) partition: Option<i32>,
}

impl<T> Response<T> {
    fn encode(
        &self,
        out: &mut Vec<u8>,
        row: impl Fn(&T, &mut Vec<u8>) -> Result<(), SerdeError>,
    ) -> Result<(), SerdeError> {
        out.push(if self.hash.is_some() { 0 } else { WITHOUT_HASH });
        out.extend(self.hash.iter().flatten());
        self.row.as_ref().map_or(Ok(()), |value| row(value, out))
    }

    fn decode(bytes: &[u8], row: impl Fn(&[u8]) -> Result<T, SerdeError>) -> Result<Self, SerdeError> {
        let malformed = |reason: &str| SerdeError::malformed(type_name::<Self>(), reason, bytes);
        let (hash, rest) = match bytes {
            [0, rest @ ..] => {
                let (hash, rest) = rest.split_first_chunk().ok_or_else(|| malformed("its hash is too short"))?;
                (Some(*hash), rest)
            }
            [WITHOUT_HASH, rest @ ..] => (None, rest),
            [] => return Err(malformed("it is empty")),
            _ => return Err(malformed("its version is newer than this program")),
        };
        // As in Kafka Streams, a row that is written as no bytes is none.
        let row = if rest.is_empty() { None } else { Some(row(rest)?) };
        Ok(Self { hash, row, partition: None })
    }
}

impl<T: Data> Data for Response<T> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.encode(out, T::encode)
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        Self::decode(bytes, T::decode)
    }
}

/// The serde of responses with rows of the serde `rows`.
pub(super) fn response_serde<T: Data>(rows: Serde<T>) -> Serde<Response<T>> {
    Serde::new(ResponseCodec { rows })
}

struct ResponseCodec<T> {
    rows: Serde<T>,
}

impl<T: Data> Codec<Response<T>> for ResponseCodec<T> {
    fn encode(&self, topic: &str, value: &Response<T>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        value.encode(out, |row, out| self.rows.encode(topic, row, out))
    }

    fn decode(&self, topic: &str, bytes: &[u8]) -> Result<Response<T>, SerdeError> {
        Response::decode(bytes, |bytes| self.rows.decode(topic, bytes))
    }

    fn is_readable(&self) -> bool {
        self.rows.is_readable()
    }

    fn has_sessions(&self) -> bool {
        self.rows.has_sessions()
    }

    fn name(&self) -> String {
        format!("responses with {}", self.rows.name())
    }
}

#[cfg(test)]
mod tests {
    use millstream_types::serde::laws;

    use super::*;

    #[test]
    fn responses_are_written_as_in_kafka_streams_and_read_again() {
        let response = |hash, row: Option<&str>| Response { hash, row: row.map(str::to_owned), partition: None };
        let all = [response(None, None), response(Some([7; 16]), Some("p2")), response(Some([1; 16]), None)];
        let bytes = laws::check_serde(&response_serde(Serde::<String>::of_type()), &all);
        assert_eq!(bytes, laws::check_serde(&Serde::of_type(), &all));
        assert_eq!(bytes[0], b"\x80");
        assert_eq!(bytes[1], [b"\0".as_slice(), &[7; 16], b"p2"].concat());
    }

    #[test]
    fn bytes_that_are_no_response_are_an_error() {
        for bytes in [b"".as_slice(), b"\0short", b"\x01", b"\x81x"] {
            assert!(<Response<String> as Data>::decode(bytes).is_err(), "{bytes:?}");
        }
    }
}
