//! How long a turn of a thread may last.

use millstream_types::MonotonicTime;

/// Records between two looks at the clock, at most.
const STRIDE_MAX: u32 = 64;

/// Bounds a turn of restoring or of flushing caches by time, whatever a record costs.
///
/// The clock is read after the first record, and then after twice as many each time: where records are quick it is read
/// seldom, and where each takes long a turn lasts about twice its limit at most, and the time of one record.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_changelog::TurnLimit;
/// use millstream_types::MonotonicTime;
///
/// let mut now = MonotonicTime::START;
/// let mut clock = || {
///     now += Duration::from_millis(2);
///     now
/// };
/// let mut limit = TurnLimit::until(MonotonicTime::START + Duration::from_millis(5), &mut clock);
/// assert_eq!((0..).take_while(|_| limit.allows_one_more()).count(), 7);
/// ```
pub struct TurnLimit<'a> {
    clock: Option<(MonotonicTime, &'a mut dyn FnMut() -> MonotonicTime)>,
    stride: u32,
    /// Records until the clock is read again.
    left: u32,
    is_over: bool,
}

impl<'a> TurnLimit<'a> {
    /// A turn that ends at `end` by this clock.
    #[must_use]
    pub fn until(end: MonotonicTime, clock: &'a mut dyn FnMut() -> MonotonicTime) -> Self {
        Self { clock: Some((end, clock)), stride: 1, left: 1, is_over: false }
    }

    /// A turn without a limit: for tests, and where nothing else waits.
    #[must_use]
    pub fn none() -> Self {
        Self { clock: None, stride: 1, left: 1, is_over: false }
    }

    /// Whether one more record may be applied; the first one always may.
    pub fn allows_one_more(&mut self) -> bool {
        if self.left == 0 {
            self.read_clock();
        }
        self.left = self.left.saturating_sub(1);
        !self.is_over
    }

    /// How many records may be applied before the clock is to be read again, all of which the caller then applies; 0 when
    /// the turn is over.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_changelog::TurnLimit;
    /// use millstream_types::MonotonicTime;
    ///
    /// let mut now = MonotonicTime::START;
    /// let mut clock = || {
    ///     now += Duration::from_millis(2);
    ///     now
    /// };
    /// let mut limit = TurnLimit::until(MonotonicTime::START + Duration::from_millis(5), &mut clock);
    /// assert_eq!([(); 4].map(|()| limit.take_some()), [1, 2, 4, 0]);
    /// ```
    pub fn take_some(&mut self) -> usize {
        if self.left == 0 {
            self.read_clock();
        }
        let some = if self.is_over { 0 } else { self.left };
        self.left = 0;
        some as usize
    }

    /// Whether the turn is over, by the last look at the clock.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    fn read_clock(&mut self) {
        self.is_over = self.is_over || self.clock.as_mut().is_some_and(|(end, clock)| clock() >= *end);
        self.stride = (2 * self.stride).min(STRIDE_MAX);
        self.left = self.stride;
    }
}
