//! A coordinator that moves to another broker.

use super::*;
use crate::group::Member as _;

impl Lab {
    fn move_to(&mut self, broker: i32, waiting: Waiting) {
        self.brokers
            .edit(|script| script.calls.with_group(GROUP, |group, answers| group.move_to(broker, waiting, answers)));
    }
}

#[test]
fn a_coordinator_that_moves_between_rebalances_takes_nothing_away() {
    let mut lab = Lab::new([4, 0]);
    let (one, two) = (lab.add_joined(), lab.add_joined());
    for (broker, offset) in [(2, 5), (3, 6), (1, 7)] {
        lab.move_to(broker, Waiting::Told);
        assert_eq!(lab.commit(one, 0, offset), Ok(()), "a commit is repeated at the new coordinator");
        lab.pass(Duration::from_secs(10));
        assert_eq!(lab.committed(0), Some(offset));
    }
    for member in [one, two] {
        let reports = &lab.members[member].reports;
        assert!(!reports.iter().any(|it| it.starts_with("lost") || it.starts_with("unavailable")), "{reports:?}");
    }
}

/// Requests that wait are told, or never get a response: the member finds out by itself.
#[test]
fn a_coordinator_that_moves_while_members_join_is_followed() {
    for waiting in [Waiting::Told, Waiting::Left] {
        let mut lab = Lab::new([4, 0]);
        let one = lab.add_joined();
        lab.brokers.edit(|script| script.calls.group(GROUP).pending.insert("a phantom".to_owned()));
        let two = lab.add();
        let join = of::JoinGroupRequest::API_KEY;
        lab.until("both wait", |lab| lab.brokers.edit(|script| script.calls.waiting_for(join) == 2));
        lab.move_to(2, waiting);
        let moved_at = lab.now;
        lab.until_stable();
        assert!(lab.now - moved_at < Duration::from_secs(15), "{waiting:?}: after {:?}", lab.now - moved_at);
        assert_eq!((lab.owned(one).len(), lab.owned(two).len()), (2, 2));
        assert!(lab.members.iter().all(|member| member.reported("lost") == 0), "{waiting:?}");
    }
}

#[test]
fn a_coordinator_that_moves_while_members_wait_for_the_assignment_is_followed() {
    for waiting in [Waiting::Told, Waiting::Left] {
        let mut lab = Lab::new([4, 0]);
        let one = lab.add_joined();
        lab.brokers.edit(|script| script.calls.group(GROUP).pending.insert("a phantom".to_owned()));
        let two = lab.add();
        let join = of::JoinGroupRequest::API_KEY;
        lab.until("both wait", |lab| lab.brokers.edit(|script| script.calls.waiting_for(join) == 2));
        // What the leader looked up before it joined is too old by then. It cannot look up partitions, so the other waits for it.
        lab.pass(Duration::from_secs(2));
        (1..=3).for_each(|broker| lab.brokers.fault(broker, of::MetadataRequest::API_KEY, Fault::Held));
        lab.brokers.edit(|script| script.calls.with_group(GROUP, |group, answers| group.expire("a phantom", answers)));
        lab.until_waiting(of::SyncGroupRequest::API_KEY);
        lab.move_to(2, waiting);
        lab.brokers.heal();
        let moved_at = lab.now;
        lab.until_stable();
        assert!(lab.now - moved_at < Duration::from_secs(15), "{waiting:?}: after {:?}", lab.now - moved_at);
        assert_eq!((lab.owned(one).len(), lab.owned(two).len()), (2, 2));
    }
}

#[test]
fn a_group_whose_coordinator_is_not_known_yet_is_waited_for() {
    for error in [14, 15, 16] {
        let mut lab = Lab::new([2, 0]);
        lab.brokers.edit(|script| script.calls.fail(of::FindCoordinatorRequest::API_KEY, error, 40));
        let member = lab.add_joined();
        let reports = &lab.members[member].reports;
        assert!(
            reports[0].starts_with("unavailable: the coordinator of the group `g` is not known yet"),
            "{reports:?}"
        );
        assert_eq!(reports.last().unwrap(), "assigned t-0 t-1");
    }
}

/// Once a look-up that was answered with error 15 while a join waited made the member forget where it waits. A change of
/// the subscription then could not end the old join, and the new one waited behind it for up to `max.poll.interval.ms`.
#[test]
fn a_look_up_that_fails_while_a_member_joins_does_not_make_it_forget_the_coordinator() {
    let mut lab = Lab::new([2, 2]);
    lab.brokers.edit(|script| script.calls.versions.insert(of::FindCoordinatorRequest::API_KEY, Some((0, 3))));
    lab.add_joined();
    lab.brokers.edit(|script| script.calls.group(GROUP).pending.insert("a phantom".to_owned()));
    let two = lab.add();
    let join = of::JoinGroupRequest::API_KEY;
    lab.until("both wait", |lab| lab.brokers.edit(|script| script.calls.waiting_for(join) == 2));
    lab.brokers.edit(|script| script.calls.fail(of::FindCoordinatorRequest::API_KEY, 15, 4));
    lab.pass(Duration::from_secs(4));
    let (joins, changed_at) = (lab.count(join), lab.now);
    lab.members[two].member.subscribe(&[Topic::from("u")]);
    lab.until("it joins again", |lab| lab.count(join) > joins || lab.now > changed_at + Duration::from_secs(20));
    assert!(lab.now < changed_at + Duration::from_secs(2), "the old join is in its way");
}
