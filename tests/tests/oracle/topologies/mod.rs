//! The scenarios' topologies, a file per family; each is the sentence of `tests/oracle/README.md` in the DSL.

pub(crate) mod aggregate;
pub(crate) mod cogroup;
pub(crate) mod emit_final;
pub(crate) mod global;
pub(crate) mod headers;
pub(crate) mod join;
pub(crate) mod join_stream;
pub(crate) mod names;
pub(crate) mod pipeline;
pub(crate) mod processor;
pub(crate) mod repartition;
pub(crate) mod session;
pub(crate) mod sliding;
pub(crate) mod stateless;
pub(crate) mod store;
pub(crate) mod suppress;
pub(crate) mod table;
pub(crate) mod table_foreign;
pub(crate) mod table_group;
pub(crate) mod table_join;
pub(crate) mod table_process;
pub(crate) mod versioned;
pub(crate) mod window;

use millstream::KStream;

/// A key or value that may be null.
pub(crate) type Text = Option<String>;

/// A stream whose keys and values may be null, as every stream of Kafka Streams.
pub(crate) type TextStream = KStream<Text, Text>;

/// The text, or "null".
fn nz(text: &Text) -> &str {
    text.as_deref().unwrap_or("null")
}

/// Both texts, separated by a plus.
fn pair(left: &str, right: &str) -> String {
    format!("{left}+{right}")
}

/// The last 24 characters of both texts, separated by a comma.
fn cat(head: &str, tail: &str) -> String {
    let joined = format!("{head},{tail}");
    joined[joined.len().saturating_sub(24)..].to_owned()
}

/// The pieces between single spaces; none for null.
fn split_at_spaces(value: &Text) -> Vec<String> {
    value.iter().flat_map(|value| value.split(' ')).map(str::to_owned).collect()
}

/// The first character as a text; null for null.
fn first_character(value: &Text) -> Text {
    value.as_ref().map(|value| value.chars().take(1).collect())
}

/// The last character as a text; null for null.
fn last_character(value: &Text) -> Text {
    value.as_ref().map(|value| value.chars().last().into_iter().collect())
}
