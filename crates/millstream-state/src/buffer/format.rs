//! The formats of a buffer's changelog, as bytes: version 3, and the older ones of Kafka Streams, which are converted into it.
//!
//! | version | value |
//! |---|---|
//! | 3 | `context ‖ prior ‖ old ‖ new ‖ time i64`; a length of -2 in place of `old`: the same as `prior` |
//! | 2 | `context ‖ length i32 ‖ change ‖ prior ‖ time i64` |
//! | 1 | `time i64 ‖ context ‖ length i32 ‖ change` |
//! | 0 | `time i64 ‖ change`; the context is the changelog record's own |
//!
//! Each value has its length before it (`i32`, -1 for null); `change` is `old ‖ new`. The header `v` has the version in one byte;
//! version 0 has no header. Kafka Streams 2.4.0 to 2.5.0 wrote version 3 with the header of version 2.

use std::sync::LazyLock;

use millstream_types::{Headers, SerdeError, Timestamp};

use super::context::{BufferedContext, put_nullable};
use super::reader::Reader;

/// The name of the header with the version.
const VERSION_HEADER: &str = "v";

/// The present version.
pub(super) const VERSION: u8 = 3;

/// The headers of a changelog record of the present version.
pub(super) static VERSION_HEADERS: LazyLock<Headers> = LazyLock::new(|| {
    let mut headers = Headers::new();
    headers.add(VERSION_HEADER, [VERSION]);
    headers
});

/// The length in place of an old value that is the same as the prior one.
pub(super) const SAME_AS_PRIOR: i32 = -2;

/// A buffered change whose values are bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RawChange<'a> {
    pub(super) context: BufferedContext,
    /// The value before the first change of the key in the buffer.
    pub(super) prior: Option<&'a [u8]>,
    /// The value before the last change.
    pub(super) old: Option<&'a [u8]>,
    pub(super) new: Option<&'a [u8]>,
    pub(super) time: Timestamp,
}

/// The version of a changelog record with these headers.
pub(super) fn version_of(headers: &Headers) -> Option<&[u8]> {
    headers
        .iter()
        .rev()
        .find(|header| header.name == VERSION_HEADER)
        .map(|header| header.value.as_deref().unwrap_or(&[]))
}

impl<'a> RawChange<'a> {
    /// Reads version 3.
    pub(super) fn decode(bytes: &'a [u8]) -> Result<Self, SerdeError> {
        let mut reader = Reader::new(bytes);
        let context = BufferedContext::decode(&mut reader)?;
        let prior = reader.nullable()?;
        let old = match reader.i32()? {
            -1 => None,
            SAME_AS_PRIOR => prior,
            length => Some(reader.take(length)?),
        };
        let new = reader.nullable()?;
        let time = Timestamp::from_millis(reader.i64()?);
        Ok(Self { context, prior, old, new, time })
    }

    /// Reads version 2, or version 3 with the header of version 2.
    pub(super) fn decode_2(bytes: &'a [u8]) -> Result<Self, SerdeError> {
        let decode = || {
            let mut reader = Reader::new(bytes);
            let (context, (old, new)) = contextual(&mut reader)?;
            let prior = reader.nullable()?;
            let time = Timestamp::from_millis(reader.i64()?);
            Ok(Self { context, prior, old, new, time })
        };
        decode().or_else(|error: SerdeError| Self::decode(bytes).map_err(|_| error))
    }

    /// Reads version 1. `prior` is that of the row which the buffer has of this key.
    pub(super) fn decode_1(bytes: &'a [u8], prior: Option<&'a [u8]>) -> Result<Self, SerdeError> {
        let mut reader = Reader::new(bytes);
        let time = Timestamp::from_millis(reader.i64()?);
        let (context, (old, new)) = contextual(&mut reader)?;
        Ok(Self { context, prior: prior.or(old), old, new, time })
    }

    /// Reads version 0, of a changelog record with this time and these headers. `prior` is that of the row which the buffer has
    /// of this key.
    pub(super) fn decode_0(
        bytes: &'a [u8],
        timestamp: Timestamp,
        headers: &Headers,
        prior: Option<&'a [u8]>,
    ) -> Result<Self, SerdeError> {
        let mut reader = Reader::new(bytes);
        let time = Timestamp::from_millis(reader.i64()?);
        let (old, new) = change(&mut reader)?;
        let context = BufferedContext { timestamp, headers: headers.clone(), origin: None };
        Ok(Self { context, prior: prior.or(old), old, new, time })
    }

    /// Appends version 3.
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.context.encode(out)?;
        put_nullable(self.prior, out)?;
        if self.old.is_some() && self.old == self.prior {
            out.extend_from_slice(&SAME_AS_PRIOR.to_be_bytes());
        } else {
            put_nullable(self.old, out)?;
        }
        put_nullable(self.new, out)?;
        out.extend_from_slice(&self.time.as_millis().to_be_bytes());
        Ok(())
    }
}

/// The old and the new value of a change.
type OldAndNew<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

/// A context, and a change with its length before it.
fn contextual<'a>(reader: &mut Reader<'a>) -> Result<(BufferedContext, OldAndNew<'a>), SerdeError> {
    let context = BufferedContext::decode(reader)?;
    let changed = reader.nullable()?.ok_or_else(|| reader.malformed("its change is null"))?;
    Ok((context, change(&mut Reader::new(changed))?))
}

fn change<'a>(reader: &mut Reader<'a>) -> Result<OldAndNew<'a>, SerdeError> {
    Ok((reader.nullable()?, reader.nullable()?))
}
