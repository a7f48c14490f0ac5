//! The names of the nodes, topics and the store of a foreign-key join.

use crate::graph::GraphRef;
use crate::topology::TopicName;

/// In the order in which Kafka Streams generates them.
pub(super) struct Names {
    pub(super) registration_topic: TopicName,
    pub(super) send: String,
    pub(super) registration_sink: String,
    pub(super) registration_source: String,
    pub(super) store: String,
    pub(super) receive: String,
    pub(super) look_up: String,
    pub(super) scan: String,
    pub(super) response_topic: TopicName,
    pub(super) response_sink: String,
    pub(super) response_source: String,
    pub(super) resolve: String,
    pub(super) result: String,
}

impl Names {
    /// Names that begin with `given`, or generated ones. Given ones use up indices too.
    pub(super) fn new(graph: &GraphRef, given: Option<&str>) -> Self {
        const REGISTRATION: &str = "KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-";
        const PROCESSOR: &str = "KTABLE-FK-JOIN-SUBSCRIPTION-PROCESSOR-";
        const RESOLVER: &str = "KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-";
        let name =
            |suffix: &str, prefix: &str| graph.name_or_generate(given.map(|given| format!("{given}{suffix}")), prefix);
        let topic = |suffix, prefix| TopicName::internal(format!("{}-topic", name(suffix, prefix)));
        Self {
            registration_topic: topic("-subscription-registration", REGISTRATION),
            send: name("-subscription-registration-processor", REGISTRATION),
            registration_sink: name("-subscription-registration-sink", "KTABLE-SINK-"),
            registration_source: name("-subscription-registration-source", "KTABLE-SOURCE-"),
            store: name("-subscription-store", "KTABLE-FK-JOIN-SUBSCRIPTION-STATE-STORE-"),
            receive: name("-subscription-receive", PROCESSOR),
            look_up: name("-subscription-join-foreign", PROCESSOR),
            scan: name("-foreign-join-subscription", PROCESSOR),
            response_topic: topic("-subscription-response", "KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-"),
            response_sink: name("-subscription-response-sink", "KTABLE-SINK-"),
            response_source: name("-subscription-response-source", "KTABLE-SOURCE-"),
            resolve: name("-subscription-response-resolver", RESOLVER),
            result: name("-result", "KTABLE-FK-JOIN-OUTPUT-"),
        }
    }
}
