//! What distinguishes the values of one key and window start.

use std::fmt::Debug;
use std::hash::Hash;

/// The number of bytes of a sequence number, the end of each key in the changelog.
pub(super) const SEQUENCE_BYTES: usize = size_of::<u32>();

/// The largest sequence number; the next one is 0, as in Kafka Streams.
const SEQUENCE_MAX: u32 = 0x7FFF_FFFF;

/// What distinguishes the values of one key and window start: nothing, `()`, if there is only one, or a [`SequenceNumber`].
///
/// It is implemented for these two only.
pub trait Sequence: Copy + Debug + Eq + Hash + Send + Sync + sealed::Sealed + 'static {
    /// Whether a store keeps every value that is put, also those of the same key and window.
    const KEEPS_DUPLICATES: bool;

    /// The number in the changelog key.
    fn number(self) -> u32;

    /// The sequence with this number.
    fn numbered(number: u32) -> Self;
}

/// The number of a value in a store that keeps duplicates: each value has the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SequenceNumber(u32);

impl SequenceNumber {
    /// The number after this one.
    pub(super) fn next(self) -> Self {
        Self(self.0.wrapping_add(1) & SEQUENCE_MAX)
    }

    /// A number that none of the first `count` values has exceeded.
    pub(super) fn after(count: u64) -> Self {
        Self(u32::try_from(count & u64::from(SEQUENCE_MAX)).unwrap_or(SEQUENCE_MAX))
    }
}

impl Sequence for () {
    const KEEPS_DUPLICATES: bool = false;

    fn number(self) -> u32 {
        0
    }

    fn numbered(_number: u32) -> Self {}
}

impl Sequence for SequenceNumber {
    const KEEPS_DUPLICATES: bool = true;

    fn number(self) -> u32 {
        self.0
    }

    fn numbered(number: u32) -> Self {
        Self(number)
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for () {}
    impl Sealed for super::SequenceNumber {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_again_after_the_largest() {
        assert_eq!(SequenceNumber::default().next().number(), 1);
        assert_eq!(SequenceNumber(SEQUENCE_MAX).next().number(), 0);
        assert_eq!(SequenceNumber::after(7).next().number(), 8);
        assert_eq!(SequenceNumber::after(u64::MAX).next().number(), 0);
    }
}
