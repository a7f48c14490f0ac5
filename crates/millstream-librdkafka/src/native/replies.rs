//! Reads the responses of brokers from librdkafka's results.
//!
//! Each function takes a live event of the kind in its name, without an error, and copies its content.

use std::collections::BTreeMap;

use millstream_types::Topic;
use rdkafka_sys as sys;

use super::partitions::{Entry, entry_of};
use super::{NativeError, Partitions, text_of, topic_of};

/// A response to request `number`.
pub(crate) struct Response {
    pub(crate) number: u64,
    pub(crate) result: Result<Reply, NativeError>,
}

/// The content of a response.
pub(crate) enum Reply {
    /// The description of each topic.
    Topics(Vec<(Topic, Result<Description, NativeError>)>),
    /// For each topic, whether it was created.
    Created(Vec<(Topic, Result<(), NativeError>)>),
    /// The settings of each topic or group.
    Settings(Vec<(String, Result<Settings, NativeError>)>),
    /// The offset of each partition.
    Offsets(Vec<Entry>),
    /// The names of all groups; an error if not every broker has responded.
    Groups(Result<Vec<String>, NativeError>),
}

/// The description of a topic that exists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Description {
    pub(crate) partitions: u32,
    /// The topic id; brokers before Kafka 2.8 do not send it.
    pub(crate) id: Option<TopicId>,
}

/// The id of a topic, which distinguishes it from others with the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TopicId {
    pub(super) high: i64,
    pub(super) low: i64,
}

/// The settings of a topic or group by their names.
pub(crate) type Settings = BTreeMap<String, String>;

impl Response {
    /// A response, if `event` of that type is one.
    ///
    /// # Safety
    /// `event` must be a live event of that type.
    pub(super) unsafe fn read(kind: sys::rd_kafka_event_type_t, event: *mut sys::rd_kafka_event_t) -> Option<Self> {
        // SAFETY: the caller vouches for event and type; the opaque value of a response is its request's number.
        unsafe {
            let reply: unsafe fn(*mut sys::rd_kafka_event_t) -> Reply = match kind {
                sys::RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT => topics,
                sys::RD_KAFKA_EVENT_CREATETOPICS_RESULT => created,
                sys::RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT => grown,
                sys::RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT => settings,
                sys::RD_KAFKA_EVENT_LISTOFFSETS_RESULT => offsets,
                sys::RD_KAFKA_EVENT_DELETERECORDS_RESULT => deleted,
                sys::RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT => committed,
                sys::RD_KAFKA_EVENT_LISTCONSUMERGROUPS_RESULT => groups,
                _ => return None,
            };
            let number = sys::rd_kafka_event_opaque(event) as u64;
            let result = NativeError::of_event(event).map_or_else(|| Ok(reply(event)), Err);
            Some(Self { number, result })
        }
    }
}

/// An array of librdkafka as a slice; null is an empty one.
///
/// # Safety
/// `start` must be null or the start of `count` live elements.
unsafe fn array<'a, T>(start: *mut *const T, count: usize) -> &'a [*const T] {
    if start.is_null() {
        return &[];
    }
    // SAFETY: the caller vouches for it.
    unsafe { std::slice::from_raw_parts(start, count) }
}

/// # Safety
/// See the head of this module.
pub(super) unsafe fn topics(event: *mut sys::rd_kafka_event_t) -> Reply {
    // SAFETY: the caller vouches for the event; what its result holds lives as long as it.
    unsafe {
        let result = sys::rd_kafka_event_DescribeTopics_result(event);
        let mut count = 0;
        let list = sys::rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
        Reply::Topics(array(list, count).iter().map(|topic| description(*topic)).collect())
    }
}

