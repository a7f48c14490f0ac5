//! The present time by both clocks.

use super::{MonotonicTime, Timestamp};

/// The present time by both clocks.
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
    /// The wall-clock time, for records and messages. It may be before an earlier reading.
    pub wall: Timestamp,
    /// The monotonic time, for intervals, time-outs and deadlines.
    pub monotonic: MonotonicTime,
}
