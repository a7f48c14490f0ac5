//! How a member takes assignments, and what it does when responses are lost.

use millstream_protocol::messages::streams_group_describe::{
    StreamsGroupDescribeResponseAssignment, StreamsGroupDescribeResponseMember, StreamsGroupDescribeResponseTaskIds,
};
use millstream_protocol::messages::streams_group_heartbeat::StreamsGroupHeartbeatResponseEndpointToPartitions as Endpoint;

use millstream_log::StreamsTaskOffset;
use millstream_protocol::messages::streams_group_heartbeat::StreamsGroupHeartbeatRequestTaskOffset;
use millstream_types::TaskId;

use super::*;
use crate::group::Member as _;
use crate::testing::TestMember;

/// The numbers of active tasks that a request says the member has; `None` if it says nothing.
fn active(request: &of::StreamsGroupHeartbeatRequest) -> Option<usize> {
    request.active_tasks.as_ref().map(|ids| ids.iter().map(|ids| ids.partitions.len()).sum())
}

#[test]
fn what_is_revoked_is_acknowledged_once_its_caller_has_given_it_away() {
    let mut lab = Lab::new([with_tasks(1, [&["0_0", "0_1"], &[], &[]])]);
    lab.until_requests(2);
    lab.is_prompt = false;
    lab.respond([with_tasks(1, [&["0_1"], &["1_0"], &["1_1"]])]);
    lab.until_report("revoked t-0");
    let sent = lab.requests().len();
    lab.until_requests(sent + 2);
    assert!(lab.requests()[sent..].iter().all(|request| active(request).is_none()), "{:?}", lab.requests());
    assert!(lab.reports.contains(&"told [0_1] [1_0] [1_1]".to_owned()), "{:?}", lab.reports);
    let sent = lab.requests().len();
    lab.carry_out();
    lab.until_requests(sent + 1);
    let last = lab.requests().pop().unwrap();
    assert_eq!((active(&last), last.standby_tasks.unwrap().len(), last.warmup_tasks.unwrap().len()), (Some(1), 1, 1));
    assert_eq!(lab.owned, ["t-1".to_owned()].into());
}

#[test]
fn a_fenced_member_loses_all_and_joins_again_with_its_id() {
    for error in [110, 25, 69] {
        let mut lab = Lab::new([with_tasks(4, [&["0_0"], &[], &[]])]);
        lab.until_requests(2);
        lab.brokers.edit(|script| script.calls.fail(HEARTBEAT, error, 1));
        lab.until_report("lost t-0");
        let lease = lab.member_lease();
        assert!(!lease, "others may have the tasks: {error}");
        let sent = lab.requests().len();
        lab.respond([with_tasks(6, [&["0_1"], &[], &[]])]);
        lab.until_report("assigned t-1");
        let joins: Vec<_> = lab.requests().into_iter().filter(|request| request.topology.is_some()).collect();
        assert!(joins.len() == 2 && joins[0].member_id == joins[1].member_id && sent > 1, "{error}: {joins:?}");
        assert_eq!(lab.owned, ["t-1".to_owned()].into(), "{error}");
    }
}

#[test]
fn a_session_without_responses_is_over_and_the_tasks_are_lost() {
    let mut lab = Lab::new([with_tasks(4, [&["0_0"], &[], &[]])]);
    lab.until_requests(2);
    lab.brokers.silence(1);
    let begin = lab.now;
    lab.until_report("lost t-0");
    let passed = lab.now - begin;
    assert!((Duration::from_secs(35)..Duration::from_secs(50)).contains(&passed), "{passed:?}");
    assert!(lab.reports.contains(&"silent".to_owned()));
    lab.brokers.heal();
    lab.until_report("responds");
}

/// The broker sends an assignment with one response only. When that is lost, the member would wait for its tasks for ever.
#[test]
fn an_assignment_in_a_lost_response_is_looked_up() {
    let mut lab = Lab::new([with_tasks(1, [&[], &[], &[]])]);
    lab.until_requests(2);
    lab.brokers.edit(|script| {
        let tasks = StreamsGroupDescribeResponseTaskIds { subtopology_id: "0".to_owned(), partitions: vec![0, 1] };
        let assignment = StreamsGroupDescribeResponseAssignment { active_tasks: vec![tasks], ..Default::default() };
        let member_id = script.calls.requests_of::<of::StreamsGroupHeartbeatRequest>()[0].member_id.clone();
        let member = StreamsGroupDescribeResponseMember { member_id, assignment, ..Default::default() };
        script.calls.streams_members = vec![member];
    });
    lab.respond([with_tasks(2, [&["0_0", "0_1"], &[], &[]]), accepted(2)]);
    lab.brokers.fault(1, HEARTBEAT, Fault::CutAt(0));
    lab.until_report("assigned t-0 t-1");
    lab.until("it has acknowledged", |lab| active(&lab.requests().pop().unwrap()) == Some(2));
    assert!(lab.reports.iter().all(|report| !report.starts_with("lost")), "{:?}", lab.reports);
}

