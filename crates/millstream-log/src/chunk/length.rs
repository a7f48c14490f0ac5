//! Lengths in a chunk: 32 bits, with one value for null.

/// Marks a null key or value in a [`Span`].
pub(super) const NULL: u32 = u32::MAX;

#[inline]
pub(super) fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).ok().filter(|length| *length != NULL).expect("a chunk has less than 4 GiB")
}
