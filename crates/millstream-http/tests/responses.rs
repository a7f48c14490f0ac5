//! The responses of each path, in each state of the application.

#![allow(clippy::unwrap_used)]

mod support;

use std::net::TcpStream;
use std::time::Duration;

use millstream_http::{HttpConfig, HttpError, HttpServer};
use millstream_observe::events::{EventKind, Failure, FailureKind, State};
use serde_json::{Value, json};

use support::{send_request, start};

#[test]
fn live_is_200_until_the_application_has_ended() {
    let application = start(|_| ());
    for state in [State::Rebalancing, State::Running, State::Draining] {
        application.goes_to(state);
        let response = application.get("/live");
        assert_eq!((response.status, response.body), (200, format!("{state}\n")));
    }
    application.goes_to(State::Closed);
    let response = application.get("/live");
    assert_eq!((response.status, response.body.as_str()), (503, "closed\n"), "it still responds");
}

#[test]
fn ready_is_200_while_it_runs_and_otherwise_has_the_reason() {
    let application = start(|_| ());
    application.goes_to(State::Rebalancing);
    let thread = EventKind::ThreadState { from: State::Created, to: State::Rebalancing };
    application.events.for_thread("app-1").emit(thread);
    let response = application.get("/ready");
    assert_eq!(response.status, 503);
    assert!(response.head.contains("content-type: application/json"), "{}", response.head);
    let expected = json!({
        "ready": false,
        "reason": "the application is not running; its state is rebalancing",
        "application": "app",
        "state": "rebalancing",
        "paused": false,
        "threads": {"app-1": "rebalancing"},
    });
    assert_eq!(serde_json::from_str::<Value>(&response.body).unwrap(), expected);
    application.goes_to(State::Running);
    let response = application.get("/ready");
    assert_eq!((response.status, response.body.as_str()), (200, "running\n"));
}

#[test]
fn a_long_outage_of_the_log_makes_it_unready_until_it_ends() {
    let application = start(|config| config.log_outage_max = Duration::from_secs(30));
    application.goes_to(State::Running);
    let thread = application.events.for_thread("app-1");
    thread.emit(EventKind::LogUnavailable { reason: "no broker".to_owned(), lasting: Duration::ZERO });
    application.clock.advance(Duration::from_secs(30));
    assert_eq!(application.get("/ready").status, 200);
    application.clock.advance(Duration::from_secs(1));
    let response = application.get("/ready");
    let body: Value = serde_json::from_str(&response.body).unwrap();
    assert_eq!(response.status, 503);
    assert_eq!(body["reason"], "the log has not been reachable for 31 s: no broker");
    assert_eq!((&body["log_unavailable_ms"], &body["state"]), (&31_000.into(), &"running".into()));
    assert!(application.get("/metrics").body.contains("millstream_log_available{application=\"app\"} 0\n"));
    assert_eq!(application.get("/live").status, 200, "a restart would not help");
    thread.emit(EventKind::LogAvailable { lasted: Duration::from_secs(31) });
    assert_eq!(application.get("/ready").status, 200);
    assert!(application.get("/metrics").body.contains("millstream_log_available{application=\"app\"} 1\n"));
}

#[test]
fn a_failure_is_shown_without_data_of_records() {
    let application = start(|_| ());
    let failure = Failure::new(FailureKind::Deserialization, "not a number: \"Mallory\"").in_node("source");
    application.events.emit(EventKind::ApplicationFailed(failure));
    application.goes_to(State::Error);
    let response = application.get("/ready");
    assert!(!response.body.contains("Mallory"), "{}", response.body);
    let body: Value = serde_json::from_str(&response.body).unwrap();
    assert_eq!(body["reason"], "the application failed: a record could not be read in node source");
    assert_eq!(body["failure"]["cause"], "deserialization");
}

#[test]
fn metrics_have_the_format_of_prometheus() {
    let application = start(|_| ());
    let recorder = application.registry.task(millstream_types::TaskId::new(0, 1), Default::default());
    application.goes_to(State::Running);
    let response = application.get("/metrics");
    assert_eq!(response.status, 200);
    assert!(response.head.contains("content-type: text/plain; version=0.0.4"), "{}", response.head);
    assert!(response.body.contains("millstream_application_state{application=\"app\",state=\"running\"} 1\n"));
    assert!(response.body.contains("millstream_commit_duration_seconds_count{application=\"app\",task=\"0_1\"} 0\n"));
    drop(recorder);
}

#[test]
fn other_paths_and_methods_are_refused() {
    let application = start(|_| ());
    assert_eq!(application.get("/").status, 404);
    assert_eq!(application.get("/live/../metrics").status, 404);
    let post = send_request(application.address(), "POST /live HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    assert_eq!(post.status, 405);
    let head = send_request(application.address(), "HEAD /live HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn the_error_about_a_used_address_names_it() {
    let application = start(|_| ());
    let observer = millstream_observe::Observer::new(&application.events, application.registry.clone());
    let error = HttpServer::start(HttpConfig::new(application.address()), observer).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("cannot listen on") && text.contains(&application.address().to_string()), "{text}");
    assert!(matches!(error, HttpError::Listen { .. }));
}

#[test]
fn a_closed_server_frees_its_port() {
    let application = start(|_| ());
    let address = application.address();
    application.assert_responds();
    application.server.close();
    assert!(TcpStream::connect(address).is_err());
}
