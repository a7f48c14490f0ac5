//! The name of a topic in a topology.

use std::sync::Arc;

use millstream_types::Topic;

/// Kafka's limit for the name of a topic. Names of stores have the same limit, since they are part of topic names.
const NAME_LENGTH_MAX: usize = 249;

/// The name of a topic in a topology. An internal topic has the application's id as a prefix in the log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicName {
    /// The name, without the application id.
    pub name: Arc<str>,
    /// Whether Millstream creates and owns the topic.
    pub internal: bool,
}

impl TopicName {
    pub(crate) fn external(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), internal: false }
    }

    pub(crate) fn internal(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), internal: true }
    }

    /// Why neither a topic nor a store can have this name; `None` if one can.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::TopicName;
    /// assert_eq!(TopicName::fault("orders"), None);
    /// assert!(TopicName::fault("my orders").is_some());
    /// ```
    #[must_use]
    pub fn fault(name: &str) -> Option<&'static str> {
        if name.is_empty() || name == "." || name == ".." {
            Some("it must not be empty, `.` or `..`")
        } else if name.len() > NAME_LENGTH_MAX {
            Some("it is longer than 249 characters")
        } else if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')) {
            Some("only ASCII letters, digits, `.`, `_` and `-` are allowed")
        } else {
            None
        }
    }

    /// The topic's name in the log.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::TopicName;
    /// let internal = TopicName { name: "counts-changelog".into(), internal: true };
    /// assert_eq!(internal.resolve("app").as_str(), "app-counts-changelog");
    /// ```
    #[must_use]
    pub fn resolve(&self, application_id: &str) -> Topic {
        if self.internal { format!("{application_id}-{}", self.name).into() } else { Topic::from(&*self.name) }
    }
}
