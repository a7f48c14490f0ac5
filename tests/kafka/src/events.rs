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

    /// When it happened, in milliseconds since 1970.
    ///
    /// # Panics
    /// When it has no time: every event has one.
    #[must_use]
    pub fn time_ms(&self) -> i64 {
        milliseconds(self.text("time")).unwrap_or_else(|| panic!("{} has no time", self.0))
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

/// The milliseconds since 1970 of a time written `2024-02-29T23:59:59.999Z`.
fn milliseconds(time: &str) -> Option<i64> {
    let mut numbers = time.strip_suffix('Z')?.split(['-', 'T', ':', '.']).map(|text| text.parse::<i64>().ok());
    let mut next = || numbers.next().flatten();
    let (year, month, day) = (next()?, next()?, next()?);
    let (hour, minute, second, millisecond) = (next()?, next()?, next()?, next()?);
    // Years begin in March, so that the leap day is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000 + millisecond)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn times_are_read() {
        assert_eq!(milliseconds("1970-01-01T00:00:00.000Z"), Some(0));
        assert_eq!(milliseconds("2024-02-29T23:59:59.999Z"), Some(1_709_251_199_999));
        assert_eq!(milliseconds("2026-12-01T00:00:00.001Z"), Some(1_796_083_200_001));
        assert_eq!(milliseconds("yesterday"), None);
    }
}
