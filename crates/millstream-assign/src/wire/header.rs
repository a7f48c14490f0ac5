//! The versions at the front, and who can read what.

use super::error::DecodeError;
use super::reader::Reader;
use super::version::{FIRST_VERSION, LATEST_VERSION};
use super::writer::Writer;

/// Writes the version, and the oldest version whose readers understand it.
pub(super) fn write(to: &mut Writer) {
    to.number(LATEST_VERSION);
    to.number(FIRST_VERSION);
}

/// Whether bytes may follow what this version knows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    None,
    OfNewerVersion,
}

impl Rest {
    pub(super) fn check(self, from: &Reader<'_>) -> Result<(), DecodeError> {
        if self == Self::None && from.remaining() > 0 { Err(DecodeError::Malformed("the end")) } else { Ok(()) }
    }
}

/// Reads the versions.
pub(super) fn read(from: &mut Reader<'_>) -> Result<Rest, DecodeError> {
    let version: u32 = from.number("the version")?;
    let readable_since: u32 = from.number("the version")?;
    if version < FIRST_VERSION || readable_since < FIRST_VERSION || readable_since > version {
        return Err(DecodeError::Malformed("the version"));
    }
    if readable_since > LATEST_VERSION {
        return Err(DecodeError::Newer { version });
    }
    Ok(if version > LATEST_VERSION { Rest::OfNewerVersion } else { Rest::None })
}
