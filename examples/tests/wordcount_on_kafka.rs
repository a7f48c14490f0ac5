//! The binary `wordcount` on a real broker, as processes: what one process counts on its own log, any number of them
//! count on Kafka, through stops, starts and shared work; and what it says when something is wrong.

#![allow(clippy::unwrap_used)]

#[path = "../../crates/millstream-kafka/tests/support/mod.rs"]
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::Broker;

/// How long a test waits for something that must happen.
const PATIENCE: Duration = Duration::from_secs(120);

#[track_caller]
fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(Instant::now() < deadline, "within {PATIENCE:?} it did not happen that {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn wordcount(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wordcount"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A test's own topics on the shared broker, and its files; the files are removed at the end.
struct Place {
    broker: Arc<Broker>,
    name: &'static str,
    directory: PathBuf,
}

impl Place {
    fn new(name: &'static str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("on-kafka-{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        Self { broker: Broker::shared(), name, directory }
    }

    fn path(&self, name: &str) -> String {
        self.directory.join(name).to_str().unwrap().to_owned()
    }

    /// The command with this place's address, topics and application.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = wordcount(&["--bootstrap", self.broker.bootstrap(), "--application-id", self.name]);
        command.args(["--source", &format!("{}-lines", self.name), "--output", &format!("{}-counts", self.name)]);
        command.args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Writes a text of so many words to a file, and its lines to the source topic.
    fn feed(&self, name: &str, words: usize) -> String {
        let path = self.path(name);
        fs::write(&path, text(words)).unwrap();
        let fed = self.run(&["--create-topics", "--feed-only", &path]);
        assert!(fed.status.success(), "{fed:?}");
        path
    }

    /// Every word and its count, as the output topic has them.
    fn counts(&self) -> String {
        let path = self.path("counts.tsv");
        let shown = self.run(&["--show", "--counts", &path]);
        assert!(shown.status.success(), "{shown:?}");
        fs::read_to_string(path).unwrap()
    }

    /// Starts a copy that tells its progress often.
    fn start(&self, arguments: &[&str]) -> Copy {
        Copy::start(self.command(&["--progress", "0.1", "--threads", "1", "--session-timeout", "6"]).args(arguments))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A directory left behind does no harm to the next run.
        _ = fs::remove_dir_all(&self.directory);
    }
}

/// Ten words to a line, of a thousand different ones.
fn text(words: usize) -> String {
    let mut state = 42_u64;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("word{}", (state >> 33) % 1_000)
    };
    (0..words / 10).map(|_| (0..10).map(|_| word()).collect::<Vec<_>>().join(" ") + "\n").collect()
}

/// What one process counts on its own log, from all these texts.
fn counted_alone(place: &Place, texts: &[&str]) -> String {
    let path = place.path("alone.tsv");
    let ended = wordcount(texts).args(["--counts", &path]).output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    fs::read_to_string(path).unwrap()
}

fn words(counts: &str) -> usize {
    counts.lines().map(|line| line.split('\t').nth(1).unwrap().parse::<usize>().unwrap()).sum()
}

/// A copy of the program at work. Dropped, even by a panic, it is gone.
struct Copy {
    child: Child,
    events: Arc<Mutex<Vec<Value>>>,
}

