//! Responses of brokers that are broken or hostile, through real connections: an error or a response, but no panic.

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use millstream_types::{Offset, TopicPartition};

use super::*;
use crate::connection::Connection;
use crate::messages::{fetch, produce};
use crate::settings::{FetchSettings, IsolationLevel};
use crate::testing::{FETCH, METADATA, PRODUCE};

/// How many mutations of each response are read.
const MUTATIONS: u64 = 60;

/// Panics of the client's threads.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name().is_some_and(|name| name.starts_with("millstream")) {
                PANICS.fetch_add(1, Ordering::SeqCst);
            }
            before(panic);
        }));
    });
}

/// Calls an API whose responses are mutated. Returns how many could not be read.
fn check<R>(seed: u64, request: R) -> usize
where
    R: Request + Clone + Send + 'static,
    R::Response: Send + 'static,
{
    let mut rig = Rig::new();
    rig.brokers.edit(|script| {
        let group = script.calls.group("g");
        group.offsets.insert(("t".to_owned(), 0), (5, "metadata".to_owned()));
        group.members.insert("m".to_owned(), crate::testing::TestMember::default());
    });
    rig.brokers.fault(1, R::API_KEY, Fault::Mutated(seed));
    let failed = (0..MUTATIONS).filter(|_| rig.call(1, request.clone()).is_err()).count();
    assert!(rig.brokers.edit(|script| script.mutations) >= MUTATIONS, "API {}", R::API_KEY);
    rig.brokers.heal();
    rig.call(1, request).unwrap();
    failed
}

/// Requests whose responses are not empty.
#[test]
fn no_mutation_of_a_response_ends_a_thread() {
    count_panics();
    let topic = "t".to_owned();
    let commit = {
        use of::offset_commit::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
        let partitions = vec![OffsetCommitRequestPartition::default()];
        let topics = vec![OffsetCommitRequestTopic { name: topic.clone(), partitions }];
        of::OffsetCommitRequest { group_id: "g".to_owned(), topics, ..Default::default() }
    };
    let offsets = {
        use of::list_offsets::{ListOffsetsRequestPartition, ListOffsetsRequestTopic};
        let partitions = vec![ListOffsetsRequestPartition { timestamp: -1, ..Default::default() }];
        let topics = vec![ListOffsetsRequestTopic { name: topic.clone(), partitions }];
        of::ListOffsetsRequest { replica_id: -1, topics, ..Default::default() }
    };
    let fetched = {
        use of::offset_fetch::OffsetFetchRequestGroup;
        let groups = vec![OffsetFetchRequestGroup { group_id: "g".to_owned(), ..Default::default() }];
        of::OffsetFetchRequest { groups, ..Default::default() }
    };
    let found = of::FindCoordinatorRequest { coordinator_keys: vec!["g".to_owned()], ..Default::default() };
    let joined = {
        use of::join_group::JoinGroupRequestProtocol;
        let protocols = vec![JoinGroupRequestProtocol { name: "cooperative-sticky".to_owned(), metadata: vec![0, 1] }];
        of::JoinGroupRequest { group_id: "h".to_owned(), protocols, ..Default::default() }
    };
    let created = {
        use of::create_topics::CreateTopicsRequestCreatableTopic;
        let topics = vec![CreateTopicsRequestCreatableTopic { name: topic.clone(), ..Default::default() }];
        of::CreateTopicsRequest { topics, ..Default::default() }
    };
    let grown = {
        use of::create_partitions::CreatePartitionsRequestTopic;
        let topics = vec![CreatePartitionsRequestTopic { name: topic.clone(), ..Default::default() }];
        of::CreatePartitionsRequest { topics, ..Default::default() }
    };
    let deleted = {
        use of::delete_records::{DeleteRecordsRequestPartition, DeleteRecordsRequestTopic};
        let topics = vec![DeleteRecordsRequestTopic {
            name: topic.clone(),
            partitions: vec![DeleteRecordsRequestPartition { partition_index: 0, offset: 1 }],
        }];
        of::DeleteRecordsRequest { topics, ..Default::default() }
    };
    let described = {
        use of::describe_configs::DescribeConfigsRequestResource;
        let resource =
            DescribeConfigsRequestResource { resource_type: 2, resource_name: topic.clone(), ..Default::default() };
        of::DescribeConfigsRequest { resources: vec![resource], ..Default::default() }
    };
    let id = of::InitProducerIdRequest { transactional_id: None, transaction_timeout_ms: 1, ..Default::default() };
    let metadata = of::MetadataRequest { topics: None, allow_auto_topic_creation: false, ..Default::default() };
    let sync = of::SyncGroupRequest { group_id: "g".to_owned(), member_id: "m".to_owned(), ..Default::default() };
    let beat = of::HeartbeatRequest { group_id: "g".to_owned(), member_id: "m".to_owned(), ..Default::default() };
    let left = of::LeaveGroupRequest { group_id: "g".to_owned(), ..Default::default() };
    let failed = [
        check(1, commit),
        check(2, offsets),
        check(3, fetched),
        check(4, found),
        check(5, joined),
        check(6, created),
        check(7, grown),
        check(8, deleted),
        check(9, described),
        check(10, metadata),
        check(11, sync),
        check(12, beat),
        check(13, left),
        check(14, of::ListGroupsRequest::default()),
        check(15, id),
    ];
    assert!(failed.iter().all(|failed| *failed > 5), "too few are broken to show something: {failed:?}");
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
}

