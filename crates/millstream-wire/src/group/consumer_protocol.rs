//! The bytes that consumers exchange through the coordinator: a member's subscription, and what the leader assigns to it.
//!
//! Both begin with a version. A newer version only adds fields at the end, so bytes of an unknown version are read as the
//! newest known one, and bytes after the last known field are ignored. Sources: `ConsumerProtocolSubscription.json` and
//! `ConsumerProtocolAssignment.json` of Kafka 4.3, KIP-429 (owned partitions), KIP-792 (generation), KIP-881 (rack).

mod error;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

use millstream_types::{Topic, TopicPartition};

pub(crate) use error::ConsumerProtocolError;
use reader::Reader;
use writer::Writer;

use super::member::Generation;

/// The protocol type of a group whose members are consumers.
pub(crate) const PROTOCOL_TYPE: &str = "consumer";

/// The version that is written: all versions of an assignment have the same layout.
const ASSIGNMENT_VERSION: i16 = 0;

/// What a member asks for when it joins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subscription {
    /// A leader with librdkafka refuses a subscription to no topics.
    pub(crate) topics: Vec<Topic>,
    /// Bytes of the assignor. librdkafka writes empty bytes where Java writes null.
    pub(crate) user_data: Option<Vec<u8>>,
    /// What the member still has, since version 1.
    pub(crate) owned: Vec<TopicPartition>,
    /// The generation in which the member was given what it owns, since version 2.
    pub(crate) generation: Option<Generation>,
    /// Where the member runs, since version 3.
    pub(crate) rack: Option<String>,
}

impl Subscription {
    /// The bytes, in version 3. Topics and partitions are sorted, as Java does.
    ///
    /// # Errors
    /// When a name is longer than 32,767 bytes, or there is more than a list can have.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, ConsumerProtocolError> {
        let mut writer = Writer::new(3);
        let mut topics: Vec<&Topic> = self.topics.iter().collect();
        topics.sort_unstable();
        topics.dedup();
        writer.length(topics.len(), "the topics")?;
        for topic in topics {
            writer.string(topic.as_str(), "a topic")?;
        }
        writer.nullable_bytes(self.user_data.as_deref(), "the user data")?;
        writer.partitions(&self.owned)?;
        writer.int32(self.generation.map_or(-1, Generation::number));
        writer.nullable_string(self.rack.as_deref(), "the rack")?;
        Ok(writer.finish())
    }

    /// Reads the bytes of any version.
    ///
    /// # Errors
    /// When they are no subscription.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, ConsumerProtocolError> {
        let mut reader = Reader::new(bytes, "the subscription");
        let version = reader.version()?;
        let mut subscription = Self { topics: topics(&mut reader)?, ..Self::default() };
        subscription.user_data = reader.nullable_bytes("the user data")?;
        if version >= 1 {
            subscription.owned = reader.partitions()?;
        }
        if version >= 2 {
            subscription.generation = Generation::new(reader.int32("the generation")?);
        }
        if version >= 3 {
            subscription.rack = reader.nullable_string("the rack")?.filter(|rack| !rack.is_empty()).map(str::to_owned);
        }
        Ok(subscription)
    }
}

/// What the leader assigns to a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) partitions: Vec<TopicPartition>,
    /// Bytes of the assignor. librdkafka returns the user data of the member's subscription here.
    pub(crate) user_data: Option<Vec<u8>>,
}

impl Assignment {
    /// The bytes, in version 0 as librdkafka writes them. Partitions are sorted.
    ///
    /// # Errors
    /// When a name is longer than 32,767 bytes, or there is more than a list can have.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, ConsumerProtocolError> {
        let mut writer = Writer::new(ASSIGNMENT_VERSION);
        writer.partitions(&self.partitions)?;
        writer.nullable_bytes(self.user_data.as_deref(), "the user data")?;
        Ok(writer.finish())
    }

    /// Reads the bytes of any version. No bytes at all are an empty assignment: the coordinator sends them to a member that
    /// the leader has left out.
    ///
    /// # Errors
    /// When they are no assignment.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, ConsumerProtocolError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let mut reader = Reader::new(bytes, "the assignment");
        reader.version()?;
        Ok(Self { partitions: reader.partitions()?, user_data: reader.nullable_bytes("the user data")? })
    }
}

/// The partitions and the generation in the user data of librdkafka's `cooperative-sticky`: `[(topic, [i32])] i32`.
///
/// # Errors
/// When the bytes are something else.
pub(crate) fn decode_partitions_and_generation(
    bytes: &[u8],
) -> Result<(Vec<TopicPartition>, Option<Generation>), ConsumerProtocolError> {
    let mut reader = Reader::new(bytes, "the user data");
    let partitions = reader.partitions()?;
    let generation = Generation::new(reader.int32("the generation")?);
    reader.end()?;
    Ok((partitions, generation))
}

fn topics(reader: &mut Reader<'_>) -> Result<Vec<Topic>, ConsumerProtocolError> {
    let count = reader.count(2, "the topics")?;
    (0..count).map(|_| Ok(Topic::from(reader.string("a topic")?))).collect()
}