/// # Safety
/// `topic` must be a live description.
unsafe fn description(topic: *const sys::rd_kafka_TopicDescription_t) -> (Topic, Result<Description, NativeError>) {
    // SAFETY: the caller vouches for it; its name, id and error live as long as it.
    unsafe {
        let mut partitions = 0;
        sys::rd_kafka_TopicDescription_partitions(topic, &raw mut partitions);
        let partitions = u32::try_from(partitions).unwrap_or(u32::MAX);
        let id = id_of(sys::rd_kafka_TopicDescription_topic_id(topic));
        let result = NativeError::read(sys::rd_kafka_TopicDescription_error(topic));
        let name = topic_of(sys::rd_kafka_TopicDescription_name(topic));
        (name, result.map(|()| Description { partitions, id }))
    }
}

/// A topic id, unless it is zero.
///
/// # Safety
/// `id` must be null or a live id.
unsafe fn id_of(id: *const sys::rd_kafka_Uuid_t) -> Option<TopicId> {
    if id.is_null() {
        return None;
    }
    // SAFETY: the caller vouches for it.
    let (high, low) =
        unsafe { (sys::rd_kafka_Uuid_most_significant_bits(id), sys::rd_kafka_Uuid_least_significant_bits(id)) };
    Some(TopicId { high, low }).filter(|_| (high, low) != (0, 0))
}

/// The topics of a list, except those with an error.
///
/// # Safety
/// The list must be alive and whole.
pub(super) unsafe fn all_topics(list: &sys::rd_kafka_metadata) -> Vec<(Topic, u32)> {
    let count = usize::try_from(list.topic_cnt).unwrap_or_default();
    if list.topics.is_null() {
        return Vec::new();
    }
    // SAFETY: the caller vouches for that many topics with their names, which are copied.
    unsafe {
        let topics = std::slice::from_raw_parts(list.topics, count).iter();
        let valid = topics.filter(|topic| NativeError::check(topic.err).is_ok());
        valid.map(|topic| (topic_of(topic.topic), u32::try_from(topic.partition_cnt).unwrap_or_default())).collect()
    }
}

/// # Safety
/// See the head of this module.
pub(super) unsafe fn created(event: *mut sys::rd_kafka_event_t) -> Reply {
    // SAFETY: the caller vouches for the event; what its result holds lives as long as it.
    unsafe {
        let result = sys::rd_kafka_event_CreateTopics_result(event);
        let mut count = 0;
        let list = sys::rd_kafka_CreateTopics_result_topics(result, &raw mut count);
        Reply::Created(array(list, count).iter().map(|topic| creation(*topic)).collect())
    }
}

/// # Safety
/// See the head of this module.
pub(super) unsafe fn grown(event: *mut sys::rd_kafka_event_t) -> Reply {
    // SAFETY: the caller vouches for the event; what its result holds lives as long as it.
    unsafe {
        let result = sys::rd_kafka_event_CreatePartitions_result(event);
        let mut count = 0;
        let list = sys::rd_kafka_CreatePartitions_result_topics(result, &raw mut count);
        Reply::Created(array(list, count).iter().map(|topic| creation(*topic)).collect())
    }
}

/// # Safety
/// `topic` must be a live result.
unsafe fn creation(topic: *const sys::rd_kafka_topic_result_t) -> (Topic, Result<(), NativeError>) {
    // SAFETY: the caller vouches for it; its name and text live as long as it.
    unsafe {
        let name = topic_of(sys::rd_kafka_topic_result_name(topic));
        let message = text_of(sys::rd_kafka_topic_result_error_string(topic));
        let result = NativeError::check(sys::rd_kafka_topic_result_error(topic));
        let with_message = |error| if message.is_empty() { error } else { NativeError { message, ..error } };
        (name, result.map_err(with_message))
    }
}

/// # Safety
/// See the head of this module.
pub(super) unsafe fn settings(event: *mut sys::rd_kafka_event_t) -> Reply {
    // SAFETY: the caller vouches for the event; what its result holds lives as long as it.
    unsafe {
        let result = sys::rd_kafka_event_DescribeConfigs_result(event);
        let mut count = 0;
        let list = sys::rd_kafka_DescribeConfigs_result_resources(result, &raw mut count);
        Reply::Settings(array(list, count).iter().map(|resource| settings_of(*resource)).collect())
    }
}

