//! The internal topics of the workloads. Both contenders give them the same names.

use super::{CLOSED, COUNTS, FOREIGN, PAIRS, RECORDS, ROWS, Workload};

impl Workload {
    /// The topics between its parts, each before those that are written from it.
    pub(crate) fn topics_between(self, application: &str) -> Vec<String> {
        let names: &[String] = match self {
            Self::WordCount | Self::TableCount => &[format!("{COUNTS}-repartition")],
            Self::ForeignKeyJoin => {
                &["registration", "response"].map(|of| format!("{FOREIGN}-subscription-{of}-topic"))
            }
            _ => &[],
        };
        names.iter().map(|name| format!("{application}-{name}")).collect()
    }

    /// The topics that its stores are logged to.
    pub(crate) fn changelog_topics(self, application: &str) -> Vec<String> {
        self.logged_stores().iter().map(|store| changelog_topic(application, store)).collect()
    }

    fn logged_stores(self) -> Vec<String> {
        let names: &[&str] = match self {
            Self::Filter | Self::PassThrough | Self::GlobalJoin => &[],
            Self::WordCount | Self::KeyedCount | Self::LargeCount => &[COUNTS],
            Self::WindowCount | Self::SessionCount | Self::SlidingCount => &[COUNTS],
            Self::Suppress => &[COUNTS, &format!("{CLOSED}-store")],
            Self::Join | Self::VersionedJoin | Self::Lookup => &[ROWS],
            Self::StreamJoin => return JoinSide::BOTH.map(JoinSide::store).to_vec(),
            Self::TableJoin => &[RECORDS, ROWS],
            Self::ForeignKeyJoin => &[RECORDS, ROWS, &format!("{FOREIGN}-subscription-store")],
            Self::TableCount => &[RECORDS, COUNTS],
        };
        names.iter().map(|&name| name.to_owned()).collect()
    }
}

/// A side of the join of two streams.
#[derive(Clone, Copy, Debug)]
pub(crate) enum JoinSide {
    This,
    Other,
}

impl JoinSide {
    pub(crate) const BOTH: [Self; 2] = [Self::This, Self::Other];

    /// The name of the store of its records.
    pub(crate) fn store(self) -> String {
        match self {
            Self::This => format!("{PAIRS}-this-join-store"),
            Self::Other => format!("{PAIRS}-other-join-store"),
        }
    }
}

/// The topic that a store is logged to.
pub(crate) fn changelog_topic(application: &str, store: &str) -> String {
    format!("{application}-{store}-changelog")
}
