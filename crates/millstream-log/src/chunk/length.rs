//! Lengths as a chunk keeps them: 32 bits, one value of which stands for null.

/// Marks a null key or value in a [`Span`].
pub(super) const NULL: u32 = u32::MAX;

#[inline]
pub(super) fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).ok().filter(|length| *length != NULL).expect("a chunk holds less than 4 GiB")
}
