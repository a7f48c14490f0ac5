//! `windowed_by`: groups by windows, in addition to the key.

use millstream_types::{Data, Nullable};

use super::cogroup::{CogroupedKStream, SessionWindowedCogroupedKStream, TimeWindowedCogroupedKStream};
use super::{KGroupedStream, SessionWindowedKStream, SlidingWindowedKStream, TimeWindowedKStream};
use crate::windows::{FixedWindows, SessionWindows, SlidingWindows, TimeWindows, UnlimitedWindows};

mod sealed {
    /// Keeps [`Windows`](super::Windows) closed.
    pub trait Sealed {}

    impl Sealed for crate::windows::TimeWindows {}
    impl Sealed for crate::windows::SessionWindows {}
    impl Sealed for crate::windows::SlidingWindows {}
    impl Sealed for crate::windows::UnlimitedWindows {}
}

/// A kind of windows for [`KGroupedStream::windowed_by`] and [`CogroupedKStream::windowed_by`].
///
/// Each kind has its own type of grouped stream, since the aggregations differ: those of sessions also merge, and those of
/// sliding windows skip null values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a kind of windows",
    label = "expected windows",
    note = "the kinds of windows are `TimeWindows`, `SlidingWindows`, `SessionWindows` and `UnlimitedWindows`"
)]
pub trait Windows: sealed::Sealed + Sized {
    /// The stream that is grouped by key and window.
    type Windowed<K: Nullable, V: Nullable>;

    /// The streams that are aggregated together by key and window.
    type Cogrouped<K: Data, A: Nullable>;

    /// Groups a stream by these windows.
    #[doc(hidden)]
    fn group<K: Nullable, V: Nullable>(self, grouped: KGroupedStream<K, V>) -> Self::Windowed<K, V>;

    /// Groups streams by these windows.
    #[doc(hidden)]
    fn cogroup<K: Data, A: Nullable>(self, cogrouped: CogroupedKStream<K, A>) -> Self::Cogrouped<K, A>;
}

impl Windows for TimeWindows {
    type Windowed<K: Nullable, V: Nullable> = TimeWindowedKStream<K, V>;
    type Cogrouped<K: Data, A: Nullable> = TimeWindowedCogroupedKStream<K, A>;

    fn group<K: Nullable, V: Nullable>(self, grouped: KGroupedStream<K, V>) -> TimeWindowedKStream<K, V> {
        TimeWindowedKStream::new(grouped, FixedWindows::Time(self))
    }

    fn cogroup<K: Data, A: Nullable>(self, cogrouped: CogroupedKStream<K, A>) -> TimeWindowedCogroupedKStream<K, A> {
        TimeWindowedCogroupedKStream::fixed(cogrouped, FixedWindows::Time(self))
    }
}

impl Windows for SessionWindows {
    type Windowed<K: Nullable, V: Nullable> = SessionWindowedKStream<K, V>;
    type Cogrouped<K: Data, A: Nullable> = SessionWindowedCogroupedKStream<K, A>;

    fn group<K: Nullable, V: Nullable>(self, grouped: KGroupedStream<K, V>) -> SessionWindowedKStream<K, V> {
        SessionWindowedKStream::new(grouped, self)
    }

    fn cogroup<K: Data, A: Nullable>(self, cogrouped: CogroupedKStream<K, A>) -> SessionWindowedCogroupedKStream<K, A> {
        SessionWindowedCogroupedKStream::new(cogrouped, self)
    }
}

impl Windows for SlidingWindows {
    type Windowed<K: Nullable, V: Nullable> = SlidingWindowedKStream<K, V>;
    type Cogrouped<K: Data, A: Nullable> = TimeWindowedCogroupedKStream<K, A>;

    fn group<K: Nullable, V: Nullable>(self, grouped: KGroupedStream<K, V>) -> SlidingWindowedKStream<K, V> {
        SlidingWindowedKStream::new(grouped, self)
    }

    fn cogroup<K: Data, A: Nullable>(self, cogrouped: CogroupedKStream<K, A>) -> TimeWindowedCogroupedKStream<K, A> {
        TimeWindowedCogroupedKStream::sliding(cogrouped, self)
    }
}

impl Windows for UnlimitedWindows {
    type Windowed<K: Nullable, V: Nullable> = TimeWindowedKStream<K, V>;
    type Cogrouped<K: Data, A: Nullable> = TimeWindowedCogroupedKStream<K, A>;

    fn group<K: Nullable, V: Nullable>(self, grouped: KGroupedStream<K, V>) -> TimeWindowedKStream<K, V> {
        TimeWindowedKStream::new(grouped, FixedWindows::Unlimited(self))
    }

    fn cogroup<K: Data, A: Nullable>(self, cogrouped: CogroupedKStream<K, A>) -> TimeWindowedCogroupedKStream<K, A> {
        TimeWindowedCogroupedKStream::fixed(cogrouped, FixedWindows::Unlimited(self))
    }
}

impl<K: Nullable, V: Nullable> KGroupedStream<K, V> {
    /// Groups by window, in addition to the key. The kind of windows determines what can be done with the result.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::{SessionWindows, TimeWindows};
    ///
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let clicks = builder.stream::<String, String>("clicks").group_by_key();
    /// let minutes = TimeWindows::of_size_and_grace(Duration::from_secs(60), Duration::from_secs(10));
    /// clicks.windowed_by(minutes).count("clicks-per-minute");
    /// let visits = SessionWindows::of_inactivity_gap_with_no_grace(Duration::from_secs(1_800));
    /// clicks.windowed_by(visits).count("clicks-per-visit");
    /// ```
    pub fn windowed_by<W: Windows>(&self, windows: W) -> W::Windowed<K, V> {
        windows.group(self.clone())
    }
}

impl<K: Data, A: Nullable> CogroupedKStream<K, A> {
    /// Aggregates by window, in addition to the key. The kind of windows determines what can be done with the result. Results are
    /// emitted with each update: as in Kafka Streams there is no `emit_strategy`; suppress the table until windows close instead.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::TimeWindows;
    ///
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let purchases = builder.stream::<String, i64>("purchases").group_by_key();
    /// let refunds = builder.stream::<String, i64>("refunds").group_by_key();
    /// let days = TimeWindows::of_size_and_grace(Duration::from_secs(86_400), Duration::from_secs(3_600));
    /// purchases
    ///     .cogroup(|_customer, amount, balance| balance + amount)
    ///     .cogroup(&refunds, |_customer, amount, balance| balance - amount)
    ///     .windowed_by(days)
    ///     .aggregate("balances-per-day", || 0_i64);
    /// ```
    pub fn windowed_by<W: Windows>(&self, windows: W) -> W::Cogrouped<K, A> {
        windows.cogroup(self.clone())
    }
}
