//! Tests the binary `wordcount` on a real broker, as processes: any number of copies on Kafka, with stops and restarts, count the
//! same as one process on its own log; and its error messages.

#![allow(clippy::unwrap_used)]

mod copy;
mod guarded;
#[cfg(feature = "http")]
mod http;
mod place;
#[path = "../../../crates/millstream-kafka/tests/support/mod.rs"]
mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use copy::{Copy, WAIT_MAX, eventually};
use guarded::Guarded;
use place::{Place, counted_alone, text, wordcount, words};
use support::Broker;

#[test]
fn after_a_stop_and_a_restart_it_counts_the_same_as_one_process() {
    stop_and_start(&Place::new("again"));
}

#[test]
fn after_a_stop_and_a_restart_it_counts_the_same_on_kafka_3_9() {
    let broker = Broker::start_version(Some("3.9.1".to_owned()), &[]);
    stop_and_start(&Place::on(Arc::new(broker), "again-3-9"));
}

/// Enough words that counting them takes longer than stopping, on a fast machine too.
const WORDS_FOR_A_WHILE: usize = 1_000_000;

fn stop_and_start(place: &Place) {
    let text = place.feed("text", WORDS_FOR_A_WHILE);
    for signal in ["-TERM", "-INT"] {
        let copy = place.start(&[]);
        copy.await_event("progress", |event| event["records"].as_u64() > Some(0));
        copy.stop(signal);
        assert!(words(&place.counts()) < WORDS_FOR_A_WHILE, "it was stopped too late to show anything");
    }
    let copy = place.start(&[]);
    place.await_words(WORDS_FOR_A_WHILE);
    copy.stop("-TERM");
    assert_eq!(place.counts(), counted_alone(place, &[&text]));
}

#[test]
fn a_second_copy_takes_a_share_and_all_tasks_when_the_first_leaves() {
    let place = Place::new("share");
    let first_text = place.feed("first", 50_000);
    let first = place.start(&[]);
    first.await_event("progress", |event| event["tasks"] == 8);
    let second = place.start(&[]);
    second.await_event("progress", |event| event["tasks"].as_u64() > Some(0));
    first.await_event("progress", |event| event["tasks"].as_u64() < Some(8));
    let second_text = place.feed("second", 50_000);
    place.await_words(100_000);
    first.stop("-TERM");
    second.await_event("progress", |event| event["tasks"] == 8);
    let third_text = place.feed("third", 50_000);
    place.await_words(150_000);
    second.stop("-INT");
    assert_eq!(place.counts(), counted_alone(&place, &[&first_text, &second_text, &third_text]));
}

#[test]
fn texts_that_are_named_are_fed_while_it_counts() {
    let place = Place::new("fed");
    let path = place.path("text");
    fs::write(&path, text(10_000)).unwrap();
    let copy = place.start(&["--create-topics", "--partitions", "2", &path]);
    copy.await_event("topic_created", |event| event["partitions"] == 2);
    place.await_words(10_000);
    copy.stop("-TERM");
    let shown = place.run(&["--show", "--top", "0"]);
    assert_eq!(String::from_utf8(shown.stdout).unwrap(), "10,000 words, 1,000 of them distinct\n");
}

#[cfg(not(feature = "http"))]
#[test]
fn a_build_without_http_reports_it() {
    let place = Place::new("without-http");
    place.feed("text", 10);
    let sentences = ["this build has no HTTP server in it", "the feature `http`"];
    check_refused(&mut place.command(&["--listen", "127.0.0.1:0"]), 1, &sentences);
}

#[track_caller]
fn check_refused(command: &mut Command, code: i32, sentences: &[&str]) {
    let begin = Instant::now();
    let ended = command.output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(code), "{said}");
    assert!(sentences.iter().all(|sentence| said.contains(sentence)), "{said}");
    assert!(!said.contains("panicked") && begin.elapsed() < Duration::from_secs(20), "{said}");
}