/// # Safety
/// `resource` must be a live resource of a result.
unsafe fn settings_of(resource: *const sys::rd_kafka_ConfigResource_t) -> (String, Result<Settings, NativeError>) {
    // SAFETY: the caller vouches for it; its name, text and entries live as long as it.
    unsafe {
        let name = text_of(sys::rd_kafka_ConfigResource_name(resource));
        let message = text_of(sys::rd_kafka_ConfigResource_error_string(resource));
        if let Err(error) = NativeError::check(sys::rd_kafka_ConfigResource_error(resource)) {
            return (name, Err(if message.is_empty() { error } else { NativeError { message, ..error } }));
        }
        let mut count = 0;
        let list = sys::rd_kafka_ConfigResource_configs(resource, &raw mut count);
        let setting = |entry: &*const _| {
            (text_of(sys::rd_kafka_ConfigEntry_name(*entry)), text_of(sys::rd_kafka_ConfigEntry_value(*entry)))
        };
        (name, Ok(array(list, count).iter().map(setting).collect()))
    }
}

/// # Safety
/// See the head of this module.
pub(super) unsafe fn offsets(event: *mut sys::rd_kafka_event_t) -> Reply {
    // SAFETY: the caller vouches for the event; what its result holds lives as long as it.
    unsafe {
        let result = sys::rd_kafka_event_ListOffsets_result(event);
        let mut count = 0;
        let list = sys::rd_kafka_ListOffsets_result_infos(result, &raw mut count);
        let entry = |info: &*const _| entry_of(&*sys::rd_kafka_ListOffsetsResultInfo_topic_partition(*info));
        Reply::Offsets(array(list, count).iter().map(entry).collect())
    }
}

/// # Safety
/// See the head of this module.
pub(super) unsafe fn deleted(event: *mut sys::rd_kafka_event_t) -> Reply {
    // SAFETY: the caller vouches for the event; its list is copied.
    unsafe {
        let result = sys::rd_kafka_event_DeleteRecords_result(event);
        Reply::Offsets(Partitions::copy_of(sys::rd_kafka_DeleteRecords_result_offsets(result)).entries())
    }
}

/// # Safety
/// See the head of this module.
pub(super) unsafe fn committed(event: *mut sys::rd_kafka_event_t) -> Reply {
    // SAFETY: the caller vouches for the event; what its result holds lives as long as it.
    unsafe {
        let result = sys::rd_kafka_event_ListConsumerGroupOffsets_result(event);
        let mut count = 0;
        let list = sys::rd_kafka_ListConsumerGroupOffsets_result_groups(result, &raw mut count);
        let of_group = |group: &*const _| Partitions::copy_of(sys::rd_kafka_group_result_partitions(*group)).entries();
        Reply::Offsets(array(list, count).iter().flat_map(of_group).collect())
    }
}

/// # Safety
/// See the head of this module.
pub(super) unsafe fn groups(event: *mut sys::rd_kafka_event_t) -> Reply {
    // SAFETY: the caller vouches for the event; what its result holds lives as long as it.
    unsafe {
        let result = sys::rd_kafka_event_ListConsumerGroups_result(event);
        let mut count = 0;
        let errors = sys::rd_kafka_ListConsumerGroups_result_errors(result, &raw mut count);
        if let Some(Err(error)) = array(errors, count).first().map(|error| NativeError::read(*error)) {
            return Reply::Groups(Err(error));
        }
        let groups = sys::rd_kafka_ListConsumerGroups_result_valid(result, &raw mut count);
        let name = |group: &*const _| text_of(sys::rd_kafka_ConsumerGroupListing_group_id(*group));
        Reply::Groups(Ok(array(groups, count).iter().map(name).collect()))
    }
}
