//! Alerts with an HTTP receiver on this machine that works, is slow, fails, is unreachable, or gets many alerts at once.

#![allow(clippy::unwrap_used)]
#![expect(clippy::disallowed_methods, reason = "the receiver is a real one, on a thread, and takes real time")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::*;
use crate::SystemClock;
use crate::events::{Event, EventKind, EventSettings, EventSink, Failure, FailureKind};

/// A limit for waits that should end much earlier.
const SOON: Duration = Duration::from_secs(20);

/// How the receiver responds to a request.
#[derive(Clone, Copy)]
enum Reply {
    Status(u16),
    AfterMillis(u64),
    /// With 200, when the test says so by [`HttpReceiver::respond`].
    OnRelease,
    HangUp,
}

/// A received request.
#[derive(Debug)]
struct Request {
    head: String,
    body: Value,
}

/// An HTTP receiver that gives these responses one after the other, and the last one from then on.
struct HttpReceiver {
    url: String,
    requests: Receiver<Request>,
    release: mpsc::Sender<()>,
}

fn receiver(replies: &'static [Reply]) -> HttpReceiver {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook/s3cret?key=s3cret", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::channel();
    let (release, released) = mpsc::channel();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { return };
            let Some(request) = read_request(&mut stream) else { continue };
            if sender.send(request).is_err() {
                return;
            }
            reply(&mut stream, replies[number.min(replies.len() - 1)], &released);
        }
    });
    HttpReceiver { url, requests, release }
}

fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "))?.trim().parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { head, body: serde_json::from_slice(&body).ok()? })
}

