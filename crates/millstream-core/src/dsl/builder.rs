//! The builder of topologies.

use crate::chain::ProcessorWrapper;
use crate::graph::GraphRef;
use crate::options::Optimizations;
use crate::stores::{Store, StoreFormat, StoreHandle};
use crate::topology::{Topology, TopologyError};

/// Builds a topology from streams and tables of topics.
///
/// # Examples
/// Word count:
/// ```
/// use millstream_core::StreamsBuilder;
///
/// let builder = StreamsBuilder::new();
/// builder
///     .stream::<Option<String>, String>("lines")
///     .flat_map_values(|_key, line| line.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>())
///     .group_by(|_key, word| word.clone())
///     .count("Counts")
///     .to_stream()
///     .to("counts");
/// let topology = builder.build()?;
/// assert_eq!(topology.subtopologies().len(), 2);
/// # Ok::<(), millstream_core::TopologyError>(())
/// ```
#[derive(Debug, Default)]
pub struct StreamsBuilder {
    pub(super) graph: GraphRef,
}

impl StreamsBuilder {
    /// An empty builder.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::StreamsBuilder;
    ///
    /// let builder = StreamsBuilder::new();
    /// builder.stream::<String, String>("in").to("out");
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Builds the topology with these optimisations; by default with none.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::{Optimizations, StreamsBuilder};
    ///
    /// let builder = StreamsBuilder::new().optimize(Optimizations::all());
    /// builder.stream::<String, String>("in").to("out");
    /// ```
    #[must_use]
    pub fn optimize(self, optimizations: Optimizations) -> Self {
        self.graph.optimize(optimizations);
        self
    }

    /// Sets the format of the rows of the DSL's stores (`dsl.store.format` in Kafka Streams). Rows on disk in another format are
    /// not used: the store is restored from its changelog, which has the same format with both.
    ///
    /// # Examples
    /// See [`StoreFormat`].
    #[must_use]
    pub fn store_format(self, format: StoreFormat) -> Self {
        self.graph.set_store_format(format);
        self
    }

    /// Runs code around every processor, for tracing, measurements or a policy for errors; there is one wrapper, the last that was
    /// set.
    ///
    /// # Examples
    /// See [`ProcessorWrapper`].
    #[must_use]
    pub fn wrap_processors(self, wrapper: impl ProcessorWrapper) -> Self {
        self.graph.wrap_processors(wrapper);
        self
    }

    /// Adds a store for processors; connect it to them with [`Processed`](crate::Processed).
    ///
    /// # Examples
    /// See [`Processor`](crate::Processor).
    pub fn add_store<S>(&self, store: Store<S>) -> StoreHandle<S> {
        let (builder, added) = (self.graph.builder_id(), self.graph.add_processor_store(store.into_definition()));
        added.map_or(StoreHandle::invalid(builder), |index| StoreHandle::new(builder, index))
    }

    /// Builds the topology of everything that was declared.
    ///
    /// # Errors
    /// With the first error: a duplicate or invalid name, a topic that is read twice, an operator on streams of two builders, no
    /// source.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::{StreamsBuilder, TopologyError};
    ///
    /// let builder = StreamsBuilder::new();
    /// assert_eq!(builder.build().unwrap_err(), TopologyError::Empty);
    ///
    /// let builder = StreamsBuilder::new();
    /// builder.stream::<String, String>("in").to("out");
    /// let topology = builder.build()?;
    /// # Ok::<(), TopologyError>(())
    /// ```
    pub fn build(self) -> Result<Topology, TopologyError> {
        self.graph.build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_builder_shows_what_was_declared() {
        let builder = StreamsBuilder::new();
        let words = builder.stream::<String, String>("in").select_key(|_, word| word.len().to_string());
        words.named("by-length").to("out");
        let text = format!("{builder:?}");
        let expected = [
            ", serdes: keys String, values String",
            "source `KSTREAM-SOURCE-0000000000`, forwards keys String and values String",
            "stateless operator `by-length`, below [0], forwards keys String and values String, may change keys",
            "sink `KSTREAM-SINK-0000000002`, below [1]",
        ];
        expected.iter().for_each(|line| assert!(text.contains(line), "{text} should contain {line}"));
    }
}
