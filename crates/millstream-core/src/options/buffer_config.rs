//! How much a buffer may hold, and what happens when it is full.

use std::collections::BTreeMap;
use std::marker::PhantomData;

/// A full buffer forwards its first changes before their time.
#[derive(Clone, Copy, Debug)]
pub struct EmitEarly;

/// A full buffer is a failure of the record that fills it. A buffer without a bound is never full.
#[derive(Clone, Copy, Debug)]
pub struct ShutDown;

/// What a buffer does when it is full: [`EmitEarly`] or [`ShutDown`].
pub trait WhenFull: sealed::Sealed {
    #[doc(hidden)]
    const ACTION: FullBuffer;
}

/// What a full buffer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum FullBuffer {
    EmitsEarly,
    Fails,
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::EmitEarly {}
    impl Sealed for super::ShutDown {}
}

impl WhenFull for EmitEarly {
    const ACTION: FullBuffer = FullBuffer::EmitsEarly;
}

impl WhenFull for ShutDown {
    const ACTION: FullBuffer = FullBuffer::Fails;
}

/// The settings of the buffer of [`suppress`](crate::KTable::suppress): its bounds, what it does when it is full, its changelog.
///
/// A buffer holds one change per key. It is full when it has more records or more bytes than its bounds; the bytes are
/// counted as Kafka Streams counts them.
///
/// # Examples
/// ```
/// use millstream_core::BufferConfig;
///
/// let buffer = BufferConfig::max_records(10_000).with_max_bytes(100 << 20).shut_down_when_full();
/// # let _ = buffer;
/// ```
#[derive(Clone, Debug)]
pub struct BufferConfig<F = ShutDown> {
    pub(crate) limits: BufferLimits,
    pub(crate) logging: bool,
    pub(crate) changelog_config: BTreeMap<String, String>,
    when_full: PhantomData<fn() -> F>,
}

/// The bounds of a buffer; `None` is without a bound.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BufferLimits {
    pub(crate) records_max: Option<u64>,
    pub(crate) bytes_max: Option<u64>,
}

impl BufferConfig<ShutDown> {
    /// A buffer without a bound. If changes of too many keys wait, memory is exhausted.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::{BufferConfig, Suppressed};
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let stock = builder.table::<String, i64>("stock", "stock");
    /// stock.suppress(Suppressed::until_time_limit(Duration::from_secs(60), BufferConfig::unbounded()));
    /// ```
    #[must_use]
    pub fn unbounded() -> Self {
        Self::with_limits(BufferLimits::default())
    }
}

impl BufferConfig<EmitEarly> {
    /// A buffer of at most `records` changes, which forwards the first ones early when it is full.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::BufferConfig;
    /// let buffer = BufferConfig::max_records(1_000);
    /// ```
    #[must_use]
    pub fn max_records(records: u64) -> Self {
        Self::with_limits(BufferLimits { records_max: Some(records), bytes_max: None })
    }

    /// A buffer of at most `bytes`, which forwards the first changes early when it is full.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::BufferConfig;
    /// let buffer = BufferConfig::max_bytes(10 << 20);
    /// ```
    #[must_use]
    pub fn max_bytes(bytes: u64) -> Self {
        Self::with_limits(BufferLimits { records_max: None, bytes_max: Some(bytes) })
    }
}

impl<F> BufferConfig<F> {
    fn with_limits(limits: BufferLimits) -> Self {
        Self { limits, logging: true, changelog_config: BTreeMap::new(), when_full: PhantomData }
    }

    /// Bounds the number of changes.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::BufferConfig;
    /// let buffer = BufferConfig::unbounded().with_max_records(1_000);
    /// ```
    #[must_use]
    pub fn with_max_records(mut self, records: u64) -> Self {
        self.limits.records_max = Some(records);
        self
    }

    /// Bounds the bytes of the changes.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::BufferConfig;
    /// let buffer = BufferConfig::max_records(1_000).with_max_bytes(10 << 20);
    /// ```
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.limits.bytes_max = Some(bytes);
        self
    }

    /// Removes the bounds, and with them the case that the buffer is full.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::BufferConfig;
    /// let buffer = BufferConfig::max_records(1_000).with_no_bound();
    /// ```
    #[must_use]
    pub fn with_no_bound(self) -> BufferConfig<ShutDown> {
        BufferConfig { limits: BufferLimits::default(), ..self.when_full() }
    }

    /// Forwards the first changes before their time when the buffer is full.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::BufferConfig;
    /// let buffer = BufferConfig::unbounded().with_max_records(1_000).emit_early_when_full();
    /// ```
    #[must_use]
    pub fn emit_early_when_full(self) -> BufferConfig<EmitEarly> {
        self.when_full()
    }

    /// Fails when the buffer is full: the processing handler gets the error with the record, and the task stops unless it decides
    /// to continue.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::BufferConfig;
    /// let buffer = BufferConfig::max_records(1_000).shut_down_when_full();
    /// ```
    #[must_use]
    pub fn shut_down_when_full(self) -> BufferConfig<ShutDown> {
        self.when_full()
    }

    /// Keeps no changelog: changes that wait are lost when their task moves or the program ends.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::BufferConfig;
    /// let buffer = BufferConfig::unbounded().without_logging();
    /// ```
    #[must_use]
    pub fn without_logging(self) -> Self {
        Self { logging: false, ..self }
    }

    /// Sets a setting of the changelog topic, by Kafka's name. It overrides Millstream's default.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::BufferConfig;
    /// let buffer = BufferConfig::unbounded().changelog_config("segment.bytes", "1048576");
    /// ```
    #[must_use]
    pub fn changelog_config(mut self, setting: impl Into<String>, value: impl Into<String>) -> Self {
        self.changelog_config.insert(setting.into(), value.into());
        self
    }

    fn when_full<G>(self) -> BufferConfig<G> {
        let Self { limits, logging, changelog_config, .. } = self;
        BufferConfig { limits, logging, changelog_config, when_full: PhantomData }
    }
}
