//! The finished topology: sub-topologies, their topics and stores, the text that describes it, the chains it builds.

mod assembly;
mod builder;
mod describe;
mod error;
mod internal_topic;
mod partitions;
mod spec;
mod subtopology;

use std::fmt;
use std::sync::Arc;

use millstream_state::Backing;
use millstream_types::Partition;

pub(crate) use assembly::Assembly;
pub use assembly::ChainSettings;
pub use builder::TopologyBuilder;
pub use describe::TopologyDescription;
pub use error::TopologyError;
pub use internal_topic::InternalTopic;
pub use partitions::{PartitionCountError, PartitionCounts};
pub use spec::TopicName;
pub(crate) use spec::{Built, ChangelogKind, NodeId, NodeKind, RepartitionSpec, RowTypes, Spec, StoreSpec};
pub use subtopology::{SourceTopic, StoreInfo, SubTopology};

use crate::chain::Chain;

/// A topology ready to run: what [`StreamsBuilder::build`](crate::StreamsBuilder::build) and
/// [`TopologyBuilder::build`] return. Cloning it is cheap; all tasks of an application share it.
#[derive(Clone)]
pub struct Topology {
    parts: Arc<TopologyParts>,
}

pub(crate) struct TopologyParts {
    pub(crate) spec: Spec,
    pub(crate) subtopologies: Vec<SubTopology>,
}

impl Topology {
    /// Divides `spec` into sub-topologies and builds each once to check that the types of its edges agree.
    pub(crate) fn new(spec: Spec) -> Result<Self, TopologyError> {
        let subtopologies = subtopology::divide(&spec);
        if subtopologies.is_empty() {
            return Err(TopologyError::Empty);
        }
        let topology = Self { parts: Arc::new(TopologyParts { spec, subtopologies }) };
        let settings = ChainSettings { application_id: "check".into(), cache_bytes_max: 1 };
        for subtopology in topology.subtopologies() {
            topology.build_chain(subtopology.id, Partition::new(0), &settings, &mut |_| Backing::InMemory)?;
        }
        Ok(topology)
    }

    /// The sub-topologies, at the index that is their id: the parts that topics alone connect.
    #[must_use]
    pub fn subtopologies(&self) -> &[SubTopology] {
        &self.parts.subtopologies
    }

    /// What the topology looks like; its text is Kafka Streams' own for the same topology.
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
        TopologyDescription::of(&self.parts)
    }

    /// Builds the operators and stores of one task.
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
        backing: &mut dyn FnMut(&StoreInfo) -> Backing,
    ) -> Result<Chain, TopologyError> {
        assembly::build_chain(&self.parts, subtopology, partition, settings, backing)
    }
}

impl fmt::Debug for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Topology of {} sub-topologies", self.subtopologies().len())
    }
}
