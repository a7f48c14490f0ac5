//! A built topology, shared by all tasks of an application.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use millstream_state::{Backing, StoreIndex};
use millstream_types::{Partition, Topic};

use super::assembly::build_chain;
use super::describe::TopologyDescription;
use super::error::TopologyError;
use super::generated_names::GeneratedNames;
use super::matched::{Matched, Own, TopicOwner};
use super::open_stores::open_stores;
use super::settings::ChainSettings;
use super::spec::Spec;
use super::subtopology::{StoreInfo, SubTopology, divide};
use crate::chain::Chain;
use crate::stores::{GlobalStores, SourceRows, Stores};

/// A built topology, which [`StreamsBuilder::build`](crate::StreamsBuilder::build) and
/// [`TopologyBuilder::build`](crate::TopologyBuilder::build) return. Cloning it is cheap; all tasks of an application
/// share it.
#[derive(Clone)]
pub struct Topology {
    spec: Arc<Spec>,
    parts: Arc<TopologyParts>,
}

struct TopologyParts {
    subtopologies: Vec<SubTopology>,
    globals: Vec<SubTopology>,
}

impl TopologyParts {
    fn of(spec: &Spec, matched: &Matched) -> Self {
        let mut subtopologies = divide(spec, matched);
        let globals = subtopologies.iter().filter(|subtopology| subtopology.is_global).cloned().collect();
        for subtopology in subtopologies.iter_mut().filter(|subtopology| subtopology.is_global) {
            *subtopology = subtopology.without_tasks();
        }
        Self { subtopologies, globals }
    }
}

impl Topology {
    /// Divides `spec` into sub-topologies and builds each once to check that the types of its edges agree.
    pub(crate) fn new(spec: Spec) -> Result<Self, TopologyError> {
        spec.check_stores()?;
        let parts = TopologyParts::of(&spec, &Matched::default());
        if parts.subtopologies.is_empty() {
            return Err(TopologyError::Empty);
        }
        let topology = Self { spec: Arc::new(spec), parts: Arc::new(parts) };
        let (application_id, emit_interval) = ("check".into(), Duration::ZERO);
        let settings = ChainSettings { application_id, cache_bytes_max: 1, hash_seed: 0, emit_interval };
        for subtopology in topology.subtopologies() {
            topology.build_chain(subtopology.id, Partition::new(0), &settings)?;
        }
        for global in 0..topology.globals().len() {
            topology.build_global_chain(global, Partition::new(0), &settings)?;
        }
        Ok(topology)
    }

