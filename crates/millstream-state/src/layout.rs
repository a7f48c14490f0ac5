//! Layouts: how a kind of store encodes, finds and expires its keys.
//!
//! Kinds of stores differ in their layout and their typed interface. Caching, logging, restoring, write-back, reading as
//! bytes and the undo log are common, in [`Store`].
//!
//! [`Store`]: crate::store::Store

use std::hash::Hasher;
use std::ops::Bound;

use millstream_types::{SerdeError, Timestamp};

use crate::expiry::{Expiry, Segments};
use crate::store::Place;
use crate::{StoreKind, StoreOptions};

/// A kind of key: its owned form in the table, its borrowed form for look-ups, and their encoding.
///
/// The engine key is a prefix of fixed length, followed by the changelog key.
pub(crate) trait Layout: Send + 'static {
    /// The owned key.
    type Key: Clone + Send + 'static;
    /// The borrowed key.
    type Lookup<'a>: Copy;

    /// The length of the prefix of the engine key.
    const PREFIX_BYTES: usize;
    /// Whether rows expire. It is a constant, so that the compiler can remove the code for expiry.
    const EXPIRES: bool;
    /// Whether rows can be deleted and replaced. Otherwise each is put once, and a null in the changelog stands for no row.
    const DELETES: bool = true;

    /// Whether the time of a row is that of its segment. Then a row is visible as long as its segment is open, and stream time is
    /// advanced by the typed store and not by writes.
    const BY_SEGMENT: bool = false;

    /// Whether the rows of one key are read together, in the order of their places. It is a constant, so that the compiler can remove
    /// the code for their index.
    const BY_KEY: bool = false;

    /// The kind of a store with these options.
    fn kind(options: &StoreOptions) -> StoreKind;

    fn lookup(key: &Self::Key) -> Self::Lookup<'_>;
    fn own(lookup: Self::Lookup<'_>) -> Self::Key;
    fn hash<H: Hasher>(lookup: Self::Lookup<'_>, hasher: &mut H);
    fn matches(key: &Self::Key, lookup: Self::Lookup<'_>) -> bool;

    /// The place of a row among those of its key.
    fn place(lookup: Self::Lookup<'_>) -> Place {
        Place { time: Self::time(lookup), second: 0 }
    }

    /// The lookup of the same key at another place.
    fn at(lookup: Self::Lookup<'_>, _place: Place) -> Self::Lookup<'_> {
        lookup
    }

    /// Hashes the key without the place.
    fn hash_key<H: Hasher>(lookup: Self::Lookup<'_>, hasher: &mut H) {
        Self::hash(lookup, hasher);
    }

    /// Whether a row has this key, in whatever place.
    fn is_of_key(key: &Self::Key, lookup: Self::Lookup<'_>) -> bool {
        Self::matches(key, lookup)
    }

    /// Appends the engine key: the prefix, then the changelog key.
    fn encode(&self, lookup: Self::Lookup<'_>, out: &mut Vec<u8>) -> Result<(), SerdeError>;
    /// Decodes a changelog key.
    fn decode(&self, logged: &[u8]) -> Result<Self::Key, SerdeError>;
    /// Appends the engine key of a changelog key, without decoding it.
    fn encode_logged(&self, logged: &[u8], out: &mut Vec<u8>) -> Result<(), SerdeError>;

    /// The initial expiry of a store; `None` if rows do not expire.
    fn expiry(&self) -> Option<Expiry>;
    /// The time by which a row expires.
    fn time(lookup: Self::Lookup<'_>) -> Timestamp;
    /// The sort key of a row for a store in memory that is read by time.
    fn time_key(engine_key: &[u8], time: Timestamp) -> Vec<u8>;
    /// The time by which a row expires, from a changelog key.
    fn logged_time(logged: &[u8]) -> Result<Timestamp, SerdeError>;

    /// The number with which the engine keys of a segment and of those after it begin, at least.
    fn first_prefix(&self, segment: i64, _segments: Segments) -> i64 {
        segment
    }

    /// The earliest time of rows whose engine keys begin with this number.
    fn time_of_prefix(&self, prefix: i64, segments: Segments) -> Timestamp {
        segments.begin(prefix)
    }

    /// The latest time of rows whose engine keys begin with this number.
    fn last_time_of_prefix(&self, prefix: i64, segments: Segments) -> Timestamp {
        let next = prefix.checked_add(1).map(|next| self.time_of_prefix(next, segments).as_millis());
        // The last number stands for all times up to the end.
        let last = next.filter(|next| *next < i64::MAX).map_or(i64::MAX, |next| next - 1);
        Timestamp::from_millis(last)
    }

    /// The bound of the engine keys that begin with the number of a segment.
    fn last_segment() -> Bound<&'static [u8]> {
        Bound::Unbounded
    }
}
