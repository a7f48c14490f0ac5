//! Unlimited windows.

use millstream_types::Timestamp;

/// A single window that begins at a given time and never ends. Records before its start are in no window.
///
/// # Examples
/// ```
/// use millstream_core::UnlimitedWindows;
/// use millstream_types::Timestamp;
///
/// let since_launch = UnlimitedWindows::of().start_on(Timestamp::from_millis(1_700_000_000_000));
/// assert_eq!(since_launch.start().as_millis(), 1_700_000_000_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnlimitedWindows {
    start: Timestamp,
}

impl UnlimitedWindows {
    /// The window that begins at time 0.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::UnlimitedWindows;
    /// assert_eq!(UnlimitedWindows::of().start().as_millis(), 0);
    /// ```
    #[must_use]
    pub const fn of() -> Self {
        Self { start: Timestamp::from_millis(0) }
    }

    /// The window that begins at `start`. With a negative one the topology cannot be built.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{StreamsBuilder, UnlimitedWindows};
    /// # use millstream_types::Timestamp;
    /// let builder = StreamsBuilder::new();
    /// let clicks = builder.stream::<String, String>("clicks").group_by_key();
    /// clicks.windowed_by(UnlimitedWindows::of().start_on(Timestamp::from_millis(-1))).count("clicks-since");
    /// assert!(builder.build().unwrap_err().to_string().contains("cannot start at -1"));
    /// ```
    #[must_use]
    pub const fn start_on(self, start: Timestamp) -> Self {
        Self { start }
    }

    /// The start of the window.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::UnlimitedWindows;
    /// assert_eq!(UnlimitedWindows::of().start().as_millis(), 0);
    /// ```
    #[must_use]
    pub const fn start(self) -> Timestamp {
        self.start
    }

    /// What is wrong with these windows, if anything.
    pub(super) fn fault(self) -> Option<String> {
        (!self.start.is_valid())
            .then(|| format!("an unlimited window cannot start at {}, before 0", self.start.as_millis()))
    }
}
