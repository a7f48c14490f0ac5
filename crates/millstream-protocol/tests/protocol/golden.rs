//! Bytes that Kafka 4.4's Java client has written, for messages that no other crate knows.

use millstream_protocol::messages::api_versions::{
    ApiVersionsResponse, ApiVersionsResponseApiVersion, ApiVersionsResponseFinalizedFeatureKey,
    ApiVersionsResponseSupportedFeatureKey,
};
use millstream_protocol::messages::consumer_protocol_subscription::{
    ConsumerProtocolSubscription, ConsumerProtocolSubscriptionTopicPartition,
};
use millstream_protocol::messages::streams_group_describe::{
    StreamsGroupDescribeResponse, StreamsGroupDescribeResponseAssignment, StreamsGroupDescribeResponseDescribedGroup,
    StreamsGroupDescribeResponseEndpoint, StreamsGroupDescribeResponseMember, StreamsGroupDescribeResponseTaskIds,
    StreamsGroupDescribeResponseTaskOffset, StreamsGroupDescribeResponseTopology,
    StreamsGroupDescribeResponseTopologyDescription, StreamsGroupDescribeResponseTopologyDescriptionGlobalStore,
    StreamsGroupDescribeResponseTopologyDescriptionNode,
};
use millstream_protocol::messages::streams_group_heartbeat::{
    StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatRequestCopartitionGroup, StreamsGroupHeartbeatRequestEndpoint,
    StreamsGroupHeartbeatRequestKeyValue, StreamsGroupHeartbeatRequestSubtopology,
    StreamsGroupHeartbeatRequestTopicInfo, StreamsGroupHeartbeatRequestTopology, StreamsGroupHeartbeatResponse,
    StreamsGroupHeartbeatResponseStatus, StreamsGroupHeartbeatResponseTaskIds,
};
use millstream_protocol::{Reader, Uuid};

use super::fill::{Filled, bytes_of};

/// Whether the message has these bytes, given as hexadecimal digits, and they the message.
fn check<M: Filled>(message: &M, version: i16, expected: &str) {
    let bytes = bytes_of(message, version);
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digits, expected, "version {version} of {message:?}");
    assert_eq!(M::read(&mut Reader::new(&bytes), version).as_ref(), Ok(message));
}

fn subtopology() -> StreamsGroupHeartbeatRequestSubtopology {
    let config = StreamsGroupHeartbeatRequestKeyValue { key: "cleanup.policy".to_owned(), value: "compact".to_owned() };
    StreamsGroupHeartbeatRequestSubtopology {
        subtopology_id: "0".to_owned(),
        source_topics: vec!["lines".to_owned()],
        state_changelog_topics: vec![StreamsGroupHeartbeatRequestTopicInfo {
            name: "counts-changelog".to_owned(),
            replication_factor: 3,
            topic_configs: vec![config],
            ..Default::default()
        }],
        repartition_sink_topics: vec!["by-word".to_owned()],
        copartition_groups: vec![StreamsGroupHeartbeatRequestCopartitionGroup {
            source_topics: vec![0],
            ..Default::default()
        }],
        ..Default::default()
    }
}

#[test]
fn first_heartbeat_of_a_streams_group() {
    let tag = StreamsGroupHeartbeatRequestKeyValue { key: "zone".to_owned(), value: "a".to_owned() };
    let request = StreamsGroupHeartbeatRequest {
        group_id: "app".to_owned(),
        member_id: "m1".to_owned(),
        rebalance_timeout_ms: 300_000,
        topology: Some(StreamsGroupHeartbeatRequestTopology { epoch: 1, subtopologies: vec![subtopology()] }),
        active_tasks: Some(Vec::new()),
        standby_tasks: Some(Vec::new()),
        warmup_tasks: Some(Vec::new()),
        process_id: Some("p".to_owned()),
        user_endpoint: Some(StreamsGroupHeartbeatRequestEndpoint { host: "localhost".to_owned(), port: 65_535 }),
        client_tags: Some(vec![tag]),
        ..Default::default()
    };
    let expected = concat!(
        "04617070036d3100000000000000000000000493e0010000000102023002066c696e6573010211636f756e74732d6368616e67656c6f67",
        "000000000003020f636c65616e75702e706f6c69637908636f6d706163740000020862792d776f726401020200000101000000010101",
        "0270010a6c6f63616c686f7374ffff0002057a6f6e6502610000000000"
    );
    check(&request, 0, expected);
    check(&request, 1, expected);
}

#[test]
fn later_heartbeat_of_a_streams_group() {
    let request = StreamsGroupHeartbeatRequest {
        group_id: "app".to_owned(),
        member_id: "m1".to_owned(),
        member_epoch: 7,
        endpoint_information_epoch: 2,
        ..Default::default()
    };
    check(&request, 0, "04617070036d3100000007000000020000ffffffffff00000000ff0000000000");
}

#[test]
fn assignment_in_a_streams_group() {
    let status = StreamsGroupHeartbeatResponseStatus { status_code: 1, status_detail: "x".to_owned() };
    let mut response = StreamsGroupHeartbeatResponse {
        member_id: "m1".to_owned(),
        member_epoch: 1,
        heartbeat_interval_ms: 5_000,
        task_offset_interval_ms: 60_000,
        status: Some(vec![status]),
        active_tasks: Some(vec![StreamsGroupHeartbeatResponseTaskIds {
            subtopology_id: "0".to_owned(),
            partitions: vec![0, 1],
        }]),
        acceptable_recovery_lag_legacy: 10_000,
        ..Default::default()
    };
    let expected = concat!(
        "00000000000000036d310000000100001388000027100000ea60020102780002023003000000000000000100000000000000",
        "0000",
    );
    check(&response, 0, expected);

    response.acceptable_recovery_lag_legacy = 0;
    response.acceptable_recovery_lag = 10_000;
    let expected = concat!(
        "00000000000000036d3100000001000013880000ea6000000000000027100201027800020230030000000000000001000000",
        "00000000000000",
    );
    check(&response, 1, expected);
}

