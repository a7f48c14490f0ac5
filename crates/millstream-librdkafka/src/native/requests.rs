//! Administration requests, and the queue of their responses.

use std::ffi::c_void;
use std::sync::Arc;

use millstream_log::{NewTopic, Signal};
use millstream_types::{Offset, Timestamp, Topic, TopicPartition};
use rdkafka_sys as sys;
use sys::rd_kafka_ResourceType_t as ResourceType;
use sys::rd_kafka_admin_op_t as Kind;

use super::replies::Response;
use super::{Client, ErrorText, LogicalOffset, Partitions, Queue, QueueEvent, c_string};

/// The time-out of most requests.
const REQUEST_TIMEOUT_MS: i32 = 30_000;

/// The time-out of look-ups of topics and offsets. They take milliseconds, and are repeated if a broker is silent.
const LOOK_UP_TIMEOUT_MS: i32 = 10_000;

/// The longest time-out of librdkafka. A request to a group's coordinator must not time out while its client exists: if the
/// coordinator is found afterwards, librdkafka (2.12) aborts the process. Callers drop the client to abandon a request.
const COORDINATOR_TIMEOUT_MS: i32 = 3_600_000;

/// The requests of a client, and the queue of their responses. Each method that sends a request returns its number.
pub(crate) struct Requests {
    queue: Queue,
    requested: u64,
}

impl Requests {
    pub(crate) fn new(client: &Arc<Client>, signal: &Signal) -> Self {
        Self { queue: client.new_queue(signal), requested: 0 }
    }

    /// The next response, if there is one.
    pub(crate) fn poll(&self) -> Option<Response> {
        if !self.queue.has_events() {
            return None;
        }
        self.queue.clear_flag();
        while let Some(event) = self.queue.poll() {
            if let QueueEvent::Response(response) = event {
                self.queue.set_flag();
                return Some(response);
            }
        }
        None
    }

    /// Requests the descriptions of these topics. There must be at least one.
    pub(crate) fn topics(&mut self, topics: &[Topic]) -> u64 {
        let names: Vec<_> = topics.iter().map(|topic| c_string(topic.as_str())).collect();
        let mut pointers: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
        let options = self.options_within(LOOK_UP_TIMEOUT_MS, Kind::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);
        // SAFETY: client, queue and options are alive, the names end with NUL; all of it is copied by the call.
        unsafe {
            let collection = sys::rd_kafka_TopicCollection_of_topic_names(pointers.as_mut_ptr(), pointers.len());
            sys::rd_kafka_DescribeTopics(self.client().raw(), collection, options.0, self.queue.raw());
            sys::rd_kafka_TopicCollection_destroy(collection);
        }
        self.requested
    }

    /// Requests the settings of these topics. There must be at least one.
    pub(crate) fn settings(&mut self, topics: &[Topic]) -> u64 {
        self.settings_of(ResourceType::RD_KAFKA_RESOURCE_TOPIC, topics.iter().map(Topic::as_str))
    }

    /// Asks which settings the broker applies to this group.
    pub(crate) fn group_settings(&mut self, group: &str) -> u64 {
        self.settings_of(ResourceType::RD_KAFKA_RESOURCE_GROUP, [group])
    }

