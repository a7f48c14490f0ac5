//! Which optimisations a topology is built with.

/// The optimisations of Kafka Streams that a topology is built with; without any by default, as in Kafka Streams
/// (`topology.optimization`). They do not change results, but stores and internal topics.
///
/// An application that changes them changes its topology: the rows of a store that is no longer used are lost, and so are those
/// of a table that was restored from its topic and gets a changelog again, which is empty.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_core::{JoinWindows, Optimizations, StreamsBuilder};
///
/// let builder = StreamsBuilder::new().optimize(Optimizations::all());
/// let clicks = builder.stream::<String, String>("clicks");
/// let minute = JoinWindows::of_time_difference_with_no_grace(Duration::from_secs(60));
/// clicks.join_stream(clicks.within(minute), |_user, one, other| format!("{one}, {other}")).to("pairs");
/// assert_eq!(builder.build()?.subtopologies()[0].stores.len(), 1);
/// # Ok::<(), millstream_core::TopologyError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Optimizations {
    pub(crate) source_topics: bool,
    pub(crate) repartitions: bool,
    pub(crate) self_joins: bool,
}

impl Optimizations {
    /// No optimisation.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::Optimizations;
    ///
    /// assert_eq!(Optimizations::none(), Optimizations::default());
    /// ```
    pub fn none() -> Self {
        Self::default()
    }

    /// Every optimisation (`all` in Kafka Streams).
    ///
    /// # Examples
    /// ```
    /// use millstream_core::Optimizations;
    ///
    /// assert_ne!(Optimizations::all(), Optimizations::none());
    /// ```
    pub fn all() -> Self {
        Self::none().reuse_source_topics().merge_repartitions().single_store_self_join()
    }

    /// Restores tables from the topics that they read, which serve as their changelogs (`reuse.ktable.source.topics`). No changelog
    /// is created or written for a table that [`StreamsBuilder::table`](crate::StreamsBuilder::table) reads from one topic, also if
    /// the logging of its store is switched off, as in Kafka Streams.
    ///
    /// Restoring ends at the offset that the application has committed for the topic, so no record counts twice and none is
    /// left out. The records are read by the serdes, the timestamp extractor and the deserialization handler of the table, so that
    /// it gets the same rows as before. (Kafka Streams copies their bytes into the store.)
    ///
    /// The topic must keep the last record of each key: set `cleanup.policy` to `compact`, and never to `delete`. For a versioned
    /// table also set `min.compaction.lag.ms` to its history retention at least.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::{Optimizations, StreamsBuilder};
    ///
    /// let builder = StreamsBuilder::new().optimize(Optimizations::none().reuse_source_topics());
    /// builder.table::<String, String>("users", "users-store").to_stream().to("changes");
    /// let topology = builder.build()?;
    /// let store = &topology.subtopologies()[0].stores[0];
    /// assert!(store.changelog.is_none());
    /// assert_eq!(store.source.as_ref().map(|topic| &*topic.name), Some("users"));
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn reuse_source_topics(self) -> Self {
        Self { source_topics: true, ..self }
    }

    /// Lets all groups and joins below an operator that changes keys share one repartition topic, named after the first of them
    /// (`merge.repartition.topics`). Where values are replaced in between, and for `repartition`, a topic of its own stays.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::{Optimizations, StreamsBuilder};
    ///
    /// let builder = StreamsBuilder::new().optimize(Optimizations::none().merge_repartitions());
    /// let by_page = builder.stream::<String, String>("clicks").select_key(|_user, page| page.clone());
    /// by_page.group_by_key().count("per-page");
    /// by_page.group_by_key().reduce("latest-user", |_before, user| user);
    /// let topology = builder.build()?;
    /// assert_eq!(topology.subtopologies()[1].repartition_topics.len(), 1);
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn merge_repartitions(self) -> Self {
        Self { repartitions: true, ..self }
    }

    /// Joins a stream with itself over one store instead of two or three (`single.store.self.join`).
    ///
    /// # Examples
    /// ```
    /// use millstream_core::{Optimizations, StreamsBuilder};
    ///
    /// let builder = StreamsBuilder::new().optimize(Optimizations::none().single_store_self_join());
    /// # let _ = builder;
    /// ```
    pub fn single_store_self_join(self) -> Self {
        Self { self_joins: true, ..self }
    }
}