/// The requests of fetchers and producers, and the handshake of all connections.
#[test]
fn no_mutation_of_what_a_fetcher_or_producer_reads_ends_a_thread() {
    count_panics();
    let brokers = TestCluster::start(1).with([TestPartition::new(1).with(&[3, 2])]);
    let address = ("127.0.0.1".to_owned(), brokers.edit(|script| script.ports[&1]));
    let (client, partition) = (brokers.client(), TopicPartition::new("t", 0));
    let batch = crate::batch::testing::TestBatch::numbered(0, 1).encode();
    let look_up = |_| of::MetadataRequest { allow_auto_topic_creation: false, ..Default::default() };
    let mut read = 0;
    for api in [API_VERSIONS, METADATA, FETCH, PRODUCE] {
        brokers.heal();
        brokers.fault(1, api, Fault::Mutated(u64::from(api as u16)));
        for _ in 0..2 * MUTATIONS {
            let Ok(mut connection) = Connection::open(&address, &client) else { continue };
            connection.wait_for(Some(PATIENCE)).unwrap();
            let correlation = connection.next_correlation();
            read += usize::from(match api {
                FETCH => {
                    std::io::Write::write_all(connection.sink(), &fetch_request(correlation, &client, &partition))
                        .unwrap();
                    let read = |response| fetch::read(response, IsolationLevel::ReadCommitted);
                    connection.response().and_then(read).is_ok()
                }
                PRODUCE => {
                    produce::send(connection.sink(), correlation, "tester", PATIENCE, &[(&partition, &batch)]).unwrap();
                    connection.response().and_then(produce::read).is_ok()
                }
                _ => connection.call(&client, &look_up, PATIENCE).is_ok(),
            });
        }
    }
    assert!((50..430).contains(&read), "{read} of 480 could be read");
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
}

fn fetch_request(correlation: i32, client: &ClientSettings, partition: &TopicPartition) -> Vec<u8> {
    let settings = FetchSettings { client: client.clone(), ..FetchSettings::default() };
    let (partition, offset) = (partition.clone(), Offset::ZERO);
    let requested = fetch::FetchPartition { partition, offset, leader_epoch: -1, last_epoch: None, is_new: true };
    let session = fetch::SessionRequest { id: 0, epoch: 0, named: vec![requested], forgotten: Vec::new() };
    fetch::request(correlation, &settings, Duration::ZERO, "", &session)
}
