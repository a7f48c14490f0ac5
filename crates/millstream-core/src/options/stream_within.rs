//! The other stream of a stream-stream join.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_types::{Data, Nullable, Serde, short_type_name};

use super::{CarriedSerdes, Joined, KeySerde, ValueSerde};
use crate::join_windows::JoinWindows;

/// A stream with the windows in which its records are joined, for [`KStream::join_stream`](crate::KStream::join_stream), and
/// the options of the join. [`KStream::within`](crate::KStream::within) makes it.
///
/// The join has a store for the records of each side; a left or outer join has a third one for those without a match.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_core::{JoinWindows, Joined, StreamsBuilder};
///
/// let builder = StreamsBuilder::new();
/// let orders = builder.stream::<String, String>("orders");
/// let payments = builder.stream::<String, i64>("payments");
/// let hour = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(3_600));
/// let within_an_hour = Joined::with(&payments.within(hour).stores("paid-orders")).named("with-payment");
/// orders.join_stream(within_an_hour, |_id, order, amount| format!("{order}: {amount}")).to("paid");
/// ```
pub struct StreamWithin<S> {
    pub(crate) stream: S,
    pub(crate) windows: JoinWindows,
    pub(crate) options: JoinStoreOptions,
}

/// The options of a join's stores.
#[derive(Clone)]
pub(crate) struct JoinStoreOptions {
    pub(crate) stores: Option<String>,
    pub(crate) in_memory: bool,
    pub(crate) logging: bool,
    pub(crate) changelog_config: BTreeMap<String, String>,
    key: AnySerde,
    left: AnySerde,
    right: AnySerde,
}

