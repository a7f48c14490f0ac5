//! How a sink writes.

use std::sync::Arc;

use millstream_types::{Nullable, Serde, Topic};

use super::serdes::{CarriedSerdes, KeySerde, ValueSerde};
use crate::chain::BoxError;
use crate::partitioning::Route;
use crate::record::Record;

/// Chooses a partition for a record from its key, its value and the topic's number of partitions.
pub type Partitioner<K, V> = Arc<dyn Fn(&K, &V, u32) -> Route + Send + Sync>;

/// Chooses a topic for a record, or returns an error.
pub type TopicChooser<K, V> = Arc<dyn Fn(&Record<K, V>) -> Result<Topic, BoxError> + Send + Sync>;

/// A topic to write to, and how. A plain topic name converts into it.
///
/// # Examples
/// ```
/// use millstream_core::{Produced, Route, StreamsBuilder};
///
/// let builder = StreamsBuilder::new();
/// let orders = builder.stream::<String, String>("orders");
/// orders.to(Produced::computed(|order| format!("orders-of-{}", order.key).into()));
///
/// let by_length = |_key: &String, value: &String, partitions| Route::to(value.len() as u32 % partitions);
/// orders.to(Produced::topic("archive").partitioner(by_length));
/// ```
pub struct Produced<K, V> {
    pub(crate) topic: ProducedTopic<K, V>,
    pub(crate) name: Option<String>,
    pub(crate) serdes: CarriedSerdes<K, V>,
    pub(crate) partitioner: Option<Partitioner<K, V>>,
}

pub(crate) enum ProducedTopic<K, V> {
    Fixed(String),
    Computed(TopicChooser<K, V>),
}

impl<K, V> Produced<K, V> {
    /// Writes to this topic, which must exist.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Produced};
    /// # use millstream_types::Serde;
    /// let out = Produced::<String, String>::topic("out");
    /// ```
    #[must_use]
    pub fn topic(topic: impl Into<String>) -> Self {
        Self::new(ProducedTopic::Fixed(topic.into()))
    }

    /// Writes each record to the topic that `choose` returns for it. The topic must exist.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Produced};
    /// # use millstream_types::Serde;
    /// let out = Produced::<String, String>::computed(|record| format!("orders-of-{}", record.key).into());
    /// ```
    #[must_use]
    pub fn computed(choose: impl Fn(&Record<K, V>) -> Topic + Send + Sync + 'static) -> Self {
        Self::new(ProducedTopic::Computed(Arc::new(move |record| Ok(choose(record)))))
    }

    /// [`computed`](Self::computed) with a function that may fail.
    ///
    /// The processing handler gets an error with the record, the sink and the error's sources, and decides whether the task
    /// stops or skips the record.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Produced;
    /// let by_country = Produced::<String, String>::try_computed(|record| match record.key.split_once(':') {
    ///     Some((country, _customer)) => Ok(format!("orders-{country}").into()),
    ///     None => Err("the key names no country"),
    /// });
    /// ```
    #[must_use]
    pub fn try_computed<E: Into<BoxError>>(
        choose: impl Fn(&Record<K, V>) -> Result<Topic, E> + Send + Sync + 'static,
    ) -> Self {
        Self::new(ProducedTopic::Computed(Arc::new(move |record| choose(record).map_err(Into::into))))
    }

    fn new(topic: ProducedTopic<K, V>) -> Self {
        Self { topic, name: None, serdes: CarriedSerdes::own(), partitioner: None }
    }

    /// Names the sink.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Produced};
    /// # use millstream_types::Serde;
    /// let out = Produced::<String, String>::topic("out").named("write-out");
    /// ```
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Sets the function that chooses the partition of a record from its key, its value and the number of partitions. Without
    /// it, the bytes of the key determine the partition. If it returns `Route::To(vec![])`, the record is dropped and counted.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Produced, Route};
    /// # use millstream_types::Serde;
    /// let by_length = |_key: &String, value: &String, partitions| Route::to(value.len() as u32 % partitions);
    /// let out = Produced::topic("out").partitioner(by_length);
    /// ```
    #[must_use]
    pub fn partitioner(self, choose: impl Fn(&K, &V, u32) -> Route + Send + Sync + 'static) -> Self {
        Self { partitioner: Some(Arc::new(choose)), ..self }
    }
}

impl<K: Nullable, V: Nullable> Produced<K, V> {
    /// Writes keys with this serde instead of the stream's.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Produced};
    /// # use millstream_types::Serde;
    /// let out = Produced::<String, String>::topic("out").key_serde(Serde::of_type());
    /// ```
    #[must_use]
    pub fn key_serde(mut self, serde: Serde<K::Present>) -> Self {
        self.serdes.key = KeySerde::given(serde);
        self
    }

    /// Writes values with this serde instead of the stream's.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{Produced};
    /// # use millstream_types::Serde;
    /// let out = Produced::<String, String>::topic("out").value_serde(Serde::of_type());
    /// ```
    #[must_use]
    pub fn value_serde(mut self, serde: Serde<V::Present>) -> Self {
        self.serdes.value = ValueSerde::given(serde);
        self
    }
}

impl<K, V> From<&str> for Produced<K, V> {
    fn from(topic: &str) -> Self {
        Self::topic(topic)
    }
}

impl<K, V> From<String> for Produced<K, V> {
    fn from(topic: String) -> Self {
        Self::topic(topic)
    }
}
