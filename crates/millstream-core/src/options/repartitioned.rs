//! A repartition topic and its options.

use std::sync::Arc;

use millstream_types::{Nullable, Serde};

use super::Partitioner;
use super::serdes::{CarriedSerdes, KeySerde, ValueSerde};
use crate::partitioning::Route;

/// A repartition topic with its options. A plain name converts into it.
///
/// # Examples
/// ```
/// use millstream_core::{Repartitioned, StreamsBuilder};
///
/// let builder = StreamsBuilder::new();
/// builder.stream::<String, String>("in").repartition(Repartitioned::named("wide").partitions(12)).to("out");
/// ```
pub struct Repartitioned<K, V> {
    pub(crate) name: Option<String>,
    pub(crate) serdes: CarriedSerdes<K, V>,
    pub(crate) partitions: Option<u32>,
    pub(crate) partitioner: Option<Partitioner<K, V>>,
}

impl<K, V> Repartitioned<K, V> {
    /// A topic with a generated name.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Repartitioned, Route};
    /// # use millstream_types::Serde;
    /// let by_key = Repartitioned::<String, String>::new();
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self { name: None, serdes: CarriedSerdes::own(), partitions: None, partitioner: None }
    }

    /// The topic `<application id>-<name>-repartition`.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Repartitioned, Route};
    /// # use millstream_types::Serde;
    /// let by_key = Repartitioned::<String, String>::named("by-key");
    /// ```
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::new() }
    }

    /// Sets the number of partitions. The default is that of the largest topic upstream.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Repartitioned, Route};
    /// # use millstream_types::Serde;
    /// let by_key = Repartitioned::<String, String>::named("by-key").partitions(12);
    /// ```
    #[must_use]
    pub fn partitions(self, partitions: u32) -> Self {
        Self { partitions: Some(partitions), ..self }
    }

    /// Sets the function that chooses the partition of a record from its key, its value and the number of partitions. Without
    /// it, the bytes of the key determine the partition.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Repartitioned, Route};
    /// # use millstream_types::Serde;
    /// let by_key = Repartitioned::<String, String>::new().partitioner(|key, _value, partitions| Route::to(key.len() as u32 % partitions));
    /// ```
    #[must_use]
    pub fn partitioner(self, choose: impl Fn(&K, &V, u32) -> Route + Send + Sync + 'static) -> Self {
        Self { partitioner: Some(Arc::new(choose)), ..self }
    }
}

impl<K: Nullable, V: Nullable> Repartitioned<K, V> {
    /// Writes and reads keys with this serde instead of the stream's.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Repartitioned, Route};
    /// # use millstream_types::Serde;
    /// let by_key = Repartitioned::<String, String>::named("by-key").key_serde(Serde::of_type());
    /// ```
    #[must_use]
    pub fn key_serde(mut self, serde: Serde<K::Present>) -> Self {
        self.serdes.key = KeySerde::given(serde);
        self
    }

    /// Writes and reads values with this serde instead of the stream's.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Repartitioned, Route};
    /// # use millstream_types::Serde;
    /// let by_key = Repartitioned::<String, String>::named("by-key").value_serde(Serde::of_type());
    /// ```
    #[must_use]
    pub fn value_serde(mut self, serde: Serde<V::Present>) -> Self {
        self.serdes.value = ValueSerde::given(serde);
        self
    }
}

impl<K, V> Default for Repartitioned<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> From<&str> for Repartitioned<K, V> {
    fn from(name: &str) -> Self {
        Self::named(name)
    }
}