/// A serde whose type the options do not know, and the name of its type.
#[derive(Clone, Default)]
struct AnySerde(Option<(Arc<dyn Any + Send + Sync>, TypeId, &'static str)>);

impl AnySerde {
    fn given<T: 'static>(serde: Serde<T>) -> Self {
        Self(Some((Arc::new(serde), TypeId::of::<T>(), std::any::type_name::<T>())))
    }

    /// The serde as one of `T`, if it was set.
    ///
    /// # Errors
    /// When it is of another type.
    fn get<T: Nullable>(&self) -> Result<Option<Serde<T::Present>>, String> {
        let Some((serde, id, name)) = &self.0 else { return Ok(None) };
        match serde.downcast_ref::<Serde<T::Present>>() {
            Some(serde) if *id == TypeId::of::<T::Present>() => Ok(Some(serde.clone())),
            Some(_) | None => {
                let wanted = short_type_name(std::any::type_name::<T::Present>());
                Err(format!("a serde of {} was given where the stream has {wanted}", short_type_name(name)))
            }
        }
    }
}

impl JoinStoreOptions {
    /// The serdes of the left stream: those given, otherwise its own.
    pub(crate) fn left_serdes<K: Nullable, V: Nullable>(
        &self,
        own: &CarriedSerdes<K, V>,
    ) -> Result<CarriedSerdes<K, V>, String> {
        given_or_own(&self.key, &self.left, own)
    }

    /// The serdes of the right stream: those given, otherwise its own.
    pub(crate) fn right_serdes<K: Nullable, V: Nullable>(
        &self,
        own: &CarriedSerdes<K, V>,
    ) -> Result<CarriedSerdes<K, V>, String> {
        given_or_own(&self.key, &self.right, own)
    }
}

fn given_or_own<K: Nullable, V: Nullable>(
    key: &AnySerde,
    value: &AnySerde,
    own: &CarriedSerdes<K, V>,
) -> Result<CarriedSerdes<K, V>, String> {
    Ok(CarriedSerdes {
        key: key.get::<K>()?.map_or_else(|| own.key.clone(), KeySerde::given),
        value: value.get::<V>()?.map_or_else(|| own.value.clone(), ValueSerde::given),
    })
}

impl<S> StreamWithin<S> {
    pub(crate) fn new(stream: S, windows: JoinWindows) -> Self {
        let options = JoinStoreOptions {
            stores: None,
            in_memory: false,
            logging: true,
            changelog_config: BTreeMap::new(),
            key: AnySerde::default(),
            left: AnySerde::default(),
            right: AnySerde::default(),
        };
        Self { stream, windows, options }
    }

    /// Names the stores, and so their changelogs: `<name>-this-join-store`, `<name>-other-join-store`, and for records without a
    /// match `<name>-left-shared-join-store` or `<name>-outer-shared-join-store`.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let payments = builder.stream::<String, i64>("payments");
    /// let hour = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(3_600));
    /// let paid = payments.within(hour).stores("paid-orders");
    /// ```
    #[must_use]
    pub fn stores(mut self, name: impl Into<String>) -> Self {
        self.options.stores = Some(name.into());
        self
    }

    /// Keeps the stores in memory, also in applications whose stores are on disk. Each start restores the whole changelogs.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let payments = builder.stream::<String, i64>("payments");
    /// let minute = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// let paid = payments.within(minute).in_memory();
    /// ```
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.options.in_memory = true;
        self
    }

    /// Keeps no changelogs: what is in the stores is lost when their task moves or the program ends.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let payments = builder.stream::<String, i64>("payments");
    /// let minute = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// let paid = payments.within(minute).without_logging();
    /// ```
    #[must_use]
    pub fn without_logging(mut self) -> Self {
        self.options.logging = false;
        self
    }

    /// Sets a setting of the changelog topics, by Kafka's name. It overrides Millstream's default.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let payments = builder.stream::<String, i64>("payments");
    /// let minute = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// let paid = payments.within(minute).changelog_config("segment.bytes", "1048576");
    /// ```
    #[must_use]
    pub fn changelog_config(mut self, setting: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.changelog_config.insert(setting.into(), value.into());
        self
    }

    /// Writes the keys of both streams to stores and repartition topics with this serde instead of the streams' own.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// # use millstream_types::Serde;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let payments = builder.stream::<String, i64>("payments");
    /// let minute = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// let paid = payments.within(minute).key_serde(Serde::<String>::of_type());
    /// ```
    #[must_use]
    pub fn key_serde<K: Data>(mut self, serde: Serde<K>) -> Self {
        self.options.key = AnySerde::given(serde);
        self
    }

    /// Writes the values of the left stream, which is joined with this one, with this serde instead of its own. If its type
    /// is another than that of the values, the topology cannot be built.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// # use millstream_types::Serde;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// let minute = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// let orders = builder.stream::<String, String>("orders");
    /// let payments = builder.stream::<String, i64>("payments");
    /// let wrong = payments.within(minute).left_serde(Serde::<u8>::of_type());
    /// orders.join_stream(wrong, |_id, order, amount| format!("{order}: {amount}")).to("paid");
    /// let error = builder.build().unwrap_err().to_string();
    /// assert!(error.contains("a serde of u8 was given where the stream has String"), "{error}");
    /// ```
    #[must_use]
    pub fn left_serde<V: Data>(mut self, serde: Serde<V>) -> Self {
        self.options.left = AnySerde::given(serde);
        self
    }

    /// Writes the values of this stream, the right one, with this serde instead of its own.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use millstream_core::JoinWindows;
    /// # use millstream_types::Serde;
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # let payments = builder.stream::<String, i64>("payments");
    /// let minute = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
    /// let paid = payments.within(minute).right_serde(Serde::<i64>::of_type());
    /// ```
    #[must_use]
    pub fn right_serde<V: Data>(mut self, serde: Serde<V>) -> Self {
        self.options.right = AnySerde::given(serde);
        self
    }
}

impl<S: Clone> Clone for StreamWithin<S> {
    fn clone(&self) -> Self {
        Self { stream: self.stream.clone(), windows: self.windows, options: self.options.clone() }
    }
}

impl<S> From<StreamWithin<S>> for Joined<StreamWithin<S>> {
    fn from(within: StreamWithin<S>) -> Self {
        Self { with: within, name: None, grace: None }
    }
}