    fn settings_of<'a>(&mut self, kind: ResourceType, names: impl IntoIterator<Item = &'a str>) -> u64 {
        let options = self.options(Kind::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
        // SAFETY: client, queue, options, names and resources are alive, and copied by the calls; the resources are
        // destroyed once.
        unsafe {
            let resource = |name| {
                let name = c_string(name);
                sys::rd_kafka_ConfigResource_new(kind, name.as_ptr())
            };
            let mut list: Vec<_> = names.into_iter().map(resource).collect();
            let (client, queue) = (self.client().raw(), self.queue.raw());
            sys::rd_kafka_DescribeConfigs(client, list.as_mut_ptr(), list.len(), options.0, queue);
            sys::rd_kafka_ConfigResource_destroy_array(list.as_mut_ptr(), list.len());
        }
        self.requested
    }

    /// Requests the creation of topics. There must be at least one, each with 1 to 100,000 partitions. Without `replicas` the
    /// broker's default applies.
    pub(crate) fn create(&mut self, topics: &[NewTopic], replicas: Option<u16>) -> u64 {
        let mut list: Vec<_> = topics.iter().map(|topic| new_topic(topic, replicas)).collect();
        let options = self.options(Kind::RD_KAFKA_ADMIN_OP_CREATETOPICS);
        // SAFETY: client, queue, options and topics are alive and copied by the call; the topics are destroyed once.
        unsafe {
            sys::rd_kafka_CreateTopics(self.client().raw(), list.as_mut_ptr(), list.len(), options.0, self.queue.raw());
            sys::rd_kafka_NewTopic_destroy_array(list.as_mut_ptr(), list.len());
        }
        self.requested
    }

    /// Requests so many partitions for these topics. There must be at least one, each with 1 to 100,000 partitions.
    pub(crate) fn add_partitions(&mut self, topics: &[(Topic, u32)]) -> u64 {
        let mut list: Vec<_> = topics.iter().map(|(topic, partitions)| new_partitions(topic, *partitions)).collect();
        let options = self.options(Kind::RD_KAFKA_ADMIN_OP_CREATEPARTITIONS);
        // SAFETY: client, queue, options and list are alive and copied by the call; the list is destroyed once.
        unsafe {
            let (client, queue) = (self.client().raw(), self.queue.raw());
            sys::rd_kafka_CreatePartitions(client, list.as_mut_ptr(), list.len(), options.0, queue);
            sys::rd_kafka_NewPartitions_destroy_array(list.as_mut_ptr(), list.len());
        }
        self.requested
    }

    /// Requests the offset of a position in these partitions. There must be at least one.
    pub(crate) fn offsets<'a>(
        &mut self,
        partitions: impl IntoIterator<Item = &'a TopicPartition>,
        position: LogicalOffset,
    ) -> u64 {
        let list = Partitions::with_spec(partitions, position);
        let options = self.options_within(LOOK_UP_TIMEOUT_MS, Kind::RD_KAFKA_ADMIN_OP_LISTOFFSETS);
        // SAFETY: client, queue, options and list are alive and copied by the call.
        unsafe { sys::rd_kafka_ListOffsets(self.client().raw(), list.raw(), options.0, self.queue.raw()) };
        self.requested
    }

    /// Requests the offset of the first record of each partition that is not earlier than a time. There must be at least one, and no
    /// negative time, which would be a position.
    pub(crate) fn offsets_at<'a>(&mut self, times: impl IntoIterator<Item = (&'a TopicPartition, Timestamp)>) -> u64 {
        let list = Partitions::at_times(times);
        let options = self.options_within(LOOK_UP_TIMEOUT_MS, Kind::RD_KAFKA_ADMIN_OP_LISTOFFSETS);
        // SAFETY: client, queue, options and list are alive and copied by the call.
        unsafe { sys::rd_kafka_ListOffsets(self.client().raw(), list.raw(), options.0, self.queue.raw()) };
        self.requested
    }

    /// Requests the deletion of the records before these offsets. There must be at least one.
    pub(crate) fn delete(&mut self, offsets: &[(TopicPartition, Offset)]) -> u64 {
        let list = Partitions::at(offsets.iter().map(|(partition, offset)| (partition, LogicalOffset::At(*offset))));
        let options = self.options(Kind::RD_KAFKA_ADMIN_OP_DELETERECORDS);
        // SAFETY: client, queue, options and list are alive and copied by the calls; the request is destroyed once.
        unsafe {
            let mut request = sys::rd_kafka_DeleteRecords_new(list.raw());
            sys::rd_kafka_DeleteRecords(self.client().raw(), &raw mut request, 1, options.0, self.queue.raw());
            sys::rd_kafka_DeleteRecords_destroy(request);
        }
        self.requested
    }

    /// Requests the committed offsets of a group for these partitions. There must be at least one. The time-out is longer than
    /// any caller should wait: drop the client to abandon the request.
    pub(crate) fn committed(&mut self, group: &str, partitions: &[TopicPartition]) -> u64 {
        let (list, group) = (Partitions::of(partitions), c_string(group));
        let options = self.options_within(COORDINATOR_TIMEOUT_MS, Kind::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
        // SAFETY: client, queue, options, name and list are alive and copied by the calls; the request is destroyed
        // once.
        unsafe {
            let mut request = sys::rd_kafka_ListConsumerGroupOffsets_new(group.as_ptr(), list.raw());
            sys::rd_kafka_ListConsumerGroupOffsets(
                self.client().raw(),
                &raw mut request,
                1,
                options.0,
                self.queue.raw(),
            );
            sys::rd_kafka_ListConsumerGroupOffsets_destroy(request);
        }
        self.requested
    }

    /// Requests all committed offsets of a group, with the time-out of [`committed`](Self::committed). The client must be a
    /// consumer: for others librdkafka aborts the process on some responses.
    pub(crate) fn all_committed(&mut self, group: &str) -> u64 {
        let group = c_string(group);
        let options = self.options_within(COORDINATOR_TIMEOUT_MS, Kind::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
        // SAFETY: client, queue, options and name are alive and copied by the calls; no list means all partitions; the
        // request is destroyed once.
        unsafe {
            let mut request = sys::rd_kafka_ListConsumerGroupOffsets_new(group.as_ptr(), std::ptr::null());
            let (client, queue) = (self.client().raw(), self.queue.raw());
            sys::rd_kafka_ListConsumerGroupOffsets(client, &raw mut request, 1, options.0, queue);
            sys::rd_kafka_ListConsumerGroupOffsets_destroy(request);
        }
        self.requested
    }

    /// Requests the names of all groups.
    pub(crate) fn groups(&mut self) -> u64 {
        let options = self.options(Kind::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS);
        // SAFETY: client, queue and options are alive; the options are copied by the call.
        unsafe { sys::rd_kafka_ListConsumerGroups(self.client().raw(), options.0, self.queue.raw()) };
        self.requested
    }

    pub(crate) fn client(&self) -> &Arc<Client> {
        self.queue.client()
    }

    /// The options of the next request: its number and its time-out.
    fn options(&mut self, kind: Kind) -> Options {
        self.options_within(REQUEST_TIMEOUT_MS, kind)
    }

    fn options_within(&mut self, limit_ms: i32, kind: Kind) -> Options {
        self.requested += 1;
        let mut text = ErrorText::new();
        // SAFETY: the client is alive; the options are ours; the number is never followed as a pointer. The limit is
        // inside the bounds that librdkafka documents.
        unsafe {
            let options = sys::rd_kafka_AdminOptions_new(self.client().raw(), kind);
            let length = text.len();
            sys::rd_kafka_AdminOptions_set_request_timeout(options, limit_ms, text.as_mut_ptr(), length);
            sys::rd_kafka_AdminOptions_set_opaque(options, self.requested as *mut c_void);
            Options(options)
        }
    }
}

struct Options(*mut sys::rd_kafka_AdminOptions_t);

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: the options are ours alone; requests copy them.
        unsafe { sys::rd_kafka_AdminOptions_destroy(self.0) };
    }
}

