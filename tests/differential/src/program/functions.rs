//! The functions of operators, by name. They take keys and values as text, so that both sides compute the same; `Functions.java`
//! has the same functions.

use serde::{Deserialize, Serialize};

/// Chooses records by key and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predicate {
    /// The value is null.
    ValueIsNull,
    /// The value has an even number of characters.
    EvenLength,
    /// The value has more than two characters.
    Long,
    /// The value begins with "a", or with an odd digit.
    BeginsWithA,
    /// The key begins with "b".
    KeyIsB,
    /// The key is not null.
    KeyIsPresent,
}

/// Makes a value out of key and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueFunction {
    /// In upper case.
    Upper,
    /// Twice in a row.
    Twice,
    /// The number of characters.
    Length,
    /// The key, a colon, the value. Null is spelled out.
    WithKey,
    /// Null for a value that begins with "c". In tables the value as it is.
    NullAtC,
}

/// Makes a key out of key and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyFunction {
    /// The first character of the value; null for null.
    First,
    /// "even" or "odd" by the value's length; the key for null.
    Parity,
    /// The key as it is.
    Same,
    /// The key, twice; null for a null value.
    Doubled,
}

/// Combines two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reducer {
    /// Both, with a comma in between.
    Join,
    /// Both, unless the second begins with "c": then nothing, which deletes the row.
    DeleteAtC,
    /// The larger one.
    Largest,
}

/// Adds a value to an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregator {
    /// The sum of the lengths, a number.
    Lengths,
    /// The values behind each other.
    Join,
    /// The values behind each other. A value that begins with "c" deletes the row.
    DeleteAtC,
}

/// The text, or "null".
#[must_use]
pub fn text_or_null(text: Option<&str>) -> &str {
    text.unwrap_or("null")
}

/// The last 24 characters.
#[must_use]
pub fn tail(text: &str) -> String {
    let behind = text.chars().count().saturating_sub(24);
    text.chars().skip(behind).collect()
}

fn length(text: &str) -> usize {
    text.chars().count()
}

impl Predicate {
    /// Whether it holds.
    #[must_use]
    pub fn holds(self, key: Option<&str>, value: Option<&str>) -> bool {
        match self {
            Self::ValueIsNull => value.is_none(),
            Self::EvenLength => value.is_some_and(|value| length(value).is_multiple_of(2)),
            Self::Long => value.is_some_and(|value| length(value) > 2),
            Self::BeginsWithA => value.is_some_and(|value| value.starts_with(['a', '1', '3', '5', '7', '9'])),
            Self::KeyIsPresent => key.is_some(),
            Self::KeyIsB => key.is_some_and(|key| key.starts_with('b')),
        }
    }
}

impl ValueFunction {
    /// The value of a record in a stream.
    #[must_use]
    pub fn of_record(self, key: Option<&str>, value: Option<&str>) -> Option<String> {
        match (self, value) {
            (Self::WithKey, value) => Some(with_key(key, text_or_null(value))),
            (Self::NullAtC, Some(value)) if value.starts_with('c') => None,
            (_, None) => None,
            (_, Some(value)) => Some(self.of_row(key, value)),
        }
    }

    /// The value of a row in a table.
    #[must_use]
    pub fn of_row(self, key: Option<&str>, value: &str) -> String {
        match self {
            Self::Upper => value.to_uppercase(),
            Self::Twice => tail(&format!("{value}{value}")),
            Self::Length => length(value).to_string(),
            Self::WithKey => with_key(key, value),
            Self::NullAtC => value.to_owned(),
        }
    }
}

fn with_key(key: Option<&str>, value: &str) -> String {
    tail(&format!("{}:{value}", text_or_null(key)))
}

impl KeyFunction {
    /// The key of a record.
    #[must_use]
    pub fn of(self, key: Option<&str>, value: Option<&str>) -> Option<String> {
        match self {
            Self::First => value.map(|value| value.chars().take(1).collect()),
            Self::Parity => match value {
                Some(value) => Some(if length(value).is_multiple_of(2) { "even" } else { "odd" }.to_owned()),
                None => key.map(str::to_owned),
            },
            Self::Same => key.map(str::to_owned),
            Self::Doubled => value.and(key).map(|key| tail(&format!("{key}{key}"))),
        }
    }
}

impl Reducer {
    /// The result for a further value, which may be null in windows.
    #[must_use]
    pub fn of(self, so_far: &str, next: Option<&str>) -> Option<String> {
        let next = text_or_null(next);
        match self {
            Self::DeleteAtC if next.starts_with('c') => None,
            Self::Join | Self::DeleteAtC => Some(tail(&format!("{so_far},{next}"))),
            Self::Largest => Some(so_far.max(next).to_owned()),
        }
    }
}

impl Reducer {
    /// The result without a value that has left its group.
    #[must_use]
    pub fn without(so_far: &str, gone: &str) -> String {
        tail(&format!("{so_far}-{gone}"))
    }
}

impl Aggregator {
    /// The number without a value that has left its group.
    #[must_use]
    pub fn number_without(gone: &str, so_far: i64) -> i64 {
        so_far - length(gone) as i64
    }

    /// The text of two sessions that have become one.
    #[must_use]
    pub fn merged(so_far: Option<&str>, other: Option<&str>) -> String {
        tail(&format!("{}&{}", text_or_null(so_far), text_or_null(other)))
    }

    /// Whether the aggregate is a number.
    #[must_use]
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Lengths)
    }

    /// The number after a further value.
    #[must_use]
    pub fn number(self, value: Option<&str>, so_far: i64) -> i64 {
        so_far + value.map_or(0, |value| length(value) as i64)
    }

    /// The text after a further value.
    #[must_use]
    pub fn text(self, key: &str, value: Option<&str>, so_far: &str) -> Option<String> {
        let value = text_or_null(value);
        let is_deleted = self == Self::DeleteAtC && value.starts_with('c');
        (!is_deleted).then(|| tail(&format!("{so_far},{key}{value}")))
    }
}
