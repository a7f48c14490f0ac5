//! Which messages are generated, and in which versions.

/// The requests, with the oldest and newest version of each.
pub(crate) const APIS: [(&str, (i16, i16)); 31] = [
    ("ListOffsets", (6, 10)),
    ("Metadata", (9, 13)),
    ("OffsetCommit", (8, 9)),
    ("OffsetFetch", (7, 9)),
    ("FindCoordinator", (3, 6)),
    ("JoinGroup", (7, 9)),
    ("Heartbeat", (4, 4)),
    ("LeaveGroup", (4, 5)),
    ("SyncGroup", (5, 5)),
    ("DescribeGroups", (5, 6)),
    ("ListGroups", (4, 5)),
    ("SaslHandshake", (1, 1)),
    ("ApiVersions", (0, 4)),
    ("CreateTopics", (7, 7)),
    ("DeleteTopics", (6, 6)),
    ("DeleteRecords", (2, 2)),
    ("InitProducerId", (4, 5)),
    ("OffsetForLeaderEpoch", (4, 4)),
    ("AddPartitionsToTxn", (3, 3)),
    ("AddOffsetsToTxn", (3, 4)),
    ("EndTxn", (3, 5)),
    ("TxnOffsetCommit", (3, 5)),
    ("DescribeConfigs", (4, 4)),
    ("SaslAuthenticate", (2, 2)),
    ("CreatePartitions", (3, 3)),
    ("DeleteGroups", (2, 2)),
    ("IncrementalAlterConfigs", (1, 1)),
    ("OffsetDelete", (0, 0)),
    ("DescribeCluster", (0, 1)),
    ("StreamsGroupHeartbeat", (0, 1)),
    ("StreamsGroupDescribe", (0, 1)),
];

/// What consumers put into the bytes of other messages.
pub(crate) const DATA: [(&str, (i16, i16)); 2] =
    [("ConsumerProtocolSubscription", (0, 3)), ("ConsumerProtocolAssignment", (0, 3))];