impl Copy {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::inherit()).spawn().unwrap();
        let (out, events) = (child.stdout.take().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let heard = Arc::clone(&events);
        thread::spawn(move || {
            for line in BufReader::new(out).lines() {
                let line = line.unwrap();
                let event = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
                heard.lock().unwrap().push(event);
            }
        });
        Self { child, events }
    }

    /// Waits for an event of this name that satisfies the caller.
    #[track_caller]
    fn await_event(&self, name: &str, mut is_meant: impl FnMut(&Value) -> bool) -> Value {
        eventually(&format!("`{name}` is told"), || {
            let events = self.events.lock().unwrap();
            events.iter().rev().find(|event| event["event"] == name && is_meant(event)).cloned()
        })
    }

    #[track_caller]
    fn await_running(&self) {
        self.await_event("application_state", |event| event["to"] == "running");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    #[track_caller]
    fn await_end(&mut self) -> ExitStatus {
        eventually("the program ends", || self.child.try_wait().unwrap())
    }

    /// Stops it in good order.
    #[track_caller]
    fn stop(mut self, signal: &str) {
        self.signal(signal);
        assert_eq!(self.await_end().code(), Some(0), "{:?}", self.events.lock().unwrap());
        self.await_event("shutdown_ended", |event| event["clean"] == true);
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // It may have ended.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[test]
fn stopped_in_the_middle_and_started_again_it_counts_what_one_process_counts() {
    let place = Place::new("again");
    let text = place.feed("text", 300_000);
    for signal in ["-TERM", "-INT"] {
        let copy = place.start(&[]);
        copy.await_event("progress", |event| event["records"].as_u64() > Some(0));
        copy.stop(signal);
        assert!(words(&place.counts()) < 300_000, "it was stopped too late to show anything");
    }
    let copy = place.start(&[]);
    eventually("all is counted", || (words(&place.counts()) >= 300_000).then_some(()));
    copy.stop("-TERM");
    assert_eq!(place.counts(), counted_alone(&place, &[&text]));
}

#[test]
fn a_second_copy_takes_its_share_and_all_of_it_when_the_first_leaves() {
    let place = Place::new("share");
    let first_text = place.feed("first", 50_000);
    let first = place.start(&[]);
    first.await_event("progress", |event| event["tasks"] == 8);
    let second = place.start(&[]);
    second.await_event("progress", |event| event["tasks"].as_u64() > Some(0));
    first.await_event("progress", |event| event["tasks"].as_u64() < Some(8));
    let second_text = place.feed("second", 50_000);
    eventually("all of both is counted", || (words(&place.counts()) >= 100_000).then_some(()));
    first.stop("-TERM");
    second.await_event("progress", |event| event["tasks"] == 8);
    let third_text = place.feed("third", 50_000);
    eventually("all is counted", || (words(&place.counts()) >= 150_000).then_some(()));
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
    eventually("all is counted", || (words(&place.counts()) >= 10_000).then_some(()));
    copy.stop("-TERM");
    let shown = place.run(&["--show", "--top", "0"]);
    assert_eq!(String::from_utf8(shown.stdout).unwrap(), "10,000 words, 1,000 of them distinct\n");
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// The status and the body of an answer; `None` while nobody answers.
fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Some((head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned()))
}

#[test]
fn it_answers_how_it_is() {
    let place = Place::new("health");
    place.feed("text", 1_000);
    let address = free_address();
    let copy = place.start(&["--listen", &address]);
    let (_, state) = eventually("it answers", || get(&address, "/live").filter(|(status, _)| *status == 200));
    assert!(["created\n", "rebalancing\n", "running\n"].contains(&state.as_str()), "{state}");
    eventually("it is ready", || get(&address, "/ready").filter(|ready| *ready == (200, "running\n".to_owned())));
    let of_store = "millstream_store_entries{application=\"health\",task=\"1_0\",store=\"word-counts\"} ";
    eventually("the metrics have the store", || get(&address, "/metrics").filter(|(_, text)| text.contains(of_store)));
    assert_eq!(get(&address, "/").unwrap().0, 404);
    check_refused(&mut place.command(&["--listen", &address]), 1, &["cannot listen on", &address]);
    copy.stop("-TERM");
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
fn what_is_wrong_is_said_in_a_sentence_and_at_once() {
    let place = Place::new("wrong");
    let missing = ["no topic `wrong-lines` and no `wrong-counts` at", "--create-topics"];
    check_refused(&mut place.command(&[]), 1, &missing);
    check_refused(&mut place.command(&["--show"]), 1, &["no topic `wrong-counts` at"]);
    check_refused(&mut place.command(&["--feed-only"]), 1, &missing);
    let nobody = ["no broker answers at 127.0.0.1:1, for 2 s now", "check the address"];
    check_refused(&mut wordcount(&["--bootstrap", "127.0.0.1:1", "--connect-limit", "2"]), 1, &nobody);
    check_refused(&mut place.command(&["--set", "no.such.thing=1"]), 1, &["`no.such.thing` is refused by librdkafka"]);
    check_refused(&mut place.command(&["--set", "group.id=x"]), 1, &["`group.id` is Millstream's own"]);
    check_refused(&mut place.command(&["--threads", "none"]), 2, &["--threads"]);

    let settings = place.path("settings");
    fs::write(&settings, "# comment\nlinger.ms=5\n\nnothing\n").unwrap();
    check_refused(&mut place.command(&["--settings-file", &settings]), 1, &["line 4 of", "NAME=VALUE"]);
    check_refused(&mut place.command(&["--settings-file", &place.path("none")]), 1, &["cannot read", "none"]);
}

#[test]
fn the_environment_says_the_same_as_the_command_line() {
    let place = Place::new("environment");
    let mut command = wordcount(&["--feed-only"]);
    command.env("WORDCOUNT_BOOTSTRAP", place.broker.bootstrap()).env("WORDCOUNT_SOURCE", "environment-lines");
    check_refused(&mut command, 1, &["no topic `environment-lines`"]);
    let settings = place.path("settings");
    fs::write(&settings, "enable.idempotence = false\n").unwrap();
    check_refused(command.env("WORDCOUNT_SETTINGS", &settings), 1, &["`enable.idempotence` is Millstream's own"]);
}

/// The broker of the next test: the administrator may do everything, `wordcount` what it is allowed.
struct Guarded(Broker);

impl Guarded {
    const LOGIN: &str = "org.apache.kafka.common.security.plain.PlainLoginModule required";

    fn start() -> Self {
        let users = ["broker", "admin", "wordcount"].map(|user| format!("user_{user}=\"{user}-secret\"")).join(" ");
        let jaas = format!("{} username=\"broker\" password=\"broker-secret\" {users};", Self::LOGIN);
        Self(Broker::start_with(&[
            "listener.security.protocol.map=PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name=PLAINTEXT",
            "sasl.enabled.mechanisms=PLAIN",
            "sasl.mechanism.inter.broker.protocol=PLAIN",
            &format!("listener.name.plaintext.plain.sasl.jaas.config={jaas}"),
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users=User:broker;User:admin;User:ANONYMOUS",
        ]))
    }

    /// A file of settings by which the word count comes in as this user.
    fn settings(&self, user: &str) -> String {
        let path = self.0.directory().join(format!("{user}.settings"));
        let settings = "security.protocol=sasl_plaintext\nsasl.mechanism=PLAIN\n";
        fs::write(&path, format!("{settings}sasl.username={user}\nsasl.password={user}-secret\n")).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Does what a command `kafka-acls --bootstrap-server broker-1:9092 …` of the guide does.
    fn allow(&self, command: &str) {
        let credentials = format!(
            "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config={} username=\"admin\" \
             password=\"admin-secret\";\n",
            Self::LOGIN
        );
        let file = self.0.directory().join("admin.properties");
        fs::write(&file, credentials).unwrap();
        let class = if self.0.is_major("3") { "kafka.admin.AclCommand" } else { "org.apache.kafka.tools.AclCommand" };
        let mut arguments = vec!["--bootstrap-server", self.0.bootstrap(), "--command-config", file.to_str().unwrap()];
        arguments.extend(command.split_once("broker-1:9092 ").unwrap().1.split_whitespace());
        self.0.run_tool(class, &arguments);
    }
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
    let copy = Copy::start(&mut wordcount(&as_user));
    copy.await_running();
    eventually("all is counted", || {
        let shown = wordcount(&as_admin).args(["--show", "--top", "0"]).output().unwrap();
        String::from_utf8(shown.stdout).unwrap().starts_with("10,000 words").then_some(())
    });
    copy.stop("-TERM");
}

/// Where the counts are on disk, a start restores only what the disk misses: after a clean stop, nothing.
#[cfg(feature = "rocksdb")]
#[test]
fn in_rocksdb_the_counts_outlive_it_and_nothing_is_restored() {
    let place = Place::new("rocksdb");
    let directory = place.path("state");
    let on_disk = ["--store", "rocksdb", "--state-dir", &directory, "--rocksdb-memory", "32"];
    let mut texts = Vec::new();
    for round in 1..=2 {
        texts.push(place.feed(&format!("text-{round}"), 50_000));
        let copy = place.start(&on_disk);
        eventually("all is counted", || (words(&place.counts()) >= round * 50_000).then_some(()));
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
fn a_build_without_rocksdb_says_so() {
    let place = Place::new("without-rocksdb");
    place.feed("text", 10);
    let on_disk = ["--store", "rocksdb", "--state-dir", &place.path("state")];
    check_refused(&mut place.command(&on_disk), 1, &["this build has no RocksDB in it", "`kafka,rocksdb`"]);
}

/// The internal topics were made for 4 partitions; a source of 2 does not fit them.
#[test]
fn a_failure_ends_it_with_1_and_reaches_who_listens_for_alerts() {
    let place = Place::new("alert");
    place.feed("text", 1_000);
    let copy = place.start(&[]);
    copy.await_running();
    copy.stop("-TERM");
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/alerts", receiver.local_addr().unwrap());
    let heard = thread::spawn(move || {
        let (mut stream, _) = receiver.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
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
    let sentence = "has 4 partitions, but the topology needs 2";
    check_refused(command.env("MILLSTREAM_ALERT_URL", &url), 1, &["the application stopped", sentence]);
    let request = heard.join().unwrap();
    assert!(request.starts_with("POST /alerts") && request.contains(sentence), "{request}");
}

/// What is read and not acknowledged holds up closing for as long as it may take.
#[test]
fn without_its_broker_closing_takes_its_time_and_a_second_ctrl_c_ends_it_at_once() {
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
    assert_eq!(copy.child.try_wait().unwrap(), None, "it closes in good order, as long as that takes");
    copy.signal("-INT");
    let begin = Instant::now();
    assert_eq!(copy.await_end().signal(), Some(2));
    assert!(begin.elapsed() < Duration::from_secs(5), "it took {:?}", begin.elapsed());
}
