//! What the broker says about a group that is not as it should be.

use millstream_protocol::messages::streams_group_heartbeat::StreamsGroupHeartbeatResponseStatus as Status;

use super::*;

fn with_status(code: i8) -> of::StreamsGroupHeartbeatResponse {
    let status = Status { status_code: code, status_detail: "the detail".to_owned() };
    of::StreamsGroupHeartbeatResponse { status: Some(vec![status]), ..with_tasks(1, [&[], &[], &[]]) }
}

#[test]
fn a_group_that_waits_is_reported_with_the_detail() {
    for (code, name) in [(0, "STALE_TOPOLOGY"), (1, "MISSING_SOURCE_TOPICS"), (3, "MISSING_INTERNAL_TOPICS")] {
        let mut lab = Lab::new([with_status(code), with_tasks(2, [&["0_0"], &[], &[]])]);
        lab.until_report("unavailable: group `g`");
        let reports = lab.reports.join("\n");
        assert!(reports.contains(name) && reports.contains("the detail"), "{reports}");
        lab.until_report("assigned t-0");
    }
}

#[test]
fn a_group_that_cannot_go_on_ends_the_member() {
    for (code, name) in [(2, "INCORRECTLY_PARTITIONED_TOPICS"), (4, "SHUTDOWN_APPLICATION")] {
        let mut lab = Lab::new([with_status(code)]);
        let error = lab.until_fatal();
        assert!(error.contains(name) && error.contains("the detail"), "{error}");
    }
}

#[test]
fn a_delayed_assignment_and_what_later_brokers_say_are_waited_for_in_silence() {
    for code in [5, 77] {
        let mut lab = Lab::new([with_status(code), with_tasks(2, [&["0_0"], &[], &[]])]);
        lab.until_report("assigned t-0");
        assert!(lab.reports.iter().all(|report| !report.starts_with("unavailable")), "{code}: {:?}", lab.reports);
    }
}
