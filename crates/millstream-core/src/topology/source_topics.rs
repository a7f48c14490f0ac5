//! What a source reads: topics by name, or all topics whose names match a pattern.

use std::fmt;
use std::sync::Arc;

use regex_lite::Regex;

use super::error::TopologyError;
use super::topic_name::TopicName;
use crate::options::Topics;

/// The topics of a source.
#[derive(Clone, Debug)]
pub(crate) enum SourceTopics {
    Named(Vec<TopicName>),
    Matching(TopicPattern),
}

impl SourceTopics {
    /// The topics that the user has given.
    ///
    /// # Errors
    /// When they are given by a pattern that is no regular expression.
    pub(crate) fn of(topics: &Topics) -> Result<Self, TopologyError> {
        match topics {
            Topics::Named(names) => {
                Ok(Self::Named(names.iter().map(|name| TopicName::external(name.as_str())).collect()))
            }
            Topics::Matching(pattern) => TopicPattern::new(pattern).map(Self::Matching),
        }
    }

    /// The names; none for a pattern.
    pub(crate) fn names(&self) -> &[TopicName] {
        match self {
            Self::Named(names) => names,
            Self::Matching(_) => &[],
        }
    }

    pub(super) fn pattern(&self) -> Option<&TopicPattern> {
        match self {
            Self::Named(_) => None,
            Self::Matching(pattern) => Some(pattern),
        }
    }
}

/// As in Kafka Streams' `describe()`: names in brackets, a pattern without them.
impl fmt::Display for SourceTopics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(names) => {
                let names: Vec<&str> = names.iter().map(|topic| &*topic.name).collect();
                write!(f, "[{}]", names.join(", "))
            }
            Self::Matching(pattern) => f.write_str(pattern.text()),
        }
    }
}

/// A regular expression that has to match the whole name of a topic.
#[derive(Clone, Debug)]
pub(crate) struct TopicPattern {
    text: Arc<str>,
    regex: Regex,
}

impl TopicPattern {
    fn new(text: &str) -> Result<Self, TopologyError> {
        let invalid = |error: regex_lite::Error| TopologyError::InvalidPattern {
            pattern: text.to_owned(),
            reason: error.to_string(),
        };
        if text.is_empty() {
            let reason = "it matches no name; every topic is `.*`".to_owned();
            return Err(TopologyError::InvalidPattern { pattern: String::new(), reason });
        }
        // Alone first, since an expression with a parenthesis too many may be valid between others.
        Regex::new(text).map_err(invalid)?;
        let regex = Regex::new(&format!("^(?:{text})$")).map_err(invalid)?;
        Ok(Self { text: text.into(), regex })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The first of these topics that matches. Internal ones do not.
    pub(super) fn match_in<'a>(&self, topics: &'a SourceTopics) -> Option<&'a TopicName> {
        topics.names().iter().find(|topic| !topic.internal && self.matches(&topic.name))
    }

    pub(super) fn matches(&self, topic: &str) -> bool {
        self.regex.is_match(topic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_names() {
        let pattern = TopicPattern::new("in-[a-c]|other").unwrap();
        for (topic, expected) in
            [("in-a", true), ("other", true), ("in-d", false), ("in-ab", false), ("an-other", false), ("x-in-a", false)]
        {
            assert_eq!(pattern.matches(topic), expected, "{topic}");
        }
    }

    #[test]
    fn an_invalid_pattern_is_named() {
        for invalid in ["(a", "a)|(b", "[", "*"] {
            let error = TopicPattern::new(invalid).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{invalid}` is not a valid pattern")), "{error}");
        }
    }
}
