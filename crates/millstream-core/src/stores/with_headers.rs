//! The declaration of stores whose values have headers, for processors.

use std::time::Duration;

use millstream_state::{KeyValueStore, SessionStore, WindowOptions, WindowStore, WithHeaders};
use millstream_types::time::millis_of;
use millstream_types::{Data, Serde};

use super::declared::Store;
use super::definition::{ChangelogKind, WindowOrder};

impl Store<()> {
    /// A timestamped store of values with headers by key.
    ///
    /// The headers are those that the processor puts with a value, for example those of its [`Record`](crate::Record). In the
    /// changelog they are the headers of the record.
    ///
    /// # Examples
    /// A processor that answers with the previous value and its headers:
    /// ```
    /// use millstream_core::{
    ///     BoxError, KeyValueStore, Processor, ProcessorContext, Record, Store, StoreHandle, StreamsBuilder, WithHeaders,
    /// };
    ///
    /// struct Previous {
    ///     orders: StoreHandle<KeyValueStore<String, WithHeaders<String>>>,
    /// }
    ///
    /// impl Processor<String, String, String, String> for Previous {
    ///     fn process(
    ///         &mut self,
    ///         context: &mut ProcessorContext<'_, String, String>,
    ///         record: Record<String, String>,
    ///     ) -> Result<(), BoxError> {
    ///         let mut orders = context.store(self.orders)?;
    ///         let before = orders.get(&record.key)?.cloned();
    ///         orders.put(&record.key, WithHeaders::new(record.value.clone(), record.headers.clone()))?;
    ///         if let Some(WithHeaders { value, headers, .. }) = before {
    ///             context.forward(Record { value, headers, ..record });
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let builder = StreamsBuilder::new();
    /// let orders = builder.add_store(Store::key_value_with_headers("orders"));
    /// builder.stream::<String, String>("in").process(move || Previous { orders }, orders).to("previous");
    /// # builder.build()?;
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    #[must_use]
    pub fn key_value_with_headers<K: Data, V: Data>(name: &str) -> Store<KeyValueStore<K, WithHeaders<V>>> {
        Self::key_value_with_headers_of(name, Serde::of_type(), Serde::of_type())
    }

    /// [`key_value_with_headers`](Self::key_value_with_headers) with serdes other than the types' own.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Store;
    /// # use millstream_types::Serde;
    /// let orders = Store::key_value_with_headers_of::<String, i64>("orders", Serde::of_type(), Serde::of_type());
    /// ```
    #[must_use]
    pub fn key_value_with_headers_of<K: Data, V: Data>(
        name: &str,
        key_serde: Serde<K>,
        value_serde: Serde<V>,
    ) -> Store<KeyValueStore<K, WithHeaders<V>>> {
        let serdes = (key_serde.clone(), value_serde.clone());
        let store = Store::new(name, serdes, ChangelogKind::Compacted, move |options, backing| {
            Box::new(KeyValueStore::with_headers(options, key_serde.clone(), value_serde.clone(), backing))
        });
        store.timestamped().with_headers()
    }

    /// A timestamped store of values with headers by key and window of time; otherwise as [`window`](Self::window).
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Store;
    /// # use std::time::Duration;
    /// let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3_600));
    /// let per_minute = Store::window_with_headers::<String, i64>("per-minute", minute, hour);
    /// ```
    #[must_use]
    pub fn window_with_headers<K: Data, V: Data>(
        name: &str,
        size: Duration,
        retention: Duration,
    ) -> Store<WindowStore<K, WithHeaders<V>>> {
        Self::window_with_headers_of(name, size, retention, Serde::of_type(), Serde::of_type())
    }

    /// [`window_with_headers`](Self::window_with_headers) with serdes other than the types' own.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Store;
    /// # use millstream_types::Serde;
    /// # use std::time::Duration;
    /// let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3_600));
    /// let (keys, values) = (Serde::<String>::of_type(), Serde::<i64>::of_type());
    /// let per_minute = Store::window_with_headers_of("per-minute", minute, hour, keys, values);
    /// ```
    #[must_use]
    pub fn window_with_headers_of<K: Data, V: Data>(
        name: &str,
        size: Duration,
        retention: Duration,
        key_serde: Serde<K>,
        value_serde: Serde<V>,
    ) -> Store<WindowStore<K, WithHeaders<V>>> {
        let windows = WindowOptions { retention_ms: millis_of(retention), window_size_ms: millis_of(size) };
        let changelog = ChangelogKind::Windowed { retention_ms: windows.retention_ms, order: WindowOrder::Key };
        let serdes = (key_serde.clone(), value_serde.clone());
        let store = Store::new(name, serdes, changelog, move |options, backing| {
            Box::new(WindowStore::with_headers(options, windows, key_serde.clone(), value_serde.clone(), backing))
        });
        store.timestamped().with_headers()
    }

    /// A store of values with headers by key and session; otherwise as [`session`](Self::session).
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Store;
    /// # use std::time::Duration;
    /// let visits = Store::session_with_headers::<String, i64>("visits", Duration::from_secs(3_600));
    /// ```
    #[must_use]
    pub fn session_with_headers<K: Data, V: Data>(
        name: &str,
        retention: Duration,
    ) -> Store<SessionStore<K, WithHeaders<V>>> {
        Self::session_with_headers_of(name, retention, Serde::of_type(), Serde::of_type())
    }

    /// [`session_with_headers`](Self::session_with_headers) with serdes other than the types' own.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Store;
    /// # use millstream_types::Serde;
    /// # use std::time::Duration;
    /// let hour = Duration::from_secs(3_600);
    /// let visits = Store::session_with_headers_of::<String, i64>("visits", hour, Serde::of_type(), Serde::of_type());
    /// ```
    #[must_use]
    pub fn session_with_headers_of<K: Data, V: Data>(
        name: &str,
        retention: Duration,
        key_serde: Serde<K>,
        value_serde: Serde<V>,
    ) -> Store<SessionStore<K, WithHeaders<V>>> {
        let retention_ms = millis_of(retention);
        let serdes = (key_serde.clone(), value_serde.clone());
        let store = Store::new(name, serdes, ChangelogKind::Sessions { retention_ms }, move |options, backing| {
            Box::new(SessionStore::with_headers(options, retention_ms, key_serde.clone(), value_serde.clone(), backing))
        });
        store.with_headers()
    }
}
