//! Commits, and what keeps those of a generation that is over from being accepted.

use super::*;
use crate::group::Member as _;

const COMMIT: i16 = of::OffsetCommitRequest::API_KEY;

#[test]
fn offsets_of_all_topics_are_committed_with_their_metadata() {
    let mut lab = Lab::new([2, 1]);
    let member = lab.add_with(lab.settings.clone(), &["t", "u"]);
    lab.until_stable();
    let token = lab.members[member].member.commit(&[at("t", 0, 5), at("u", 0, 7), at("t", 1, 6)]);
    lab.until("it is done", |lab| !lab.members[member].commits.is_empty());
    assert_eq!(lab.members[member].commits, [(token, Ok(()))]);
    let offsets = lab.brokers.edit(|script| script.calls.group(GROUP).offsets.clone());
    let offsets: Vec<_> = offsets.into_iter().map(|((topic, number), it)| (topic, number, it.0, it.1)).collect();
    let expected = [("t", 0, 5, "m5"), ("t", 1, 6, "m6"), ("u", 0, 7, "m7")];
    assert_eq!(
        offsets,
        expected.map(|(topic, number, offset, text)| (topic.to_owned(), number, offset, text.to_owned()))
    );
}

#[test]
fn a_commit_of_nothing_needs_no_broker() {
    let mut lab = Lab::new([2, 0]);
    let member = lab.add_joined();
    lab.members[member].member.commit(&[]);
    lab.until("it is done", |lab| lab.members[member].commits == [(1, Ok(()))]);
    assert_eq!(lab.count(COMMIT), 0);
}

#[test]
fn an_error_of_one_partition_is_the_error_of_the_commit() {
    let unknown = LogError::UnknownPartition { partition: TopicPartition::new("t", 1) };
    let too_large = LogError::Invalid { reason: "group `g`: OFFSET_METADATA_TOO_LARGE (12)".to_owned() };
    for (error, expected) in [(3, unknown), (12, too_large), (25, LogError::NotAMember)] {
        let mut lab = Lab::new([2, 0]);
        let member = lab.add_joined();
        lab.brokers.edit(|script| script.calls.fail_item(COMMIT, "t", 1, error, 1));
        lab.members[member].member.commit(&[at("t", 0, 5), at("t", 1, 6)]);
        lab.until("it is done", |lab| !lab.members[member].commits.is_empty());
        assert_eq!(lab.members[member].commits, [(1, Err(expected))]);
        assert_eq!((lab.committed(0), lab.committed(1)), (Some(5), None));
    }
}

/// Once a partition that the response had left out counted as committed.
#[test]
fn a_partition_that_the_response_leaves_out_was_not_committed() {
    let mut lab = Lab::new([2, 0]);
    let member = lab.add_joined();
    lab.brokers.edit(|script| script.calls.leave_out(COMMIT, "t", 0));
    let Err(LogError::Unavailable { reason }) = lab.commit(member, 0, 5) else { panic!("another outcome") };
    assert!(reason.contains("t-0"), "{reason}");
    lab.brokers.heal();
    assert_eq!(lab.commit(member, 0, 5), Ok(()));
}

/// Once a commit that waited for an earlier one was sent under the next generation, for partitions that others had owned since.
#[test]
fn a_commit_that_waits_is_not_sent_under_the_next_generation_of_a_member_that_was_lost() {
    for error in [22, 25] {
        let mut lab = Lab::new([2, 0]);
        let member = lab.add_joined();
        let id = lab.ids().remove(0);
        lab.brokers.fault(1, COMMIT, Fault::Held);
        lab.members[member].member.commit(&[at("t", 0, 5)]);
        lab.until_waiting(COMMIT);
        lab.members[member].member.commit(&[at("t", 0, 6)]);
        lab.brokers.edit(|script| script.calls.fail(of::HeartbeatRequest::API_KEY, error, 1));
        lab.until("it is lost", |lab| lab.members[member].reported("lost") == 1);
        if error == 25 {
            lab.brokers.edit(|script| script.calls.with_group(GROUP, |group, answers| group.expire(&id, answers)));
        }
        lab.until_stable();
        lab.brokers.heal();
        lab.until("both are done", |lab| lab.members[member].commits.len() == 2);
        let second = lab.members[member].commits.iter().find(|(token, _)| *token == 2).unwrap();
        assert_eq!(second.1, Err(LogError::NotAMember), "after error {error}");
        assert_ne!(lab.committed(0), Some(6), "after error {error}");
        assert_eq!(lab.commit(member, 0, 7), Ok(()));
    }
}

#[test]
fn a_commit_of_a_generation_that_is_over_is_refused() {
    let mut lab = Lab::new([2, 0]);
    let member = lab.add_joined();
    lab.brokers.edit(|script| script.calls.group(GROUP).generation += 1);
    assert_eq!(lab.commit(member, 0, 5), Err(LogError::RebalanceInProgress));
    lab.until("it is lost", |lab| lab.members[member].reported("lost") == 1);
    assert_eq!(lab.committed(0), None);
}

#[test]
fn a_member_that_is_none_commits_nothing() {
    let mut lab = Lab::new([2, 0]);
    (1..=3).for_each(|broker| lab.brokers.fault(broker, of::JoinGroupRequest::API_KEY, Fault::Held));
    let member = lab.add();
    assert_eq!(lab.commit(member, 0, 5), Err(LogError::NotAMember));
    assert_eq!(lab.count(COMMIT), 0);
}

#[test]
fn a_member_that_gives_partitions_away_may_commit_until_it_has() {
    let mut lab = Lab::new([2, 0]);
    let one = lab.add_joined();
    lab.members[one].is_prompt = false;
    lab.add();
    lab.until("it is told", |lab| lab.members[one].reported("revoked") == 1);
    for number in [0, 1] {
        assert_eq!(lab.commit(one, number, 5), Ok(()));
    }
}

#[test]
fn commits_are_carried_out_in_order() {
    let mut lab = Lab::new([1, 0]);
    let member = lab.add_joined();
    for offset in 1..=20 {
        lab.members[member].member.commit(&[at("t", 0, offset)]);
    }
    lab.until("all are done", |lab| lab.members[member].commits.len() == 20);
    let accepted = lab.brokers.edit(|script| script.calls.group(GROUP).accepted.clone());
    assert!(accepted.iter().map(|it| it.offset).eq(1..=20), "{accepted:?}");
}