fn member() -> StreamsGroupDescribeResponseMember {
    let subtopology_id = "0".to_owned();
    let task = StreamsGroupDescribeResponseTaskIds { subtopology_id: subtopology_id.clone(), partitions: vec![1] };
    StreamsGroupDescribeResponseMember {
        member_id: "m".to_owned(),
        member_epoch: 2,
        client_id: "c".to_owned(),
        client_host: "/h".to_owned(),
        topology_epoch: 1,
        process_id: "p".to_owned(),
        user_endpoint: Some(StreamsGroupDescribeResponseEndpoint { host: "h".to_owned(), port: 80 }),
        task_offsets: vec![StreamsGroupDescribeResponseTaskOffset { subtopology_id, partition: 1, offset: 5 }],
        assignment: StreamsGroupDescribeResponseAssignment { active_tasks: vec![task], ..Default::default() },
        ..Default::default()
    }
}

fn global_store() -> StreamsGroupDescribeResponseTopologyDescriptionGlobalStore {
    StreamsGroupDescribeResponseTopologyDescriptionGlobalStore {
        source: StreamsGroupDescribeResponseTopologyDescriptionNode {
            name: "s".to_owned(),
            node_type: 1,
            source_topics: vec!["t".to_owned()],
            ..Default::default()
        },
        processor: StreamsGroupDescribeResponseTopologyDescriptionNode {
            name: "p".to_owned(),
            node_type: 2,
            stores: vec!["st".to_owned()],
            ..Default::default()
        },
    }
}

#[test]
fn description_of_a_streams_group() {
    let group = StreamsGroupDescribeResponseDescribedGroup {
        group_id: "g".to_owned(),
        group_state: "Stable".to_owned(),
        group_epoch: 3,
        assignment_epoch: 3,
        topology: Some(StreamsGroupDescribeResponseTopology { epoch: 1, ..Default::default() }),
        members: vec![member()],
        ..Default::default()
    };
    let mut response = StreamsGroupDescribeResponse { groups: vec![group], ..Default::default() };
    let expected = concat!(
        "0000000002000000026707537461626c6500000003000000030100000001000002026d0000000200000263032f6800000001",
        "0270010268005000010202300000000100000000000000050001020230020000000100010100010101000000800000000000",
    );
    check(&response, 0, expected);

    response.groups[0].topology_description_status = 3;
    response.groups[0].assignor_name = Some("sticky".to_owned());
    response.groups[0].topology_description = Some(StreamsGroupDescribeResponseTopologyDescription {
        global_stores: vec![global_store()],
        ..Default::default()
    });
    let expected = concat!(
        "0000000002000000026707537461626c6500000003000000030100000001000002026d0000000200000263032f6800000001",
        "0270010268005000010202300000000100000000000000050001020230020000000100010100010101000000800000000101",
        "0202730102027400010100027002010002037374010000000307737469636b790000",
    );
    check(&response, 1, expected);
}

#[test]
fn subscription_of_a_consumer() {
    let mut subscription = ConsumerProtocolSubscription {
        topics: vec!["a".to_owned(), "b".to_owned()],
        user_data: Some(vec![1, 2]),
        ..Default::default()
    };
    let begin = "00000002000161000162000000020102";
    check(&subscription, 0, begin);
    subscription.owned_partitions =
        vec![ConsumerProtocolSubscriptionTopicPartition { topic: "a".to_owned(), partitions: vec![3] }];
    check(&subscription, 1, &format!("{begin}000000010001610000000100000003"));
    subscription.generation_id = 4;
    check(&subscription, 2, &format!("{begin}00000001000161000000010000000300000004"));
    subscription.rack_id = Some("r".to_owned());
    check(&subscription, 3, &format!("{begin}00000001000161000000010000000300000004000172"));
}

#[test]
fn versions_and_features_of_a_broker() {
    let name = "streams.version".to_owned();
    let mut response = ApiVersionsResponse {
        api_keys: vec![ApiVersionsResponseApiVersion { api_key: 18, min_version: 0, max_version: 4 }],
        ..Default::default()
    };
    check(&response, 0, "000000000001001200000004");
    response.throttle_time_ms = 1;
    check(&response, 1, "00000000000100120000000400000001");
    response.finalized_features_epoch = 9;
    response.supported_features =
        vec![ApiVersionsResponseSupportedFeatureKey { name: name.clone(), min_version: 0, max_version: 1 }];
    response.finalized_features =
        vec![ApiVersionsResponseFinalizedFeatureKey { name, max_version_level: 1, min_version_level: 1 }];
    let expected = concat!(
        "0000020012000000040000000001030016021073747265616d732e76657273696f6e0000000100010800000000000000090216021073",
        "747265616d732e76657273696f6e0001000100"
    );
    check(&response, 3, expected);
    check(&response, 4, expected);
}

#[test]
fn identifiers_are_printed_as_by_kafka() {
    let cases = [
        (0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f, "AAECAwQFBgcICQoLDA0ODw"),
        (0xffff_ffff_ffff_ffff_1234_5678_9abc_def0, "__________8SNFZ4mrze8A"),
        (0, "AAAAAAAAAAAAAAAAAAAAAA"),
    ];
    for (bits, expected) in cases {
        let uuid = Uuid(u128::to_be_bytes(bits));
        assert_eq!(uuid.to_string(), expected);
        assert_eq!(uuid.is_zero(), bits == 0);
    }
}
