//! Members with an assignor of their own, alone and together with members without it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::brought::{BROUGHT, Brought, with_assignor};
use super::*;
use crate::group::Member as _;
use crate::group::MemberSettings;
use crate::group::consumer_protocol::Subscription;
use crate::group::cooperative_sticky;
use crate::group::join::Chosen;
use crate::testing::METADATA;

impl Lab {
    /// Adds a member of the topic `t` with the assignor, without waiting.
    fn add_new(&mut self, user_data: &str) -> (usize, Arc<Brought>) {
        let (settings, assignor) = with_assignor(&self.settings, user_data, &Arc::default());
        (self.add_with(settings, &["t"]), assignor)
    }

    fn protocol(&self) -> String {
        self.brokers.edit(|script| script.calls.group(GROUP).protocol.clone())
    }

    fn generation(&self) -> i32 {
        self.brokers.edit(|script| script.calls.group(GROUP).generation)
    }

    /// Waits until all partitions have owners under this protocol.
    #[track_caller]
    fn until_stable_by(&mut self, protocol: &str) {
        self.until_stable();
        assert_eq!(self.protocol(), protocol);
    }

    fn last_data(&self, member: usize) -> &str {
        let is_data = |report: &&String| report.contains("user data");
        self.members[member].reports.iter().rfind(is_data).map_or("", String::as_str)
    }
}

#[test]
fn a_member_offers_its_assignor_first_and_its_user_data_to_that_one_alone() {
    let mut lab = Lab::new([2, 0]);
    let (settings, _) = with_assignor(&lab.settings, "a", &Arc::default());
    lab.add_with(MemberSettings { rack: Some("r".to_owned()), ..settings }, &["t"]);
    lab.until_stable_by(BROUGHT);
    lab.members[0].member.rejoin("a test");
    lab.until("it joins again", |lab| lab.generation() == 2);
    let joins = lab.brokers.edit(|script| script.calls.requests_of::<of::JoinGroupRequest>());
    let last = joins.last().unwrap();
    let names: Vec<_> = last.protocols.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, [BROUGHT, cooperative_sticky::NAME]);
    let [own, sticky] = [0, 1].map(|it: usize| Subscription::decode(&last.protocols[it].metadata).unwrap());
    assert_eq!((own.user_data.clone(), own.rack.as_deref()), (Some(b"a".to_vec()), Some("r")));
    assert_eq!(own.owned.len(), 2);
    let expected = Subscription { user_data: Some(cooperative_sticky::user_data(own.generation)), rack: None, ..own };
    assert_eq!(sticky, expected, "what it owns is known to both");
    assert_eq!(last.reason.as_deref(), Some("a test"));
}

#[test]
fn user_data_comes_before_the_partitions_and_also_if_none_changes() {
    let mut lab = Lab::new([4, 0]);
    let (a, of_a) = lab.add_new("a");
    lab.until_stable_by(BROUGHT);
    let (b, _) = lab.add_new("b");
    lab.until_stable_by(BROUGHT);
    assert_eq!(lab.members[a].reports[..2], ["user data `a`", "assigned t-0 t-1 t-2 t-3"]);
    assert!(lab.members[a].reports[2..].starts_with(&["user data `a b`".to_owned(), "revoked t-2 t-3".to_owned()]));
    assert_eq!(lab.members[b].reports[..2], ["user data `a b`", "assigned "]);
    "a2".clone_into(&mut of_a.user_data.lock().unwrap());
    for rejoins in [a, b, a] {
        let (generation, reports) = (lab.generation(), [a, b].map(|it| lab.members[it].reports.len()));
        lab.members[rejoins].member.rejoin("a test");
        lab.until("both have joined again", |lab| lab.generation() > generation && lab.is_stable());
        for (member, before) in [a, b].into_iter().zip(reports) {
            assert_eq!(lab.members[member].reports[before..], ["user data `a2 b`"], "once, and nothing moves");
        }
        assert_eq!(lab.generation(), generation + 1);
    }
}

/// The rebalance in progress may not have the new user data, so another one follows.
#[test]
fn a_member_that_is_told_to_join_again_while_it_joins_does_so_afterwards() {
    let mut lab = Lab::new([2, 0]);
    let (a, of_a) = lab.add_new("a");
    lab.until_stable();
    lab.brokers.edit(|script| script.calls.group(GROUP).pending.insert("a phantom".to_owned()));
    lab.members[a].member.rejoin("a test");
    lab.until_waiting(of::JoinGroupRequest::API_KEY);
    "a2".clone_into(&mut of_a.user_data.lock().unwrap());
    lab.members[a].member.rejoin("a test");
    lab.brokers.edit(|script| script.calls.with_group(GROUP, |group, answers| group.expire("a phantom", answers)));
    lab.until("the new user data are known", |lab| lab.last_data(a) == "user data `a2`");
    assert_eq!(lab.members[a].reports[2..], ["user data `a`", "user data `a2`"]);
    lab.until_stable();
    assert_eq!(lab.generation(), 3);
}