#[test]
fn commits_have_the_epoch_of_the_member_and_fail_without_one() {
    let mut lab = Lab::new([with_tasks(7, [&["0_0"], &[], &[]])]);
    lab.commit();
    lab.until("it fails", |lab| lab.commits.len() == 1);
    assert_eq!(lab.commits[0], Err(LogError::NotAMember));
    lab.until_requests(2);
    let member = lab.requests()[0].member_id.clone();
    lab.brokers.edit(|script| {
        script.calls.with_group("g", |group, _| {
            group.members.insert(member.clone(), TestMember::default());
            group.generation = 7;
        });
    });
    lab.commit();
    lab.until("it ends", |lab| lab.commits.len() == 2);
    assert_eq!(lab.commits[1], Ok(()));
    let committed = lab.brokers.edit(|script| script.calls.requests_of::<of::OffsetCommitRequest>());
    let identities: Vec<_> = committed.iter().map(|it| (it.generation_id_or_member_epoch, &it.member_id)).collect();
    assert_eq!(identities, [(7, &member)]);
}

#[test]
fn endpoints_of_the_others_are_told_with_the_tasks_and_without() {
    let endpoint = |host: &str| Endpoint {
        user_endpoint: of::streams_group_heartbeat::StreamsGroupHeartbeatResponseEndpoint {
            host: host.to_owned(),
            port: 80,
        },
        ..Endpoint::default()
    };
    let with = |response: of::StreamsGroupHeartbeatResponse, host| of::StreamsGroupHeartbeatResponse {
        endpoint_information_epoch: 3,
        partitions_by_user_endpoint: Some(vec![endpoint(host)]),
        ..response
    };
    let mut lab = Lab::new([with(with_tasks(1, [&["0_0"], &[], &[]]), "a"), with(accepted(1), "b")]);
    lab.until("both are told", |lab| {
        let told = |host: &str| lab.reports.iter().any(|it| it.starts_with("told [0_0]") && it.contains(host));
        told("a:80") && told("b:80")
    });
    lab.until_requests(3);
    assert_eq!(lab.requests()[2].endpoint_information_epoch, 3);
}

#[test]
fn the_broker_is_told_how_far_copies_are_at_its_interval_and_when_that_changes() {
    let offset = |offset_sum| StreamsTaskOffset { task: TaskId::new(1, 0), offset_sum, end_offset_sum: Some(9) };
    let at_intervals = || of::StreamsGroupHeartbeatResponse { task_offset_interval_ms: 1, ..accepted(1) };
    let mut lab = Lab::new((0..6).map(|_| at_intervals()));
    lab.until_member();
    lab.member.report_offsets(&[offset(5)]);
    lab.until_requests(4);
    lab.member.report_offsets(&[offset(7)]);
    lab.until_requests(6);
    let told = |offsets: &Option<Vec<StreamsGroupHeartbeatRequestTaskOffset>>| {
        offsets.iter().flatten().map(|it| (it.subtopology_id.clone(), it.partition, it.offset)).collect::<Vec<_>>()
    };
    let requests = lab.requests();
    let offsets: Vec<_> = requests.iter().flat_map(|request| told(&request.task_offsets)).collect();
    assert_eq!(offsets, [("1".to_owned(), 0, 5), ("1".to_owned(), 0, 7)]);
    let ends: Vec<_> = requests.iter().flat_map(|request| told(&request.task_end_offsets)).collect();
    assert_eq!(ends, [("1".to_owned(), 0, 9), ("1".to_owned(), 0, 9)]);
}

/// The caller's own code may take longer than a session. A background thread sends heartbeats then, and gets the assignments.
#[test]
fn a_caller_that_does_not_poll_keeps_its_tasks_and_gets_what_was_assigned_meanwhile() {
    let often = |response: of::StreamsGroupHeartbeatResponse| of::StreamsGroupHeartbeatResponse {
        heartbeat_interval_ms: 50,
        ..response
    };
    let mut lab = Lab::new([often(with_tasks(1, [&["0_0"], &[], &[]]))]);
    lab.until_requests(2);
    let epoch = |lab: &Lab| lab.requests().last().unwrap().member_epoch;
    let sent = lab.requests().len();
    lab.respond([often(with_tasks(2, [&["0_0", "0_1"], &[], &[]]))]);
    let begin = std::time::Instant::now();
    while lab.requests().len() < sent + 3 || epoch(&lab) != 2 {
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", lab.requests());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(lab.member_lease());
    lab.until_report("assigned t-1");
    assert!(lab.reports.iter().all(|report| !report.starts_with("lost")), "{:?}", lab.reports);
}
