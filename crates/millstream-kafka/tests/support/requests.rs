//! Helpers for tests: polling, administration requests, new topics.
#![allow(dead_code, unreachable_pub, reason = "every test uses its part")]
#![allow(clippy::disallowed_methods, reason = "tests with a real broker, in real time")]

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use millstream_log::{AdminRequest, AdminResponse, Log, LogError, LogEvent, NewTopic, Signal};
use millstream_types::{MonotonicTime, Timestamp, Topic, TopicPartition};

/// The time within which an expected event must happen.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// No call may take longer: one that waited for a broker would take as long as that is away. A busy machine is allowed far
/// more than a call needs.
pub const AT_ONCE: Duration = Duration::from_secs(5);

/// The monotonic time now, for polls.
pub fn now() -> MonotonicTime {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    MonotonicTime::after_start(BEGAN.elapsed())
}

/// The wall-clock time now, for records.
pub fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Timestamp::from_millis(i64::try_from(since.as_millis()).expect("it fits for millions of years"))
}

/// Repeats the attempt until it succeeds. No attempt may block.
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

/// The first events after an administration request.
pub fn request(log: &dyn Log, request: AdminRequest) -> Vec<LogEvent> {
    let mut admin = log.admin("test", &Signal::new()).expect("an administrator");
    admin.request(request);
    let mut seen = Vec::new();
    until("an administrator reports something", || {
        admin.poll(now(), &mut seen);
        (!seen.is_empty()).then_some(())
    });
    seen
}

/// The response to an administration request. A request that fails with a retriable error is repeated.
pub fn response(log: &dyn Log, request: AdminRequest) -> AdminResponse {
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

/// Creates a topic, and returns its first partition.
pub fn create(log: &dyn Log, name: &str, partitions: u32) -> TopicPartition {
    create_with(log, name, partitions, &[])
}

/// Creates a topic with settings, and returns its first partition.
pub fn create_with(log: &dyn Log, name: &str, partitions: u32, config: &[(&str, &str)]) -> TopicPartition {
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
