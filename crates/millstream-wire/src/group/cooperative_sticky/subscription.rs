//! What the assignor knows about a member.

use millstream_types::{Topic, TopicPartition};

use crate::group::consumer_protocol::{Subscription, decode_partitions_and_generation};
use crate::group::member::{Generation, MemberId};

/// What a member subscribes to, and what it owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemberSubscription {
    pub(crate) member: MemberId,
    pub(crate) topics: Vec<Topic>,
    pub(crate) owned: Vec<TopicPartition>,
    /// The generation in which it was given what it owns. Without one, its claim loses against each that has one.
    pub(crate) generation: Option<Generation>,
}

impl MemberSubscription {
    /// The subscription of a member, as the coordinator passes it to the leader.
    ///
    /// Before version 2 the generation is in the user data: four bytes of Java, or the last four of librdkafka.
    pub(crate) fn new(member: MemberId, subscription: Subscription) -> Self {
        let Subscription { topics, user_data, owned, generation, rack: _ } = subscription;
        let generation = generation.or_else(|| generation_of(user_data.as_deref()?));
        Self { member, topics, owned, generation }
    }
}

fn generation_of(user_data: &[u8]) -> Option<Generation> {
    if let Ok(number) = user_data.try_into() {
        return Generation::new(i32::from_be_bytes(number));
    }
    decode_partitions_and_generation(user_data).ok()?.1
}
