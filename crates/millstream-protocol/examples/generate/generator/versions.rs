//! Ranges of versions.

use super::Result;

/// The versions from `oldest` to `newest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Versions {
    pub(crate) oldest: i16,
    pub(crate) newest: i16,
}

impl From<(i16, i16)> for Versions {
    fn from((oldest, newest): (i16, i16)) -> Self {
        Self { oldest, newest }
    }
}

impl Versions {
    /// From `none`, `4`, `2-4` or `2+`.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>> {
        let number = |text: &str| text.parse::<i16>().map_err(|_| format!("`{text}` is no version"));
        let range = match (text, text.split_once('-'), text.strip_suffix('+')) {
            ("none", _, _) => return Ok(None),
            (_, Some((oldest, newest)), _) => (number(oldest)?, number(newest)?),
            (_, _, Some(oldest)) => (number(oldest)?, i16::MAX),
            _ => (number(text)?, number(text)?),
        };
        Ok(Some(range.into()))
    }

    /// The versions that are in both.
    pub(crate) fn and(self, other: Self) -> Option<Self> {
        let both = Self { oldest: self.oldest.max(other.oldest), newest: self.newest.min(other.newest) };
        (both.oldest <= both.newest).then_some(both)
    }

    /// The smallest range that contains both.
    pub(crate) fn hull(self, other: Self) -> Self {
        Self { oldest: self.oldest.min(other.oldest), newest: self.newest.max(other.newest) }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = i16> {
        self.oldest..=self.newest
    }

    /// A condition in Rust that `version`, known to be one of `all`, is one of these; `None` if it always is.
    pub(crate) fn condition_within(self, all: Self) -> Option<String> {
        match (self.oldest > all.oldest, self.newest < all.newest) {
            (false, false) => None,
            (true, false) => Some(format!("version >= {}", self.oldest)),
            (false, true) => Some(format!("version <= {}", self.newest)),
            (true, true) => Some(format!("({}..={}).contains(&version)", self.oldest, self.newest)),
        }
    }

    /// A condition in Rust that `version` is none of these.
    pub(crate) fn condition_outside(self) -> String {
        if self.oldest == self.newest {
            format!("version != {}", self.oldest)
        } else {
            format!("!({}..={}).contains(&version)", self.oldest, self.newest)
        }
    }

    /// A condition in Rust that `version`, known to be one of `all`, is none of these.
    pub(crate) fn condition_outside_within(self, all: Self) -> String {
        match (self.oldest > all.oldest, self.newest < all.newest) {
            (true, false) => format!("version < {}", self.oldest),
            (false, true) => format!("version > {}", self.newest),
            _ => self.condition_outside(),
        }
    }

    /// For people.
    pub(crate) fn text(self) -> String {
        match self.newest - self.oldest {
            0 => format!("version {}", self.oldest),
            _ => format!("versions {} to {}", self.oldest, self.newest),
        }
    }
}
