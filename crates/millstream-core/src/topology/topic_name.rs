//! A topic as the topology names it.

use std::sync::Arc;

use millstream_types::Topic;

/// A topic as the topology names it: internal ones get the application id in front when it is known.
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