/// While versions with the assignor and without it are in one group, it uses the one that both know.
#[test]
fn a_rolling_upgrade_and_a_rolling_downgrade_lose_nothing() {
    let mut lab = Lab::new([6, 0]);
    let old = [lab.add_joined(), lab.add_joined()];
    assert_eq!(lab.protocol(), cooperative_sticky::NAME);
    let (first, _) = lab.add_new("a");
    lab.until_stable_by(cooperative_sticky::NAME);
    assert_eq!(lab.last_data(first), "no user data");
    lab.leave(old[0]);
    let (second, _) = lab.add_new("b");
    lab.until_stable_by(cooperative_sticky::NAME);
    lab.leave(old[1]);
    lab.until_stable_by(BROUGHT);
    assert_eq!((lab.last_data(first), lab.last_data(second)), ("user data `a b`", "user data `a b`"));
    assert_eq!((lab.owned(first).len(), lab.owned(second).len()), (3, 3));
    let old = lab.add();
    lab.until_stable_by(cooperative_sticky::NAME);
    assert_eq!((lab.last_data(first), lab.last_data(second)), ("no user data", "no user data"));
    lab.leave(first);
    lab.leave(second);
    lab.until_stable_by(cooperative_sticky::NAME);
    assert_eq!(lab.owned(old).len(), 6);
    assert!(lab.members.iter().all(|member| member.reported("lost") == 0 && member.fatal.is_none()));
    assert!(lab.members[old].reports.iter().all(|report| !report.contains("user data")));
}

#[test]
fn an_assignor_that_fails_is_reported_by_the_leader_and_tried_again_less_and_less_often() {
    let mut lab = Lab::new([4, 0]);
    let fails = Arc::new(AtomicBool::new(false));
    let (settings, _) = with_assignor(&lab.settings, "a", &fails);
    lab.add_with(settings, &["t"]);
    lab.until_stable();
    fails.store(true, Ordering::Relaxed);
    let (settings, _) = with_assignor(&lab.settings, "b", &fails);
    lab.add_with(settings, &["t"]);
    let began = lab.now;
    lab.until("both have an answer", |lab| lab.last_data(0) == "user data ``" && lab.last_data(1) == "user data ``");
    // The first member notices the rebalance with its next heartbeat.
    assert!(lab.now - began < Duration::from_secs(5), "after {:?}", lab.now - began);
    lab.pass(Duration::from_secs(120));
    assert_eq!((lab.owned(0).len(), lab.owned(1).len()), (4, 0), "they keep what they have");
    let reports = lab.members[0].reported("failed: ");
    // After 1, 2, 4, 8, 16, 30, 30 and 30 s, and some for the heartbeats.
    assert!((5..=9).contains(&reports), "{reports} reports");
    assert_eq!(lab.members[1].reported("failed: "), 0, "the leader reports it");
    let report = lab.members[0].reports.iter().find(|report| report.starts_with("failed")).unwrap();
    assert!(report.contains("the assignor `brought` cannot divide") && report.ends_with(": no idea"), "{report}");
    assert_eq!(lab.commit(0, 0, 5), Ok(()), "its work goes on");
    fails.store(false, Ordering::Relaxed);
    lab.until("they share", |lab| (lab.owned(0).len(), lab.owned(1).len()) == (2, 2));
    lab.until_stable_by(BROUGHT);
    let generation = lab.generation();
    lab.pass(Duration::from_secs(60));
    assert_eq!(lab.generation(), generation, "and there is an end to it");
}

/// Both a member and its leader looked up the same topics at each join, one right after the other.
#[test]
fn a_leader_looks_up_its_topics_once() {
    let mut lab = Lab::new([2, 2]);
    lab.add_joined();
    let before = lab.count(METADATA);
    lab.members[0].member.rejoin("a test");
    lab.until("it joins again", |lab| lab.generation() == 2 && lab.is_stable());
    assert_eq!(lab.count(METADATA) - before, 1);
    lab.members[0].member.subscribe(&[Topic::from("t"), Topic::from("missing")]);
    let before = lab.count(METADATA);
    lab.until("it joins again", |lab| lab.generation() == 3 && lab.is_stable());
    assert!(lab.count(METADATA) - before > 2, "it looks for the missing one for a while");
}

#[test]
fn a_protocol_that_the_member_has_not_offered_is_an_error_that_names_it() {
    let (settings, _) = with_assignor(&Lab::new([0, 0]).settings, "a", &Arc::default());
    assert!(matches!(Chosen::new(&settings, Some(BROUGHT)), Ok(Chosen::Brought(_))));
    assert!(matches!(Chosen::new(&settings, Some(cooperative_sticky::NAME)), Ok(Chosen::CooperativeSticky)));
    for protocol in [Some("range"), None] {
        let refused = Chosen::new(&settings, protocol).err().unwrap();
        let text = format!("{refused:?}");
        let expected = format!("the protocol `{}`, which this member has not offered", protocol.unwrap_or_default());
        assert!(text.contains(&expected), "{text}");
    }
}
