//! What a program did: everything that is compared. Both runners give it, Java as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

/// The results of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The text of `describe()`.
    pub describe: String,
    /// What each input brought; up to the one that failed.
    pub steps: Vec<Step>,
    /// The rows of the stores at the end. Nothing if the program failed.
    pub stores: BTreeMap<String, StoreRows>,
    /// The failure that ended the program.
    pub error: Option<Failure>,
}

/// What an input brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The records written, of all topics, in the order written.
    pub records: Vec<Written>,
    /// How many records were dropped.
    pub dropped: u64,
}

/// A record that was written. Bytes are text, see [`shown`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The topic, with its full name.
    pub topic: String,
    /// The key, or null.
    pub key: Option<String>,
    /// The value, or null.
    pub value: Option<String>,
    /// The timestamp.
    pub ts: Option<i64>,
    /// Names and values of headers, in order.
    pub headers: Vec<(String, Option<String>)>,
}

/// A store at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreRows {
    /// `key-value` or `window`.
    pub kind: String,
    /// Its rows, in its order.
    pub rows: Vec<Row>,
}

/// A row of a store: key and value as in the changelog, and the time of the last update in stores with times.
pub type Row = (String, String, Option<i64>);

/// Why a program ended early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The kind of failure, which is compared.
    pub kind: FailureKind,
    /// What it says, which is not.
    pub message: String,
}

/// Kinds of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The topology is refused.
    Build,
    /// An input has failed.
    Input,
    /// The stores cannot be read.
    Stores,
}

impl Written {
    /// Whether it was written to a repartition topic or a changelog.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.topic.ends_with("-changelog") || self.topic.ends_with("-repartition")
    }
}

/// Bytes as text: printable ASCII as it is, anything else and the backslash as `\x` and two digits.
#[must_use]
pub fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if matches!(byte, b' '..=b'~') && byte != b'\\' {
            text.push(byte.into());
        } else {
            // Writing to a `String` cannot fail.
            let _ok = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// The bytes behind their text; `None` if it is not such a text.
#[must_use]
pub fn bytes_of(shown: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::new(), shown.as_bytes());
    while let Some((&first, behind)) = rest.split_first() {
        if first == b'\\' {
            let digits = std::str::from_utf8(behind.get(1..3)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &behind[3..];
        } else {
            bytes.push(first);
            rest = behind;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{bytes_of, shown};

    #[test]
    fn bytes_that_are_no_text_are_escaped() {
        assert_eq!(bytes_of("a b\\x5c\\x00\\xff~").as_deref(), Some(&b"a b\\\x00\xff~"[..]));
        assert_eq!(shown(b"a b\\\x00\xff~"), "a b\\x5c\\x00\\xff~");
    }
}
