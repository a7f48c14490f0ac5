//! One moment on both clocks.

use super::{MonotonicTime, Timestamp};

/// One moment, on both clocks. What needs one of the two takes that one.
///
/// # Examples
/// ```
/// use millstream_types::{MonotonicTime, Now, Timestamp};
///
/// let now = Now { wall: Timestamp::from_millis(1_700_000_000_000), monotonic: MonotonicTime::START };
/// assert!(now.wall.is_valid());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The wall clock: for records, and for what people read. It may be behind that of an earlier moment.
    pub wall: Timestamp,
    /// The monotonic clock: for intervals, time-outs and deadlines.
    pub monotonic: MonotonicTime,
}
