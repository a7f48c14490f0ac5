//! What a stream or a table is joined with, and how.

use std::time::Duration;

/// The other side of a join, and how it is joined. A reference to a table converts into it.
///
/// # Examples
/// ```
/// use millstream_core::{Joined, StreamsBuilder};
///
/// let builder = StreamsBuilder::new();
/// let users = builder.table::<String, String>("users", "users-store");
/// let clicks = builder.stream::<String, String>("clicks");
/// clicks
///     .join(Joined::with(&users).named("with-user"), |_key, click, user| format!("{user} clicked {click}"))
///     .to("named-clicks");
/// ```
pub struct Joined<With> {
    pub(crate) with: With,
    pub(crate) name: Option<String>,
    /// How long records of a stream wait for late rows of a versioned table.
    pub(crate) grace: Option<Duration>,
}

impl<With: Clone> Joined<With> {
    /// Joins with `other`.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # use millstream_core::Joined;
    /// let users = builder.table::<String, String>("users", "users");
    /// let clicks = builder.stream::<String, String>("clicks");
    /// clicks.join(Joined::with(&users), |_id, page, user| format!("{user} saw {page}")).to("visits");
    /// ```
    #[must_use]
    pub fn with(other: &With) -> Self {
        Self { with: other.clone(), name: None, grace: None }
    }
}

impl<With> Joined<With> {
    /// Names the join, and the repartition topic if the stream needs one.
    ///
    /// # Examples
    /// ```
    /// # let builder = millstream_core::StreamsBuilder::new();
    /// # use millstream_core::Joined;
    /// let users = builder.table::<String, String>("users", "users");
    /// let with_user = Joined::with(&users).named("with-user");
    /// ```
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }
}