#[test]
fn errors_are_reported_at_once_in_a_sentence() {
    let place = Place::new("wrong");
    let missing = ["no topic `wrong-lines` and no `wrong-counts` at", "--create-topics"];
    check_refused(&mut place.command(&[]), 1, &missing);
    check_refused(&mut place.command(&["--show"]), 1, &["no topic `wrong-counts` at"]);
    check_refused(&mut place.command(&["--feed-only"]), 1, &missing);
    let no_broker = ["no broker responds at 127.0.0.1:1, for 2 s now", "check the address"];
    check_refused(&mut wordcount(&["--bootstrap", "127.0.0.1:1", "--connect-limit", "2"]), 1, &no_broker);
    check_refused(&mut place.command(&["--set", "no.such.thing=1"]), 1, &["there is no Kafka setting `no.such.thing`"]);
    check_refused(&mut place.command(&["--set", "group.id=x"]), 1, &["`group.id` is Millstream's own"]);
    check_refused(&mut place.command(&["--threads", "none"]), 2, &["--threads"]);

    let settings = place.path("settings");
    fs::write(&settings, "# comment\nlinger.ms=5\n\nnothing\n").unwrap();
    check_refused(&mut place.command(&["--settings-file", &settings]), 1, &["line 4 of", "NAME=VALUE"]);
    check_refused(&mut place.command(&["--settings-file", &place.path("none")]), 1, &["cannot read", "none"]);
}

#[test]
fn environment_variables_have_the_same_effect_as_options() {
    let place = Place::new("environment");
    let mut command = wordcount(&["--feed-only"]);
    command.env("WORDCOUNT_BOOTSTRAP", place.broker.bootstrap()).env("WORDCOUNT_SOURCE", "environment-lines");
    check_refused(&mut command, 1, &["no topic `environment-lines`"]);
    let settings = place.path("settings");
    fs::write(&settings, "enable.idempotence = false\n").unwrap();
    check_refused(command.env("WORDCOUNT_SETTINGS", &settings), 1, &["`enable.idempotence` is Millstream's own"]);
}

/// The rights that the guide lists are enough, and each of its four commands is needed.
#[test]
fn it_runs_with_the_rights_that_the_guide_lists_and_not_with_less() {
    let guide = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/running-on-kafka.md")).unwrap();
    let commands: Vec<&str> = guide.lines().filter(|line| line.starts_with("$ kafka-acls ")).collect();
    assert_eq!(commands.len(), 4);
    let broker = Guarded::start();
    let (admin, user) = (broker.settings("admin"), broker.settings("wordcount"));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rights-{}", std::process::id()));
    fs::write(&path, text(10_000)).unwrap();
    let as_admin = ["--bootstrap", broker.0.bootstrap(), "--settings-file", &admin];
    let fed = wordcount(&as_admin).args(["--create-topics", "--feed-only"]).arg(&path).status().unwrap();
    fs::remove_file(path).unwrap();
    assert!(fed.success());

    let as_user = ["--bootstrap", broker.0.bootstrap(), "--settings-file", &user, "--threads", "1"];
    for command in commands {
        let ended = wordcount(&as_user).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "before `{command}`: {said}");
        assert!(said.contains("authori"), "before `{command}`: {said}");
        broker.allow(command);
    }
    // The controller has the last right before the broker does.
    let copy = eventually("its rights are in force", || {
        let mut copy = Copy::start(&mut wordcount(&as_user));
        eventually("it runs, or ends", || {
            let has_ended = copy.child.try_wait().unwrap().is_some();
            (copy.has_run() || has_ended).then_some(!has_ended)
        })
        .then_some(copy)
    });
    eventually("all is counted", || {
        let shown = wordcount(&as_admin).args(["--show", "--top", "0"]).output().unwrap();
        String::from_utf8(shown.stdout).unwrap().starts_with("10,000 words").then_some(())
    });
    copy.stop("-TERM");
}

