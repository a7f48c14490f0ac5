//! An event: when, at which level, where, and what.

use std::sync::Arc;

use millstream_types::{TaskId, Timestamp};
use serde::{Serialize, Serializer};

use super::fields::text;
use super::kind::EventKind;
use super::level::Level;
use super::record_data::Audience;
use super::rfc3339;

/// Something that happened to an application. `Display` writes its [message](Self::message).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened.
    pub time: Timestamp,
    /// The application id.
    pub application: Arc<str>,
    /// The stream thread it happened in.
    pub thread: Option<Arc<str>>,
    /// The task it happened to.
    pub task: Option<TaskId>,
    /// What happened.
    pub kind: EventKind,
}

impl Event {
    /// The level of the event.
    #[must_use]
    pub fn level(&self) -> Level {
        self.kind.level()
    }

    /// Whether the event needs a person soon, as all events of [`Level::Error`] do. These events are sent as alerts.
    #[must_use]
    pub fn needs_person(&self) -> bool {
        self.level() == Level::Error
    }

    /// The message of the event: a sentence.
    #[must_use]
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// The event as one line of JSON, without the line's end; `docs/formats/events.md` lists its fields.
    ///
    /// # Examples
    /// ```
    /// use millstream_observe::events::{Event, EventKind, Level};
    /// use millstream_types::{TaskId, Timestamp};
    ///
    /// let event = Event {
    ///     time: Timestamp::from_millis(0),
    ///     application: "word-count".into(),
    ///     thread: None,
    ///     task: Some(TaskId::new(0, 3)),
    ///     kind: EventKind::TaskRunning,
    /// };
    /// assert_eq!(event.level(), Level::Info);
    /// assert!(!event.needs_person());
    /// assert_eq!(event.message(), "Task 0_3 is running.");
    /// assert!(event.to_json().starts_with(r#"{"time":"1970-01-01T00:00:00.000Z","level":"info","event":"task_running""#));
    /// ```
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "it cannot: see what it expects")]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self)
            .expect("an event consists of texts, numbers and lists of texts, which serialise to JSON")
    }

    /// The same event without any text that may quote a record, as it is sent in alerts.
    ///
    /// # Examples
    /// ```
    /// use millstream_observe::events::{Event, EventKind, Failure, FailureKind};
    /// use millstream_types::Timestamp;
    ///
    /// let failure = Failure::new(FailureKind::Deserialization, "not a valid i64: \"Mallory\"");
    /// let event = Event {
    ///     time: Timestamp::from_millis(0),
    ///     application: "word-count".into(),
    ///     thread: None,
    ///     task: None,
    ///     kind: EventKind::TaskFailed(failure),
    /// };
    /// assert!(event.message().contains("Mallory"));
    /// assert!(!event.without_quotes().message().contains("Mallory"));
    /// ```
    #[must_use]
    pub fn without_quotes(&self) -> Self {
        self.for_audience(Audience::Outside)
    }

    /// The same event without what this audience should not see.
    pub(crate) fn for_audience(&self, audience: Audience) -> Self {
        let mut event = self.clone();
        event.kind.hide_record_data(audience);
        event
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Line {
            time: rfc3339::format(self.time),
            level: self.level(),
            event: self.kind.name(),
            application: &self.application,
            thread: self.thread.as_deref(),
            task: self.task.map(|task| task.to_string()),
            message: self,
            kind: &self.kind,
        }
        .serialize(serializer)
    }
}

/// The fields of a line, in their order.
#[derive(Serialize)]
struct Line<'a> {
    time: String,
    level: Level,
    event: &'static str,
    application: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    #[serde(serialize_with = "text")]
    message: &'a Event,
    #[serde(flatten)]
    kind: &'a EventKind,
}

#[cfg(test)]
mod tests;
