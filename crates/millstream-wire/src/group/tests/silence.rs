//! A coordinator that keeps its connections and does not respond.

use super::*;
use crate::group::Member as _;

const JOIN: i16 = of::JoinGroupRequest::API_KEY;

/// A phase in which the coordinator, broker 1, becomes silent.
#[derive(Clone, Copy, Debug)]
enum Phase {
    Stable,
    Joining,
    Syncing,
    Committing,
}

const PHASES: [Phase; 4] = [Phase::Stable, Phase::Joining, Phase::Syncing, Phase::Committing];

/// A member with both partitions, whose coordinator has just become silent.
fn silent_in(phase: Phase) -> (Lab, usize) {
    let mut lab = Lab::new([2, 0]);
    let member = lab.add_joined();
    match phase {
        Phase::Stable => {}
        Phase::Joining => {
            lab.brokers.edit(|script| script.calls.group(GROUP).pending.insert("a phantom".to_owned()));
            lab.members[member].member.subscribe(&[Topic::from("t")]);
            lab.until_waiting(JOIN);
        }
        Phase::Syncing => {
            lab.brokers.fault(1, of::SyncGroupRequest::API_KEY, Fault::Held);
            lab.members[member].member.subscribe(&[Topic::from("t")]);
            lab.until_waiting(of::SyncGroupRequest::API_KEY);
        }
        Phase::Committing => {
            lab.brokers.fault(1, of::OffsetCommitRequest::API_KEY, Fault::Held);
            lab.members[member].member.commit(&[at("t", 0, 5)]);
            lab.until_waiting(of::OffsetCommitRequest::API_KEY);
        }
    }
    lab.brokers.silence(1);
    (lab, member)
}

#[test]
fn a_silent_coordinator_is_reported_and_so_is_its_next_response() {
    for phase in PHASES {
        let (mut lab, member) = silent_in(phase);
        let begin = lab.now;
        lab.until("silence is reported", |lab| lab.members[member].reported("silent") > 0);
        assert!(lab.now - begin < Duration::from_secs(10), "{phase:?}: after {:?}", lab.now - begin);
        lab.brokers.heal();
        let healed = lab.now;
        lab.until("it responds", |lab| lab.members[member].reported("responds") > 0);
        assert!(lab.now - healed < Duration::from_secs(10), "{phase:?}: after {:?}", lab.now - healed);
        lab.brokers.edit(|script| script.calls.with_group(GROUP, |group, answers| group.expire("a phantom", answers)));
        lab.until_stable();
        let member = &lab.members[member];
        assert_eq!((member.reported("lost"), member.reported("responds")), (0, 1), "{phase:?}: {:?}", member.reports);
        assert_eq!(member.reports.last().unwrap(), "responds", "{phase:?}: {:?}", member.reports);
    }
}

/// Others may own the partitions when the session has ended. So the member gives them up, whatever it waits for.
#[test]
fn partitions_are_lost_when_the_session_of_a_silent_coordinator_is_over() {
    for phase in PHASES {
        let (mut lab, member) = silent_in(phase);
        let begin = lab.now;
        lab.until("they are lost", |lab| lab.members[member].reported("lost") > 0);
        let after = (lab.now - begin).as_secs();
        assert!((38..=50).contains(&after), "{phase:?}: after {after} s");
        lab.pass(Duration::from_secs(60));
        assert_eq!(lab.members[member].reported("lost"), 1, "{phase:?}");
        lab.brokers.heal();
        lab.brokers.edit(|script| script.calls.with_group(GROUP, |group, answers| group.expire("a phantom", answers)));
        lab.until_stable();
        assert_eq!(lab.members[member].reports.last().unwrap(), "assigned t-0 t-1", "{phase:?}");
    }
}

/// Silence of the old coordinator must not keep members from the new one.
#[test]
fn a_silent_coordinator_that_is_replaced_is_left_within_seconds() {
    for phase in PHASES {
        let (mut lab, member) = silent_in(phase);
        let moves = |group: &mut crate::testing::TestGroup, answers: &mut _| group.move_to(2, Waiting::Left, answers);
        lab.brokers.edit(|script| script.calls.with_group(GROUP, moves));
        let (begin, heartbeats) = (lab.now, of::HeartbeatRequest::API_KEY);
        lab.until("it sends heartbeats to the new one", |lab| {
            lab.brokers.edit(|script| script.calls.calls_of(heartbeats).iter().any(|call| call.broker == 2))
        });
        assert!(lab.now - begin < Duration::from_secs(20), "{phase:?}: after {:?}", lab.now - begin);
        lab.until_stable();
        let member = &lab.members[member];
        assert_eq!(member.reported("lost"), 0, "{phase:?}: {:?}", member.reports);
    }
}

/// A rebalance may take minutes. As long as the coordinator responds, it keeps a member that waits.
#[test]
fn a_member_that_waits_longer_than_its_session_for_others_loses_nothing() {
    for waiting in [None, Some(Waiting::Told), Some(Waiting::Left)] {
        let (mut lab, member) = silent_in(Phase::Joining);
        lab.brokers.heal();
        lab.pass(Duration::from_secs(120));
        if let Some(waiting) = waiting {
            let moves = |group: &mut crate::testing::TestGroup, answers: &mut _| group.move_to(2, waiting, answers);
            lab.brokers.edit(|script| script.calls.with_group(GROUP, moves));
        }
        lab.brokers.edit(|script| script.calls.with_group(GROUP, |group, answers| group.expire("a phantom", answers)));
        lab.until_stable();
        assert_eq!(lab.members[member].reports, ["assigned t-0 t-1"], "{waiting:?}");
    }
}
