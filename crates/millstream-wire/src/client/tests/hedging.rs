//! Requests that any broker can respond to.

use super::*;

#[test]
fn a_silent_broker_delays_a_request_by_half_a_second_once() {
    let mut rig = Rig::new();
    rig.brokers.silence(1);
    let begin = rig.now;
    rig.any().unwrap();
    let first = rig.now - begin;
    assert!(first >= Duration::from_millis(500) && first <= Duration::from_millis(700), "{first:?}");
    // Once each of these took as long.
    let begin = rig.now;
    (0..10).for_each(|_| rig.any().unwrap());
    assert_eq!(rig.now - begin, Duration::ZERO);
    assert!(!rig.asked()[1..].contains(&1), "{:?}", rig.asked());
}

/// Of a hundred bootstrap servers only the last one responded. By the time it was asked, the request had taken long enough to fail at once.
#[test]
fn the_last_broker_gets_its_time_however_long_the_others_have_taken() {
    let mut rig = Rig::with(Duration::from_millis(450));
    rig.brokers.silence(1);
    rig.brokers.silence(2);
    rig.any().unwrap();
    assert_eq!(rig.asked().last(), Some(&3));
}

#[test]
fn a_silent_broker_delays_no_call_to_another() {
    let mut rig = Rig::new();
    rig.brokers.silence(1);
    let (cluster, begin) = (rig.cluster.clone(), rig.now);
    let mut held =
        Task::new(async move { cluster.call(1, Lane::General, PATIENCE, |_| of::ListGroupsRequest::default()).await });
    assert!(held.poll().is_none());
    (0..5).for_each(|_| rig.list_groups(2).unwrap());
    assert_eq!(rig.now - begin, Duration::ZERO);
    assert!(held.poll().is_none());
}

#[test]
fn a_broker_that_fails_is_followed_by_the_next_one_at_once() {
    let mut rig = Rig::new();
    for broker in [1, 2] {
        rig.brokers.fault(broker, API_VERSIONS, Fault::Instead(Vec::new()));
    }
    let begin = rig.now;
    rig.any().unwrap();
    assert!(rig.now - begin < Duration::from_millis(100), "{:?}", rig.now - begin);
    assert_eq!(rig.asked(), [3]);
}

#[test]
fn when_all_brokers_fail_one_error_names_one_and_one_outage_is_reported() {
    let unreachable = Fault::Instead(Vec::new());
    for (fault, text) in [(unreachable, "cannot be used: "), (Fault::Held, "is silent: it has not responded for ")] {
        let mut rig = Rig::new();
        (1..=3).for_each(|broker| rig.brokers.fault(broker, API_VERSIONS, fault.clone()));
        (1..=3).for_each(|broker| rig.brokers.fault(broker, LIST_GROUPS, fault.clone()));
        let error = rig.any().unwrap_err().to_string();
        let ports = rig.brokers.edit(|script| script.ports.clone());
        let names_one = ports.values().any(|port| error.contains(&format!("127.0.0.1:{port} {text}")));
        assert!(names_one, "{error}");
        let outages: Vec<String> = rig.cluster.outages().collect();
        assert!(outages.len() == 1 && outages[0].ends_with(&error), "{outages:?}");
        rig.brokers.heal();
        rig.any().unwrap();
        assert_eq!(rig.cluster.outages().count(), 0);
    }
}

#[test]
fn without_brokers_the_error_says_so() {
    let mut rig = Rig::new();
    rig.cluster = Cluster::new(ClientSettings::default(), &Signal::new());
    assert_eq!(rig.any().unwrap_err().to_string(), "no broker is named");
    assert_eq!(rig.list_groups(7).unwrap_err().to_string(), "broker 7 is not in the cluster");
}
