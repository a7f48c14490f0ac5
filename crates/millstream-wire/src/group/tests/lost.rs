//! Responses that are lost: the connection is cut after the broker has carried out the request.

use super::*;

#[test]
fn a_lost_response_of_each_request_takes_nothing_away() {
    let kinds = [of::JoinGroupRequest::API_KEY, of::SyncGroupRequest::API_KEY, of::HeartbeatRequest::API_KEY];
    for (kind, cut) in kinds.into_iter().flat_map(|kind| [(kind, 0), (kind, 3), (kind, 9)]) {
        let mut lab = Lab::new([4, 0]);
        let one = lab.add_joined();
        lab.brokers.fault(1, kind, Fault::CutAt(cut));
        let two = lab.add();
        lab.until("it is lost", |lab| lab.brokers.edit(|script| script.faults.is_empty()));
        // An id in a response that was lost is nobody's; the broker's time for it ends.
        lab.pass(Duration::from_secs(1));
        lab.expire_phantoms();
        lab.until_stable();
        assert_eq!((lab.owned(one).len(), lab.owned(two).len()), (2, 2), "API {kind}, cut at {cut}");
        assert!(lab.members.iter().all(|member| member.reported("lost") == 0), "API {kind}, cut at {cut}");
        assert_eq!(lab.ids().len(), 2);
    }
}

/// Once an id was forgotten when the connection broke after it. The group then waits for the session of a member that nobody is.
#[test]
fn a_member_that_has_got_an_id_joins_with_it_even_if_the_connection_breaks() {
    let mut lab = Lab::new([2, 0]);
    let join = of::JoinGroupRequest::API_KEY;
    let member = lab.add();
    lab.until("it has asked for an id", |lab| lab.count(join) == 1);
    lab.brokers.edit(|script| script.faults.insert((1, join), Fault::Dropped));
    lab.until("it has failed to join, or has joined", |lab| lab.count(join) >= 2);
    lab.brokers.heal();
    lab.until_stable();
    assert_eq!(lab.owned(member), [0, 1]);
    assert_eq!(lab.brokers.edit(|script| script.calls.group(GROUP).pending.clone()).len(), 0, "nobody is waited for");
}

#[test]
fn a_commit_whose_response_is_lost_is_repeated() {
    let mut lab = Lab::new([2, 0]);
    let member = lab.add_joined();
    lab.brokers.fault(1, of::OffsetCommitRequest::API_KEY, Fault::CutAt(0));
    assert_eq!(lab.commit(member, 0, 5), Ok(()));
    assert_eq!(lab.count(of::OffsetCommitRequest::API_KEY), 2);
    assert_eq!(lab.committed(0), Some(5));
}

#[test]
fn a_member_whose_leave_has_no_response_has_left() {
    for (fault, has_left) in [(Fault::CutAt(0), true), (Fault::Dropped, false)] {
        let mut lab = Lab::new([2, 0]);
        let (one, two) = (lab.add_joined(), lab.add_joined());
        lab.brokers.fault(1, of::LeaveGroupRequest::API_KEY, fault);
        lab.leave(two);
        lab.until("it is lost", |lab| lab.brokers.edit(|script| script.faults.is_empty()));
        if !has_left {
            let id = lab.ids().remove(1);
            lab.brokers.edit(|script| script.calls.with_group(GROUP, |group, answers| group.expire(&id, answers)));
        }
        lab.until_stable();
        assert_eq!(lab.owned(one), [0, 1]);
    }
}
