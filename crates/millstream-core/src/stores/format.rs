//! The format of the rows of the DSL's stores.

/// What the rows of the DSL's stores consist of (`dsl.store.format` in Kafka Streams): those of tables, and of aggregations, windows
/// and sessions. Stores of processors have a kind of their own each; versioned stores and those that are kept
/// [in memory](crate::Materialized::in_memory) have one format.
///
/// The operators of the DSL write no headers into these stores, and the results are the same with both formats, but for cached
/// sessions: with [`Headers`](Self::Headers) their results have no headers, as without a cache. With it, too, rows of joins of two
/// streams on disk have times, and the buffer of `suppress` counts and logs the headers of the values before a change.
///
/// # Examples
/// ```
/// use millstream_core::{StoreFormat, StreamsBuilder};
///
/// let builder = StreamsBuilder::new().store_format(StoreFormat::Headers);
/// builder.stream::<String, String>("clicks").group_by_key().count("per-user");
/// # builder.build()?;
/// # Ok::<(), millstream_core::TopologyError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreFormat {
    /// Values, with their time if the store has times (`DEFAULT`).
    #[default]
    Default,
    /// Headers before that (`HEADERS`), so that headers which a Kafka Streams application has stored stay there. A delete is logged with the headers
    /// of the record that deletes.
    Headers,
}