/// Where the counts are on disk, a start restores only what the disk misses: after a clean stop, nothing.
#[cfg(feature = "rocksdb")]
#[test]
fn with_rocksdb_the_counts_survive_a_restart_and_nothing_is_restored() {
    let place = Place::new("rocksdb");
    let directory = place.path("state");
    let on_disk = ["--store", "rocksdb", "--state-dir", &directory, "--rocksdb-memory", "32"];
    let mut texts = Vec::new();
    for round in 1..=2 {
        texts.push(place.feed(&format!("text-{round}"), 50_000));
        let copy = place.start(&on_disk);
        place.await_words(round * 50_000);
        let events = copy.events.lock().unwrap().clone();
        let restored =
            events.iter().filter(|event| event["event"] == "restore_ended").map(|event| event["records"].as_u64());
        assert_eq!(restored.flatten().sum::<u64>(), 0, "{events:?}");
        copy.stop("-TERM");
    }
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(place.counts(), counted_alone(&place, &texts));
}

#[cfg(not(feature = "rocksdb"))]
#[test]
fn a_build_without_rocksdb_reports_it() {
    let place = Place::new("without-rocksdb");
    place.feed("text", 10);
    let on_disk = ["--store", "rocksdb", "--state-dir", &place.path("state")];
    check_refused(&mut place.command(&on_disk), 1, &["this build has no RocksDB in it", "the feature `rocksdb`"]);
}

/// The internal topics have 4 partitions, so a source topic of 2 is refused.
#[test]
fn a_failure_ends_it_with_1_and_sends_an_alert() {
    let place = Place::new("alert");
    place.feed("text", 1_000);
    let copy = place.start(&[]);
    copy.await_running();
    copy.stop("-TERM");
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/alerts", receiver.local_addr().unwrap());
    let received = thread::spawn(move || {
        let (mut stream, _) = receiver.accept().unwrap();
        stream.set_read_timeout(Some(WAIT_MAX)).unwrap();
        let (mut request, mut buffer) = (String::new(), [0; 4096]);
        while !request.contains("application_failed") {
            let length = stream.read(&mut buffer).unwrap();
            assert!(length > 0, "{request}");
            request += &String::from_utf8_lossy(&buffer[..length]);
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        request
    });
    let mut command = wordcount(&["--bootstrap", place.broker.bootstrap(), "--application-id", place.name]);
    command.args(["--source", "alert-of-2", "--create-topics", "--partitions", "2"]);
    let sentence = "`alert-words-repartition` has 4, but needs 2";
    check_refused(command.env("MILLSTREAM_ALERT_URL", &url), 1, &["the application stopped", sentence]);
    let request = received.join().unwrap();
    assert!(request.starts_with("POST /alerts") && request.contains(sentence), "{request}");
}

/// Closing waits for acknowledgements up to its limit.
#[test]
fn without_a_broker_closing_takes_its_limit_and_a_second_ctrl_c_ends_it_at_once() {
    let broker = Broker::start();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("no-broker-{}", std::process::id()));
    fs::write(&path, text(500_000)).unwrap();
    let at_broker = ["--bootstrap", broker.bootstrap(), "--create-topics"];
    let fed = wordcount(&at_broker).arg("--feed-only").arg(&path).status().unwrap();
    fs::remove_file(path).unwrap();
    assert!(fed.success());
    let mut copy = Copy::start(wordcount(&at_broker).args(["--progress", "0.1"]));
    copy.await_event("progress", |event| event["records"].as_u64() > Some(0));
    broker.kill();
    copy.await_event("log_unavailable", |_| true);
    copy.signal("-INT");
    copy.await_event("shutdown_started", |_| true);
    thread::sleep(Duration::from_secs(1));
    assert_eq!(copy.child.try_wait().unwrap(), None, "it closes cleanly, and waits up to its limit");
    copy.signal("-INT");
    let begin = Instant::now();
    assert_eq!(copy.await_end().signal(), Some(2));
    // Far less than closing may take.
    assert!(begin.elapsed() < Duration::from_secs(15), "it took {:?}", begin.elapsed());
}