    /// The same topology, whose sources with a pattern read those of the `known` topics that match: see
    /// [`Consumed::pattern`](crate::Consumed::pattern).
    ///
    /// # Errors
    /// When a topic matches two patterns.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::{Consumed, StreamsBuilder};
    ///
    /// let builder = StreamsBuilder::new();
    /// builder.stream(Consumed::<String, String>::pattern("clicks-.*")).to("all-clicks");
    /// let topology = builder.build()?;
    /// assert!(topology.has_patterns() && topology.subtopologies()[0].sources.is_empty());
    ///
    /// let known = ["clicks-eu".into(), "orders".into(), "clicks-us".into()];
    /// let read = topology.with_topics("app", &known)?.subtopologies()[0].sources.clone();
    /// let names: Vec<_> = read.iter().map(|source| &*source.topic.name).collect();
    /// assert_eq!(names, ["clicks-eu", "clicks-us"]);
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    pub fn with_topics<'a>(
        &self,
        application_id: &str,
        known: impl IntoIterator<Item = &'a Topic>,
    ) -> Result<Self, TopologyError> {
        let matched = Matched::find(&self.spec, &self.own(application_id), known)?;
        let parts = TopologyParts::of(&self.spec, &matched);
        Ok(Self { spec: Arc::clone(&self.spec), parts: Arc::new(parts) })
    }

    /// Whose internal topic this is, also if it was created for an earlier topology of the application; `None` for a topic of the user.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::{StreamsBuilder, TopicOwner};
    ///
    /// let builder = StreamsBuilder::new();
    /// builder.stream::<String, String>("clicks").group_by_key().count("counts");
    /// let topology = builder.build()?;
    /// let owner_of = |topic: &str| topology.owner_of("app", &topic.into());
    /// assert_eq!(owner_of("app-counts-changelog"), Some(TopicOwner::Application));
    /// assert_eq!(owner_of("__consumer_offsets"), Some(TopicOwner::Kafka));
    /// assert_eq!(owner_of("clicks"), None);
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    #[must_use]
    pub fn owner_of(&self, application_id: &str, topic: &Topic) -> Option<TopicOwner> {
        self.own(application_id).owner_of(topic.as_str())
    }

    fn own(&self, application_id: &str) -> Own {
        let internal = self.subtopologies().iter().flat_map(SubTopology::internal_names);
        Own::of(application_id, internal.map(|name| name.resolve(application_id)).collect())
    }

    /// Whether a source reads topics by a pattern.
    ///
    /// # Examples
    /// See [`with_topics`](Self::with_topics).
    #[must_use]
    pub fn has_patterns(&self) -> bool {
        self.subtopologies().iter().any(|subtopology| !subtopology.patterns.is_empty())
    }

    /// The sub-topologies that fill global stores, with their topics and stores. They have no tasks: each process runs them once.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::StreamsBuilder;
    /// # let builder = StreamsBuilder::new();
    /// builder.global_table::<String, i64>("rates", "rates");
    /// builder.stream::<String, String>("in").to("out");
    /// let topology = builder.build()?;
    /// assert_eq!(&*topology.globals()[0].sources[0].topic.name, "rates");
    /// assert!(topology.subtopologies()[0].is_global && topology.subtopologies()[0].sources.is_empty());
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    #[must_use]
    pub fn globals(&self) -> &[SubTopology] {
        &self.parts.globals
    }

    /// The sub-topologies, each at the index that is its id. Sub-topologies are connected only by topics.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::StreamsBuilder;
    /// # let builder = StreamsBuilder::new();
    /// builder.stream::<String, String>("in").repartition("by-key").to("out");
    /// assert_eq!(builder.build()?.subtopologies().len(), 2);
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    #[must_use]
    pub fn subtopologies(&self) -> &[SubTopology] {
        &self.parts.subtopologies
    }

    /// Whether there are tasks. A topology of global tables and stores alone has none: its application only follows their topics.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::StreamsBuilder;
    /// # let builder = StreamsBuilder::new();
    /// builder.global_table::<String, i64>("rates", "rates");
    /// assert!(!builder.build()?.has_tasks());
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    #[must_use]
    pub fn has_tasks(&self) -> bool {
        !self.parts.subtopologies.iter().all(|subtopology| subtopology.is_global)
    }

    /// Describes the topology. The text is the one that Kafka Streams prints for the same topology.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::StreamsBuilder;
    ///
    /// let builder = StreamsBuilder::new();
    /// builder.stream::<String, String>("in").to("out");
    /// let text = builder.build()?.describe().to_string();
    /// assert!(text.contains("Source: KSTREAM-SOURCE-0000000000 (topics: [in])"));
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    #[must_use]
    pub fn describe(&self) -> TopologyDescription {
        TopologyDescription::of(&self.spec, &self.parts.subtopologies)
    }

    /// The stores and repartition topics with a generated name.
    ///
    /// # Examples
    /// See [`GeneratedNames`].
    #[must_use]
    pub fn generated_names(&self) -> GeneratedNames {
        GeneratedNames::of(&self.spec)
    }

    /// The rows of the records from which a store is restored, if that is the topic of its table.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::{Optimizations, StreamsBuilder};
    ///
    /// let builder = StreamsBuilder::new().optimize(Optimizations::none().reuse_source_topics());
    /// builder.table::<String, String>("users", "users-store").to_stream().to("changes");
    /// let topology = builder.build()?;
    /// assert!(topology.source_rows(topology.subtopologies()[0].stores[0].index).is_some());
    /// # Ok::<(), millstream_core::TopologyError>(())
    /// ```
    #[must_use]
    pub fn source_rows(&self, store: StoreIndex) -> Option<Arc<dyn SourceRows>> {
        let source = self.spec.stores.get(store.index())?.source.as_ref()?;
        Some(Arc::clone(&source.rows))
    }

    /// Opens the stores of one task, without its operators; `backing` chooses where each keeps its data.
    ///
    /// # Panics
    /// When there is no sub-topology `subtopology`.
    pub fn open_stores(
        &self,
        subtopology: u32,
        settings: &ChainSettings,
        backing: &mut dyn FnMut(&StoreInfo) -> Backing,
    ) -> Stores {
        let subtopology = &self.parts.subtopologies[subtopology as usize];
        open_stores(&self.spec, std::slice::from_ref(subtopology), settings, backing)
    }

    /// Opens the global stores, which are in memory.
    #[must_use]
    pub fn open_global_stores(&self, settings: &ChainSettings) -> GlobalStores {
        GlobalStores::new(open_stores(&self.spec, &self.parts.globals, settings, &mut |_| Backing::InMemory))
    }

    /// Builds the operators that write the records of one partition to the store of [`globals`](Self::globals) at the index
    /// `global`.
    ///
    /// # Errors
    /// When an operator cannot be built.
    ///
    /// # Panics
    /// When there is no such index.
    pub fn build_global_chain(
        &self,
        global: usize,
        partition: Partition,
        settings: &ChainSettings,
    ) -> Result<Chain, TopologyError> {
        build_chain(&self.spec, &self.parts.globals[global], partition, settings)
    }

    /// Builds the operators of one task. The task's [`Stores`] are lent to the chain at each of its steps.
    ///
    /// # Errors
    /// When an operator cannot be built.
    ///
    /// # Panics
    /// When there is no sub-topology `subtopology`.
    pub fn build_chain(
        &self,
        subtopology: u32,
        partition: Partition,
        settings: &ChainSettings,
    ) -> Result<Chain, TopologyError> {
        build_chain(&self.spec, &self.parts.subtopologies[subtopology as usize], partition, settings)
    }
}

impl fmt::Debug for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Topology of {} sub-topologies", self.subtopologies().len())
    }
}
