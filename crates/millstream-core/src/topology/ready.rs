//! A built topology, shared by all tasks of an application.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use millstream_state::Backing;
use millstream_types::Partition;

use super::assembly::build_chain;
use super::describe::TopologyDescription;
use super::error::TopologyError;
use super::generated_names::GeneratedNames;
use super::open_stores::open_stores;
use super::settings::ChainSettings;
use super::spec::Spec;
use super::subtopology::{StoreInfo, SubTopology, divide};
use crate::chain::Chain;
use crate::stores::{GlobalStores, Stores};

/// A built topology, which [`StreamsBuilder::build`](crate::StreamsBuilder::build) and
/// [`TopologyBuilder::build`](crate::TopologyBuilder::build) return. Cloning it is cheap; all tasks of an application
/// share it.
#[derive(Clone)]
pub struct Topology {
    parts: Arc<TopologyParts>,
}

struct TopologyParts {
    spec: Spec,
    subtopologies: Vec<SubTopology>,
    globals: Vec<SubTopology>,
}

impl Topology {
    /// Divides `spec` into sub-topologies and builds each once to check that the types of its edges agree.
    pub(crate) fn new(spec: Spec) -> Result<Self, TopologyError> {
        spec.check_stores()?;
        let mut subtopologies = divide(&spec);
        if subtopologies.iter().all(|subtopology| subtopology.is_global) {
            return Err(TopologyError::Empty);
        }
        let globals: Vec<_> = subtopologies.iter().filter(|subtopology| subtopology.is_global).cloned().collect();
        for subtopology in subtopologies.iter_mut().filter(|subtopology| subtopology.is_global) {
            *subtopology = subtopology.without_tasks();
        }
        let topology = Self { parts: Arc::new(TopologyParts { spec, subtopologies, globals }) };
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
        TopologyDescription::of(&self.parts.spec, &self.parts.subtopologies)
    }

    /// The stores and repartition topics with a generated name.
    ///
    /// # Examples
    /// See [`GeneratedNames`].
    #[must_use]
    pub fn generated_names(&self) -> GeneratedNames {
        GeneratedNames::of(&self.parts.spec)
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
        open_stores(&self.parts.spec, std::slice::from_ref(subtopology), settings, backing)
    }

    /// Opens the global stores, which are in memory.
    #[must_use]
    pub fn open_global_stores(&self, settings: &ChainSettings) -> GlobalStores {
        GlobalStores::new(open_stores(&self.parts.spec, &self.parts.globals, settings, &mut |_| Backing::InMemory))
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
        build_chain(&self.parts.spec, &self.parts.globals[global], partition, settings)
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
        build_chain(&self.parts.spec, &self.parts.subtopologies[subtopology as usize], partition, settings)
    }
}

impl fmt::Debug for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Topology of {} sub-topologies", self.subtopologies().len())
    }
}