fn reply(stream: &mut TcpStream, reply: Reply, released: &Receiver<()>) {
    let status = match reply {
        Reply::Status(status) => status,
        Reply::AfterMillis(delay) => {
            thread::sleep(Duration::from_millis(delay));
            200
        }
        Reply::OnRelease => {
            // Or when the test is over.
            let _ = released.recv();
            200
        }
        Reply::HangUp => return,
    };
    // The client may have given up meanwhile.
    let _ = write!(stream, "HTTP/1.1 {status} Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

impl HttpReceiver {
    fn config(&self) -> AlertConfig {
        let mut config = AlertConfig::new(&self.url).unwrap();
        config.backoff_min = Duration::from_millis(5);
        config.backoff_max = Duration::from_millis(20);
        config.attempts_max = 3;
        config.settle = Duration::from_millis(5);
        config
    }

    fn respond(&self) {
        self.release.send(()).unwrap();
    }

    fn next(&self) -> Request {
        self.requests.recv_timeout(SOON).expect("a request")
    }
}

struct Sender {
    events: EventSink,
    alerts: Alerts,
    received: Arc<Mutex<Vec<Event>>>,
}

fn start(config: AlertConfig) -> Sender {
    let settings = EventSettings { lines: false, ..EventSettings::default() };
    let events = EventSink::to_stdout("app", &settings, Arc::new(SystemClock::new()));
    let received: Arc<Mutex<Vec<Event>>> = Arc::default();
    let to_test = received.clone();
    events.add_listener(move |event| to_test.lock().unwrap().push(event.clone()));
    let alerts = Alerts::start(config, &events).unwrap();
    Sender { events, alerts, received }
}

impl Sender {
    fn fail(&self, number: usize) {
        let reason = format!("fault {number}");
        self.events.emit(EventKind::LogFailed { reason });
    }

    /// Emits a problem with a subject for this number, so that each number has a separate alert.
    fn fail_subject(&self, number: usize) {
        let reason = format!("fault {number}");
        self.events.emit(EventKind::StateDiscarded { directory: format!("state/0_{number}"), reason });
    }

    /// The events about alerts, as JSON.
    fn alert_events(&self) -> Vec<Value> {
        let received = self.received.lock().unwrap();
        let about_alerts = received.iter().filter(|event| event.kind.name().starts_with("alert"));
        about_alerts.map(|event| serde_json::from_str(&event.to_json()).unwrap()).collect()
    }
}

#[test]
fn only_events_that_need_a_person_are_sent() {
    let receiver = receiver(&[Reply::Status(204)]);
    let sender = start(receiver.config().with_token("t0ken").unwrap());
    sender.events.emit(EventKind::TaskRunning);
    sender.fail(1);
    let request = receiver.next();
    assert!(request.head.starts_with("POST /hook/s3cret?key=s3cret HTTP/1.1\r\n"), "{}", request.head);
    let head = request.head.to_ascii_lowercase();
    assert!(head.contains("content-type: application/json\r\n") && head.contains("authorization: bearer t0ken\r\n"));
    assert_eq!(request.body["event"], "log_failed");
    assert_eq!(request.body["message"], "The log refuses this client for good: fault 1.");
    assert_eq!(request.body["alerts_dropped"], 0);
    assert!(request.body["alert_id"].as_str().unwrap().starts_with("app-"));
    assert!(sender.alerts.close(SOON));
    assert!(sender.alert_events().is_empty());
    assert!(receiver.requests.try_recv().is_err(), "one request is enough");
}

#[test]
fn texts_that_may_quote_a_record_are_sent_only_if_allowed() {
    for quotes_allowed in [false, true] {
        let receiver = receiver(&[Reply::Status(200)]);
        let mut config = receiver.config();
        config.quotes_allowed = quotes_allowed;
        let sender = start(config);
        let failure = Failure::new(FailureKind::Deserialization, "not a number: \"Eve\"");
        sender.events.emit(EventKind::TaskFailed(failure));
        assert_eq!(receiver.next().body.to_string().contains("Eve"), quotes_allowed);
    }
}

#[test]
fn a_failed_delivery_is_retried_with_the_same_id() {
    let receiver = receiver(&[Reply::Status(500), Reply::HangUp, Reply::Status(200)]);
    let sender = start(receiver.config());
    sender.fail(1);
    let ids = [receiver.next(), receiver.next(), receiver.next()].map(|request| request.body["alert_id"].to_string());
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert!(sender.alerts.close(SOON));
    assert!(sender.alert_events().is_empty());
}

#[test]
fn a_slow_receiver_is_given_up_and_reported_without_its_secrets() {
    let receiver = receiver(&[Reply::OnRelease]);
    let mut config = receiver.config();
    config.timeout = Duration::from_millis(50);
    config.attempts_max = 2;
    let sender = start(config);
    sender.fail(1);
    assert!(sender.alerts.close(SOON));
    let alert_events = sender.alert_events();
    assert_eq!(alert_events.len(), 1);
    assert_eq!((&alert_events[0]["event"], &alert_events[0]["alert"]), (&"alert_failed".into(), &"log_failed".into()));
    assert_eq!(alert_events[0]["attempts"], 2);
    assert_eq!(alert_events[0]["reason"], "no response within 50 ms");
    assert!(!alert_events[0].to_string().contains("s3cret"));
}

#[test]
fn limits_may_be_for_ever() {
    let receiver = receiver(&[Reply::Status(500), Reply::Status(200)]);
    let mut config = receiver.config();
    config.timeout = Duration::MAX;
    (config.repeat_interval, config.resolve_after, config.close_limit) = (Duration::MAX, Duration::MAX, Duration::MAX);
    let sender = start(config);
    sender.fail(1);
    assert_eq!(receiver.next().body["event"], "log_failed");
    assert!(sender.alerts.close(SOON), "the thread that delivers is still there");
    assert_eq!(receiver.next().body["event"], "log_failed");
}

#[test]
fn a_backoff_may_be_for_ever() {
    let receiver = receiver(&[Reply::Status(500), Reply::Status(200)]);
    let mut config = receiver.config();
    (config.backoff_min, config.backoff_max) = (Duration::MAX, Duration::MAX);
    let sender = start(config);
    sender.fail(1);
    assert_eq!(receiver.next().body["event"], "log_failed");
    assert!(sender.alerts.close(SOON), "the thread that delivers is still there");
}

#[test]
fn an_unreachable_receiver_is_reported() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut config = AlertConfig::new(&format!("http://{unused}/s3cret")).unwrap();
    config.backoff_min = Duration::from_millis(5);
    config.attempts_max = 2;
    let sender = start(config);
    sender.fail(1);
    assert!(sender.alerts.close(SOON));
    let alert_events = sender.alert_events();
    assert_eq!(alert_events[0]["reason"], "connection refused");
    assert_eq!(alert_events[0]["receiver"], format!("http://{unused}"));
}

#[test]
fn a_refusal_and_a_redirect_are_final() {
    for (replies, status) in [(&[Reply::Status(403)], 403), (&[Reply::Status(302)], 302)] {
        let receiver = receiver(replies);
        let sender = start(receiver.config());
        sender.fail(1);
        assert!(sender.alerts.close(SOON));
        let alert_events = sender.alert_events();
        assert_eq!(alert_events[0]["attempts"], 1);
        assert_eq!(alert_events[0]["reason"], format!("the receiver responded with status {status}"));
    }
}

#[test]
fn a_full_queue_drops_the_latest_counts_them_and_never_holds_up_processing() {
    let receiver = receiver(&[Reply::OnRelease, Reply::Status(200)]);
    let mut config = receiver.config();
    (config.queue_max, config.timeout) = (2, SOON * 3);
    let sender = start(config);
    sender.fail_subject(0);
    let first = receiver.next();
    let begun = Instant::now();
    (1..=10).for_each(|number| sender.fail_subject(number));
    assert!(begun.elapsed() < SOON, "emitting waited for the receiver");
    receiver.respond();
    assert!(sender.alerts.close(SOON));
    let rest = [receiver.next(), receiver.next()];
    let delivered: Vec<_> =
        std::iter::once(&first).chain(&rest).map(|request| request.body["reason"].clone()).collect();
    assert_eq!(delivered, ["fault 0", "fault 1", "fault 2"]);
    assert_eq!(rest[0].body["alerts_dropped"], 8);
    let alert_events = sender.alert_events();
    assert_eq!((&alert_events[0]["event"], &alert_events[0]["count"]), (&"alerts_dropped".into(), &8.into()));
}

#[test]
fn closing_waits_for_a_pending_alert() {
    let receiver = receiver(&[Reply::Status(503), Reply::AfterMillis(100)]);
    let mut config = receiver.config();
    config.backoff_min = Duration::from_secs(600);
    config.backoff_max = Duration::from_secs(600);
    let sender = start(config);
    sender.fail(1);
    receiver.next();
    assert!(sender.alerts.close(SOON), "closing shortens the backoff");
    receiver.next();
    assert!(sender.alert_events().is_empty());
}

#[test]
fn closing_waits_no_longer_than_its_limit_and_reports_what_is_left() {
    let receiver = receiver(&[Reply::OnRelease]);
    let mut config = receiver.config();
    config.timeout = SOON * 3;
    let sender = start(config);
    (0..3).for_each(|number| sender.fail_subject(number));
    receiver.next();
    let begun = Instant::now();
    assert!(!sender.alerts.close(Duration::from_millis(50)));
    assert!(begun.elapsed() < SOON);
    let alert_events = sender.alert_events();
    assert_eq!((&alert_events[0]["event"], &alert_events[0]["count"]), (&"alerts_dropped".into(), &3.into()));
}

#[test]
fn dropping_delivers_what_is_pending() {
    let receiver = receiver(&[Reply::Status(200)]);
    let sender = start(receiver.config());
    sender.fail(1);
    drop(sender.alerts);
    assert!(receiver.requests.try_recv().is_ok());
}

#[test]
fn a_problem_has_one_alert_when_it_begins_and_one_when_it_is_resolved() {
    let receiver = receiver(&[Reply::Status(200)]);
    let sender = start(receiver.config());
    let threads = ["a", "b", "c"].map(|thread| sender.events.for_thread(thread));
    let outage = || EventKind::LogUnavailable { reason: "no broker".to_owned(), lasting: Duration::from_secs(60) };
    threads.iter().for_each(|thread| thread.emit(outage()));
    let begun = receiver.next().body;
    assert_eq!((&begun["event"], &begun["status"]), (&"log_unavailable".into(), &"firing".into()));
    threads.iter().for_each(|thread| thread.emit(EventKind::LogAvailable { lasted: Duration::from_secs(61) }));
    let over = receiver.next().body;
    assert_eq!(
        (&over["event"], &over["status"], &over["level"]),
        (&"log_unavailable".into(), &"resolved".into(), &"info".into())
    );
    assert_eq!(over["problem_id"], begun["problem_id"]);
    assert_ne!(over["alert_id"], begun["alert_id"]);
    assert!(over["message"].as_str().unwrap().starts_with("Resolved after "), "{over}");
    assert!(sender.alerts.close(SOON));
    assert!(receiver.requests.try_recv().is_err(), "two alerts are enough for three threads");
}
