//! What tests do with a log: wait, ask, create, write.
#![allow(dead_code, unreachable_pub, reason = "every test uses its part")]
#![allow(clippy::disallowed_methods, reason = "tests of the real thing, in real time")]

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use millstream_kafka::KafkaLog;
use millstream_log::{AdminRequest, AdminResponse, Log, LogError, LogEvent, NewTopic, Signal};
use millstream_types::{MonotonicTime, Timestamp, Topic, TopicPartition};

/// How long something that must happen may take.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// No call may take longer: one that waited for a broker would take as long as that is away. A busy machine is allowed far
/// more than a call needs.
pub const AT_ONCE: Duration = Duration::from_secs(5);

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

/// An administrator's response. A request that fails with a retriable error is repeated.
pub fn response(log: &KafkaLog, request: AdminRequest) -> AdminResponse {
    let mut admin = log.admin("test", &Signal::new()).expect("an administrator");
    admin.request(request.clone());
    until("an administrator responds", || {
        let mut events = Vec::new();
        admin.poll(now(), &mut events);
        let result = events.into_iter().find_map(|event| match event {
            LogEvent::AdminDone { result, .. } => Some(result),
            LogEvent::Fatal(error) => panic!("{error}"),
            _ => None,
        })?;
        if result.as_ref().is_err_and(LogError::is_retriable) {
            admin.request(request.clone());
            return None;
        }
        Some(result.expect("a response"))
    })
}

/// Creates a topic; its first partition.
pub fn create(log: &KafkaLog, name: &str, partitions: u32) -> TopicPartition {
    create_with(log, name, partitions, &[])
}

/// Creates a topic with settings; its first partition.
pub fn create_with(log: &KafkaLog, name: &str, partitions: u32, config: &[(&str, &str)]) -> TopicPartition {
    let config = config.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let topic = NewTopic { name: Topic::from(name), partitions, config };
    let deadline = Instant::now() + PATIENCE;
    loop {
        let AdminResponse::CreateTopics(mut created) = response(log, AdminRequest::CreateTopics(vec![topic.clone()]))
        else {
            panic!("the response to another request");
        };
        match created.remove(0).1 {
            Err(error) if error.is_retriable() => assert!(Instant::now() < deadline, "{name} is not created: {error}"),
            // An earlier request may have created it, whose response was late.
            Ok(()) | Err(LogError::TopicExists { .. }) => return TopicPartition::new(name, 0),
            Err(error) => panic!("{error}"),
        }
    }
}