fn new_topic(topic: &NewTopic, replicas: Option<u16>) -> *mut sys::rd_kafka_NewTopic_t {
    let replicas = replicas.map_or(-1, i32::from);
    let name = c_string(topic.name.as_str());
    let partitions = i32::try_from(topic.partitions).unwrap_or(i32::MAX);
    let mut text = ErrorText::new();
    // SAFETY: the strings end with NUL and are copied, the text is as long as given.
    unsafe {
        let length = text.len();
        let new = sys::rd_kafka_NewTopic_new(name.as_ptr(), partitions, replicas, text.as_mut_ptr(), length);
        assert!(!new.is_null(), "the number of partitions was checked");
        for (setting, value) in &topic.config {
            let (setting, value) = (c_string(setting), c_string(value));
            sys::rd_kafka_NewTopic_set_config(new, setting.as_ptr(), value.as_ptr());
        }
        new
    }
}

fn new_partitions(topic: &Topic, partitions: u32) -> *mut sys::rd_kafka_NewPartitions_t {
    let name = c_string(topic.as_str());
    let mut text = ErrorText::new();
    // SAFETY: the name ends with NUL and is copied, the text is as long as given.
    unsafe {
        let length = text.len();
        let new = sys::rd_kafka_NewPartitions_new(name.as_ptr(), partitions as usize, text.as_mut_ptr(), length);
        assert!(!new.is_null(), "the number of partitions was checked");
        new
    }
}
