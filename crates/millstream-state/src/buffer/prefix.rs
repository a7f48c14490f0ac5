//! What a buffer with headers keeps of the records that set the values before a change.

use millstream_types::{Headers, SerdeError, Timestamp};

use crate::header_bytes::encode_headers;

/// The header of a changelog record with the prefix of the prior value, unless it is that of the old one.
const PRIOR_HEADER: &str = "vh.prior";

/// The header of a changelog record with the prefix of the old value.
const OLD_HEADER: &str = "vh.old";

/// The headers and the time of the record that set a value, as they are before the value in a row with headers: `headers ‖ time i64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prefix(Vec<u8>);

impl Prefix {
    /// That of a value which a record with this time and these headers has set.
    pub(super) fn of(time: Timestamp, headers: &Headers) -> Result<Self, SerdeError> {
        let mut bytes = Vec::new();
        encode_headers(headers, &mut bytes)?;
        bytes.extend_from_slice(&time.as_millis().to_be_bytes());
        Ok(Self(bytes))
    }

    /// The number of bytes.
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    fn without_headers(time: Timestamp) -> Self {
        Self([&[0][..], &time.as_millis().to_be_bytes()].concat())
    }
}

/// A value of which nothing is known but itself.
impl Default for Prefix {
    fn default() -> Self {
        Self::without_headers(Timestamp::UNKNOWN)
    }
}

/// The prefixes of the prior and of the old value.
#[derive(Clone, Debug, Default)]
pub(super) struct Prefixes {
    pub(super) prior: Prefix,
    pub(super) old: Prefix,
}

impl Prefixes {
    /// Whether both are the same.
    pub(super) fn are_same(&self) -> bool {
        self.prior == self.old
    }

    /// Adds them to the headers of a changelog record: `has_prior` and `has_old` tell which of the values there are, `is_same`
    /// whether they are the same.
    pub(super) fn add_to(&self, headers: &mut Headers, (has_prior, has_old): (bool, bool), is_same: bool) {
        if has_prior && !(is_same && self.are_same()) {
            headers.add(PRIOR_HEADER, self.prior.0.as_slice());
        }
        if has_old {
            headers.add(OLD_HEADER, self.old.0.as_slice());
        }
    }

    /// Those in the headers of a changelog record. Records of a buffer without headers have none: then the values have no
    /// headers, and the `time` of the record that made the last change.
    pub(super) fn from_headers(headers: &Headers, time: Timestamp, is_same: bool) -> Self {
        let found = |name| headers.last(name).map(|bytes| Prefix(bytes.to_vec()));
        let old = found(OLD_HEADER).unwrap_or_else(|| Prefix::without_headers(time));
        let missing = || if is_same { old.clone() } else { Prefix::without_headers(time) };
        Self { prior: found(PRIOR_HEADER).unwrap_or_else(missing), old }
    }
}
