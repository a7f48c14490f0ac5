//! How far a copy of a task's state is (KIP-441).

/// How far a copy of a task's state on the disk of a process is, summed over its stores, as the process reports it.
///
/// # Examples
/// ```
/// use millstream_assign::{CopyState, Lag};
/// assert_eq!(CopyState::At { offset_sum: 90 }.lag(Some(100)), Lag::Behind(10));
/// assert_eq!(CopyState::At { offset_sum: 90 }.lag(None), Lag::Unknown);
/// assert_eq!(CopyState::Running.lag(None), Lag::Behind(0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CopyState {
    /// The process runs the active task, and it is restored: the copy is the latest there is (KIP-441 encodes it as −2).
    Running,
    /// The sum of its changelog positions. The leader subtracts it from the sum of the end offsets.
    At {
        /// The sum of the positions of its changelogs.
        offset_sum: u64,
    },
    /// The process knows the end offsets itself: so many records are missing.
    Behind {
        /// How many records the changelogs have that the copy does not have.
        records: u64,
    },
    /// There are files, and nothing is known about their position.
    Unknown,
}

impl CopyState {
    /// The better of two reports of the same copy. A lag that the process knows comes before a position, of which the leader may not know
    /// the end.
    #[must_use]
    pub fn better(self, other: Self) -> Self {
        match (self, other) {
            (Self::Running, _) | (_, Self::Running) => Self::Running,
            (Self::Behind { records: one }, Self::Behind { records: other }) => {
                Self::Behind { records: one.min(other) }
            }
            (behind @ Self::Behind { .. }, _) | (_, behind @ Self::Behind { .. }) => behind,
            (Self::At { offset_sum: one }, Self::At { offset_sum: other }) => Self::At { offset_sum: one.max(other) },
            (at @ Self::At { .. }, _) | (_, at @ Self::At { .. }) => at,
            (Self::Unknown, Self::Unknown) => Self::Unknown,
        }
    }

    /// The lag of the copy, with the sum of the end offsets of the task's changelogs if it is known.
    ///
    /// A position after the end offset (the changelog was deleted and created again, or records expired) is no lag that can be trusted.
    #[must_use]
    pub fn lag(self, end_offset_sum: Option<u64>) -> Lag {
        match self {
            Self::Running => Lag::Behind(0),
            Self::Behind { records } => Lag::Behind(records),
            Self::At { offset_sum } => match end_offset_sum.and_then(|end| end.checked_sub(offset_sum)) {
                Some(records) => Lag::Behind(records),
                None => Lag::Unknown,
            },
            Self::Unknown => Lag::Unknown,
        }
    }
}

/// How many records a copy is behind. The smaller one is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lag {
    /// So many records.
    Behind(u64),
    /// Not known; it counts as everything.
    Unknown,
}

impl Lag {
    /// Whether a task can become active here at once: it lags by at most `acceptable` records.
    ///
    /// # Examples
    /// ```
    /// use millstream_assign::Lag;
    /// assert!(Lag::Behind(10_000).is_caught_up(10_000));
    /// assert!(!Lag::Unknown.is_caught_up(u64::MAX));
    /// ```
    #[must_use]
    pub fn is_caught_up(self, acceptable: u64) -> bool {
        matches!(self, Self::Behind(records) if records <= acceptable)
    }
}
