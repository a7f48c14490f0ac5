//! The events of a member, as its process printed them.

use serde_json::Value;

/// One line of a member's output.
#[derive(Clone, Debug)]
pub struct Event(Value);

/// The restore of a store, from the event `restore_started`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restore {
    /// The partition of the changelog, `topic-number`.
    pub changelog: String,
    /// The first offset that is read.
    pub from: i64,
    /// The end offset, which is not read.
    pub to: i64,
}

impl Event {
    /// Reads a line.
    ///
    /// # Panics
    /// When it is not an event: every line of a member is one.
    #[must_use]
    pub fn parse(line: &str) -> Self {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("`{line}` is no event: {error}"));
        assert!(value["event"].is_string(), "`{line}` is no event");
        Self(value)
    }

    /// Its name, as `docs/formats/events.md` lists it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text("event")
    }

    /// Its message.
    #[must_use]
    pub fn message(&self) -> &str {
        self.text("message")
    }

    /// A field that holds a text; empty if it is absent.
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    /// A field that holds a number.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn number(&self, field: &str) -> i64 {
        self.0[field].as_i64().unwrap_or_else(|| panic!("{} has no number `{field}`", self.0))
    }

    /// A field that holds a list of texts.
    #[must_use]
    pub fn texts(&self, field: &str) -> Vec<&str> {
        self.0[field].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Whether it reports that the application has entered this state.
    #[must_use]
    pub fn is_state(&self, state: &str) -> bool {
        self.name() == "application_state" && self.text("to") == state
    }

    /// The restore that has started, if this is the event of one.
    #[must_use]
    pub fn restore(&self) -> Option<Restore> {
        (self.name() == "restore_started").then(|| Restore {
            changelog: self.text("changelog").to_owned(),
            from: self.number("from_offset"),
            to: self.number("to_offset"),
        })
    }
}
