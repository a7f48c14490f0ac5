//! What is held back of a table's changes, and for how long.

use std::collections::BTreeMap;
use std::time::Duration;

use millstream_types::Timestamp;

use super::buffer_config::{BufferConfig, BufferLimits, FullBuffer, ShutDown, WhenFull};
use crate::windows::WindowedKey;

/// Which changes [`suppress`](crate::KTable::suppress) holds back, and in what buffer.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_core::{BufferConfig, StreamsBuilder, Suppressed};
///
/// let builder = StreamsBuilder::new();
/// let stock = builder.table::<String, i64>("stock", "stock");
/// let at_most_every_minute = Suppressed::until_time_limit(Duration::from_secs(60), BufferConfig::max_records(10_000));
/// stock.suppress(at_most_every_minute.named("calm")).to_stream().to("calm-stock");
/// ```
#[derive(Clone, Debug)]
pub struct Suppressed<K> {
    pub(crate) name: Option<String>,
    pub(crate) until: Until<K>,
    pub(crate) limits: BufferLimits,
    pub(crate) when_full: FullBuffer,
    pub(crate) logging: bool,
    pub(crate) changelog_config: BTreeMap<String, String>,
}

/// When a change is forwarded.
#[derive(Debug)]
pub(crate) enum Until<K> {
    /// When the window of its key is closed.
    WindowCloses { window_end: fn(&K) -> Timestamp },
    /// When stream time has passed the first change of its key by this.
    TimeLimit(Duration),
}

impl<K> Clone for Until<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Until<K> {}

impl<K> Suppressed<K> {
    /// Forwards one change per window, when it is closed: when stream time, as the table sees it, has passed the window's end by the
    /// grace period. A window whose row was deleted has none.
    ///
    /// Stream time is that of the table's changes, so while no record arrives no window closes. The buffer may not emit early.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::{BufferConfig, StreamsBuilder, Suppressed, TimeWindows};
    ///
    /// let builder = StreamsBuilder::new();
    /// let minutes = TimeWindows::of_size_and_grace(Duration::from_secs(60), Duration::from_secs(10));
    /// let per_minute = builder.stream::<String, String>("clicks").group_by_key().windowed_by(minutes).count("per-minute");
    /// per_minute.suppress(Suppressed::until_window_closes(BufferConfig::unbounded())).to_stream().to("final-counts");
    /// ```
    #[must_use]
    pub fn until_window_closes(buffer: BufferConfig<ShutDown>) -> Self
    where
        K: WindowedKey,
    {
        Self::new(Until::WindowCloses { window_end: K::window_end }, buffer)
    }

    /// Forwards the last change of a key when stream time, as the table sees it, has passed the first one by `limit`. Changes in
    /// between are left out.
    ///
    /// Stream time is that of the table's changes, so while no record arrives nothing is forwarded.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use millstream_core::{BufferConfig, Suppressed};
    ///
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let stock = builder.table::<String, i64>("stock", "stock");
    /// stock.suppress(Suppressed::until_time_limit(Duration::from_secs(60), BufferConfig::max_bytes(10 << 20)));
    /// ```
    #[must_use]
    pub fn until_time_limit<F: WhenFull>(limit: Duration, buffer: BufferConfig<F>) -> Self {
        Self::new(Until::TimeLimit(limit), buffer)
    }

    fn new<F: WhenFull>(until: Until<K>, buffer: BufferConfig<F>) -> Self {
        let BufferConfig { limits, logging, changelog_config, .. } = buffer;
        Self { name: None, until, limits, when_full: F::ACTION, logging, changelog_config }
    }

    /// Names the operator; its buffer is called `name-store`.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::{BufferConfig, Suppressed};
    /// let calm = Suppressed::<String>::until_time_limit(Duration::from_secs(60), BufferConfig::unbounded()).named("calm");
    /// ```
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }
}
