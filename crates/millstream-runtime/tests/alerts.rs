//! Alerts of an application: one alert for each problem, and one when it is resolved.

#![allow(clippy::unwrap_used)]
#![expect(clippy::disallowed_methods, reason = "the receiver of alerts is a real one, on a thread")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use millstream_core::StreamsBuilder;
use millstream_observe::alerts::AlertConfig;
use millstream_observe::events::{State, ThreadAction};
use millstream_runtime::{Streams, StreamsConfig, UncaughtErrors};
use serde_json::Value;

use support::{LIMIT, config, feed, log};

/// An HTTP receiver of alerts, and the channel that gets their bodies.
fn receiver() -> (AlertConfig, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = AlertConfig::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    // Longer than a busy machine takes from the first event of a failure to the last.
    config.settle = Duration::from_secs(5);
    config.resolve_after = Duration::from_millis(300);
    let (sender, bodies) = mpsc::sync_channel(100);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            _ = sender.send(read_body(stream.unwrap()));
        }
    });
    (config, bodies)
}

fn read_body(mut stream: TcpStream) -> Value {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line).unwrap() > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    stream.write_all(b"HTTP/1.1 204 Taken\r\nConnection: close\r\n\r\n").unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[test]
fn one_poison_record_is_one_alert_without_its_bytes() {
    let (alerts, bodies) = receiver();
    let log = log();
    let builder = StreamsBuilder::new();
    builder.stream::<Option<String>, i64>("words").to("counts");
    let topology = builder.build().unwrap();
    let settings = StreamsConfig { threads: 2, ..config("app") };
    let streams = Streams::new(topology, settings).with_log(log.clone()).with_alerts(alerts).start().unwrap();
    feed(&log, ["12345678", "Mallory's secret"]);
    assert_eq!(streams.wait_until(State::Error, LIMIT), State::Error);
    drop(streams);
    let alert = bodies.recv_timeout(LIMIT).unwrap();
    assert_eq!((&alert["event"], &alert["status"]), (&"application_failed".into(), &"firing".into()));
    assert_eq!((&alert["cause"], &alert["offset"]), (&"deserialization".into(), &0.into()));
    assert!(!alert.to_string().contains("Mallory"), "{alert}");
    let more: Vec<Value> = bodies.try_iter().collect();
    assert!(more.is_empty(), "{more:?}");
}

#[test]
fn a_thread_that_is_replaced_and_runs_again_is_resolved() {
    let (alerts, bodies) = receiver();
    let log = log();
    let is_armed = AtomicBool::new(true);
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words");
    words.peek(move |_, _| assert!(!is_armed.swap(false, Ordering::SeqCst), "the bomb went off")).to("counts");
    let streams = Streams::new(builder.build().unwrap(), config("app"))
        .with_log(log.clone())
        .with_uncaught_errors(UncaughtErrors::always(ThreadAction::Replace))
        .with_alerts(alerts)
        .start()
        .unwrap();
    feed(&log, ["a"]);
    let firing = bodies.recv_timeout(LIMIT).unwrap();
    assert_eq!((&firing["event"], &firing["status"]), (&"thread_failed".into(), &"firing".into()));
    let resolved = bodies.recv_timeout(LIMIT).unwrap();
    assert_eq!((&resolved["status"], &resolved["problem_id"]), (&"resolved".into(), &firing["problem_id"]));
    assert_eq!(streams.health().state, State::Running);
    assert_eq!(streams.health().threads.len(), 1);
    streams.close_blocking(LIMIT).unwrap();
    assert!(bodies.try_recv().is_err());
}

#[test]
fn an_observer_outlives_its_handle() {
    let streams = support::run(support::counting(), StreamsConfig { threads: 2, ..config("app") }, &log());
    let observer = streams.observer();
    assert_eq!(observer.health().readiness(Duration::ZERO), Ok(()));
    // The group may rebalance once more when the second thread has joined.
    support::eventually("both threads should run", || {
        let health = observer.health();
        health.threads.len() == 2 && health.threads.values().all(|state| *state == State::Running)
    });
    support::eventually("metrics should have the same health", || observer.metrics().health == Some(observer.health()));
    streams.close_blocking(LIMIT).unwrap();
    drop(streams);
    let health = observer.health();
    assert!(!health.is_live() && health.threads.is_empty(), "{health:?}");
}
