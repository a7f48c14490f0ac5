//! Connections: when they are opened, reused, replaced and closed.

use super::*;

#[test]
fn calls_to_a_broker_share_a_connection_per_lane() {
    let mut rig = Rig::new();
    (0..5).for_each(|_| rig.list_groups(1).unwrap());
    assert_eq!(rig.opened(1), 1);
    let cluster = rig.cluster.clone();
    rig.run(async move { cluster.call(1, Lane::Group, PATIENCE, |_| of::ListGroupsRequest::default()).await }).unwrap();
    assert_eq!((rig.opened(1), rig.opened(2)), (2, 0));
}

#[test]
fn a_connection_that_the_broker_has_closed_is_replaced_without_an_error() {
    let mut rig = Rig::new();
    for opened in 1..5 {
        rig.list_groups(1).unwrap();
        assert_eq!(rig.opened(1), opened);
        rig.brokers.edit(|script| script.disconnect(1));
        rig.wait("it is closed", |rig| rig.brokers.open() == 0);
    }
    assert_eq!(rig.cluster.outages().count(), 0);
}

#[test]
fn a_broker_that_does_not_respond_in_time_is_named_and_connected_to_again() {
    let mut rig = Rig::new();
    rig.brokers.fault(1, LIST_GROUPS, Fault::Held);
    let begin = rig.now;
    let error = rig.list_groups(1).unwrap_err();
    let port = rig.brokers.edit(|script| script.ports[&1]);
    let text = format!("broker 1 at 127.0.0.1:{port} is silent: it has not responded for 3 s");
    assert_eq!((error, rig.now - begin), (CallError::TimedOut(text), Duration::from_secs(3)));
    rig.wait("the connection is closed", |rig| rig.brokers.open() == 0);
    rig.brokers.heal();
    rig.list_groups(1).unwrap();
    assert_eq!(rig.opened(1), 2);
}

/// By the system's clock: the time of the caller stands still. Once the error was `Resource temporarily unavailable`.
#[test]
fn a_handshake_without_a_response_is_silence() {
    let mut rig = Rig::with(Duration::from_secs(1));
    rig.step = Duration::ZERO;
    rig.brokers.fault(1, API_VERSIONS, Fault::Held);
    let error = rig.list_groups(1).unwrap_err();
    let port = rig.brokers.edit(|script| script.ports[&1]);
    let text = format!("broker 1 at 127.0.0.1:{port} is silent: it has not responded for 1 s");
    assert_eq!(error, CallError::TimedOut(text));
}

/// Once the thread went on: it sent what had waited behind the first call, or for the connection.
#[test]
fn what_waits_is_not_sent_when_a_cluster_is_dropped_and_its_threads_end() {
    for (held, sent) in [(LIST_GROUPS, 1), (API_VERSIONS, 0)] {
        let mut rig = Rig::new();
        rig.brokers.fault(1, held, Fault::Held);
        let tasks = (0..3).map(|_| {
            let cluster = rig.cluster.clone();
            let mut task = Task::new(async move {
                cluster.call(1, Lane::General, PATIENCE, |_| of::ListGroupsRequest::default()).await
            });
            assert!(task.poll().is_none());
            task
        });
        let tasks: Vec<_> = tasks.collect();
        rig.wait("it waits", |rig| rig.brokers.edit(|script| script.calls.waiting_for(held) == 1));
        drop(tasks);
        rig.cluster = Cluster::new(ClientSettings::default(), &Signal::new());
        if held == LIST_GROUPS {
            rig.wait("the connection is closed", |rig| rig.brokers.open() == 0);
        }
        rig.brokers.heal();
        rig.wait("the connection is closed", |rig| rig.brokers.open() == 0);
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!((rig.asked().len(), rig.brokers.open(), rig.opened(1)), (sent, 0, 1), "API {held}");
    }
}

#[test]
fn a_lane_that_is_closed_sends_nothing_more_and_others_stay() {
    let mut rig = Rig::new();
    rig.list_groups(1).unwrap();
    rig.brokers.fault(1, of::HeartbeatRequest::API_KEY, Fault::Held);
    let tasks = (0..2).map(|_| {
        let cluster = rig.cluster.clone();
        let mut task =
            Task::new(async move { cluster.call(1, Lane::Group, PATIENCE, |_| of::HeartbeatRequest::default()).await });
        assert!(task.poll().is_none());
        task
    });
    let tasks: Vec<_> = tasks.collect();
    rig.wait("it waits", |rig| rig.brokers.edit(|script| script.calls.waiting_for(of::HeartbeatRequest::API_KEY) == 1));
    rig.cluster.close(1, Lane::Group);
    for mut task in tasks {
        assert!(
            rig.run(async move {
                std::future::poll_fn(|_| task.poll().map_or(std::task::Poll::Pending, std::task::Poll::Ready)).await
            })
            .is_err()
        );
    }
    rig.brokers.heal();
    rig.list_groups(1).unwrap();
    let heartbeats = rig.brokers.edit(|script| script.calls.calls_of(of::HeartbeatRequest::API_KEY).len());
    assert_eq!((heartbeats, rig.opened(1)), (1, 2));
}

#[test]
fn connections_to_brokers_that_are_not_in_the_cluster_any_more_are_closed() {
    let mut rig = Rig::new();
    rig.cluster = Cluster::new(rig.brokers.client_of(&[1]), &Signal::new());
    rig.pass(Duration::ZERO);
    let look_up = |rig: &mut Rig| {
        let cluster = rig.cluster.clone();
        rig.run(async move { cluster.metadata(Some(Vec::new())).await }).unwrap();
    };
    look_up(&mut rig);
    rig.list_groups(3).unwrap();
    rig.brokers.edit(|script| script.absent.insert(3));
    look_up(&mut rig);
    rig.wait("it is closed", |rig| rig.brokers.edit(|script| script.open[&3] == 0));
    assert_eq!(rig.list_groups(3).unwrap_err().to_string(), "broker 3 is not in the cluster");
}

/// KIP-219.
#[test]
fn nothing_is_sent_to_a_broker_that_throttles_and_others_are_asked() {
    let mut rig = Rig::new();
    rig.brokers.edit(|script| script.throttle_ms = 5_000);
    rig.list_groups(1).unwrap();
    rig.brokers.edit(|script| script.throttle_ms = 0);
    let begin = rig.now;
    (0..3).for_each(|_| rig.any().unwrap());
    rig.list_groups(2).unwrap();
    assert_eq!(rig.now, begin);
    assert_eq!(rig.asked(), [1, 2, 2, 2, 2]);
    rig.list_groups(1).unwrap();
    assert_eq!(rig.now - begin, Duration::from_secs(5));
}

#[test]
fn an_idle_connection_is_closed_after_its_time_and_opened_again() {
    let mut rig = Rig::new();
    let client = ClientSettings { idle_max: Duration::from_millis(50), ..rig.brokers.client() };
    rig.cluster = Cluster::new(client, &Signal::new());
    rig.pass(Duration::ZERO);
    for opened in 1..4 {
        rig.any().unwrap();
        rig.wait("it is closed", |rig| rig.brokers.open() == 0);
        assert_eq!(rig.opened(1), opened);
    }
    assert_eq!(rig.cluster.outages().count(), 0);
}
