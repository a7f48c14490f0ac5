//! What tests do with a log: wait, ask, create, write.
#![allow(dead_code, unreachable_pub, reason = "every test uses its part")]
#![allow(clippy::disallowed_methods, reason = "tests of the real thing, in real time")]

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use millstream_kafka::KafkaLog;
use millstream_log::{AdminRequest, AdminResponse, Log, LogEvent, NewTopic, Signal};
use millstream_types::{MonotonicTime, Timestamp, Topic, TopicPartition};

/// How long something that must happen may take.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// No call may take longer; a busy machine is forgiven a good deal.
pub const AT_ONCE: Duration = Duration::from_millis(500);

/// The present time, for polls.
pub fn now() -> MonotonicTime {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    MonotonicTime::after_start(BEGAN.elapsed())
}

/// The present time, for records.
pub fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Timestamp::from_millis(i64::try_from(since.as_millis()).expect("not in this age of the world"))
}

/// Tries until there is a response; no attempt may take long.
#[track_caller]
pub fn until<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let begin = Instant::now();
        let response = attempt();
        assert!(begin.elapsed() < AT_ONCE, "a call took {:?}", begin.elapsed());
        if let Some(response) = response {
            return response;
        }
        assert!(Instant::now() < deadline, "within {PATIENCE:?} it did not happen that {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The first things that an administrator says after a request.
pub fn ask(log: &KafkaLog, request: AdminRequest) -> Vec<LogEvent> {
    let mut admin = log.admin("test", &Signal::new()).expect("an administrator");
    admin.request(request);
    let mut seen = Vec::new();
    until("an administrator says something", || {
        admin.poll(now(), &mut seen);
        (!seen.is_empty()).then_some(())
    });
    seen
}

/// An administrator's response.
pub fn response(log: &KafkaLog, request: AdminRequest) -> AdminResponse {
    let reported = ask(log, request);
    let response = reported.into_iter().find_map(|event| match event {
        LogEvent::AdminDone { result, .. } => Some(result.expect("a response")),
        _ => None,
    });
    response.expect("a response and nothing else")
}

/// Creates a topic; its first partition.
pub fn create(log: &KafkaLog, name: &str, partitions: u32) -> TopicPartition {
    create_with(log, name, partitions, &[])
}

/// Creates a topic with settings; its first partition.
pub fn create_with(log: &KafkaLog, name: &str, partitions: u32, config: &[(&str, &str)]) -> TopicPartition {
    let config = config.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let topic = NewTopic { name: Topic::from(name), partitions, config };
    match response(log, AdminRequest::CreateTopics(vec![topic])) {
        AdminResponse::CreateTopics(created) => assert!(created[0].1.is_ok(), "{created:?}"),
        other => panic!("{other:?}"),
    }
    TopicPartition::new(name, 0)
}
