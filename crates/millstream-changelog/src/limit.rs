//! The time limit of a turn of a thread.

use std::time::Duration;

use millstream_types::MonotonicTime;

use crate::Pace;

/// Records between two looks at the clock, at most.
const STRIDE_MAX: usize = 64;

/// Limits the time of a turn of restoring or flushing, however long a record takes.
///
/// The clock is read after the first record, and then at a [pace](Pace) that follows from what records cost: where they are
/// quick it is read seldom, and where each takes long a turn lasts one record longer than its limit at most.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_changelog::TurnLimit;
/// use millstream_types::MonotonicTime;
///
/// let mut now = MonotonicTime::START;
/// let mut clock = || {
///     now += Duration::from_micros(20);
///     now
/// };
/// let mut limit = TurnLimit::until(MonotonicTime::START + Duration::from_micros(70), &mut clock);
/// assert_eq!((0..).take_while(|_| limit.allows_one_more()).count(), 8);
/// ```
pub struct TurnLimit<'a> {
    clock: Option<(MonotonicTime, &'a mut dyn FnMut() -> MonotonicTime)>,
    pace: Pace,
    /// When the clock was read last.
    last: Option<MonotonicTime>,
    /// Records until the clock is read again.
    left: usize,
    is_over: bool,
}

impl<'a> TurnLimit<'a> {
    /// A limit that ends at `end` by this clock.
    #[must_use]
    pub fn until(end: MonotonicTime, clock: &'a mut dyn FnMut() -> MonotonicTime) -> Self {
        Self { clock: Some((end, clock)), ..Self::none() }
    }

    /// No limit, for tests, and if nothing else waits.
    #[must_use]
    pub fn none() -> Self {
        Self { clock: None, pace: Pace::new(STRIDE_MAX), last: None, left: 1, is_over: false }
    }

    /// Whether another record may be applied. The first one always may.
    pub fn allows_one_more(&mut self) -> bool {
        if self.left == 0 {
            self.read_clock();
        }
        self.left = self.left.saturating_sub(1);
        !self.is_over
    }

    /// How many records may be applied before the clock is read again; 0 when the turn is over. The caller must apply all of
    /// them.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_changelog::TurnLimit;
    /// use millstream_types::MonotonicTime;
    ///
    /// let mut now = MonotonicTime::START;
    /// let mut clock = || {
    ///     now += Duration::from_micros(20);
    ///     now
    /// };
    /// let mut limit = TurnLimit::until(MonotonicTime::START + Duration::from_micros(70), &mut clock);
    /// assert_eq!([(); 5].map(|()| limit.take_some()), [1, 1, 2, 4, 0]);
    /// ```
    pub fn take_some(&mut self) -> usize {
        if self.left == 0 {
            self.read_clock();
        }
        let some = if self.is_over { 0 } else { self.left };
        self.left = 0;
        some
    }

    /// Whether the turn is over, by the last reading of the clock.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    fn read_clock(&mut self) {
        match &mut self.clock {
            Some((end, clock)) => {
                let now = clock();
                self.is_over |= now >= *end;
                // What the first record took is not known.
                if let Some(last) = self.last.replace(now) {
                    self.pace.adapt(now - last);
                }
            }
            None => self.pace.adapt(Duration::ZERO),
        }
        self.left = self.pace.work();
    }
}
