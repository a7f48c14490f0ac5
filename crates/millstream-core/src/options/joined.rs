//! What a stream is joined with, and how.

use crate::dsl::KTable;

/// A table to join a stream with, and how. A reference to a table converts into it.
///
/// # Examples
/// ```
/// use millstream_core::{Joined, StreamsBuilder};
///
/// let builder = StreamsBuilder::new();
/// let users = builder.table::<String, String>("users", "users-store");
/// let clicks = builder.stream::<String, String>("clicks");
/// clicks
///     .join(Joined::table(&users).named("with-user"), |_key, click, user| format!("{user} clicked {click}"))
///     .to("named-clicks");
/// ```
pub struct Joined<K, T> {
    pub(crate) table: KTable<K, T>,
    pub(crate) name: Option<String>,
}

impl<K, T> Joined<K, T> {
    /// Joins with this table.
    #[must_use]
    pub fn table(table: &KTable<K, T>) -> Self {
        Self { table: table.clone(), name: None }
    }

    /// Names the join, and the repartition topic if the stream needs one.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }
}

impl<K, T> From<&KTable<K, T>> for Joined<K, T> {
    fn from(table: &KTable<K, T>) -> Self {
        Self::table(table)
    }
}
