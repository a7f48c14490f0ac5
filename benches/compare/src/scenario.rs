//! What a steady load goes through: a workload and settings.

use crate::contender::Contender;
use crate::measure::Settings;
use crate::settings;
use crate::workload::Workload;

/// The commit interval where it is the same for all, in milliseconds.
const COMMIT_MS: u64 = 100;

/// The linger where it is the same for all, in milliseconds: Millstream's default.
const LINGER_MS: u64 = 1;

/// The size of caches, where there are any: Kafka Streams' default.
const CACHE_BYTES: usize = 10 << 20;

/// What a steady load goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// A pass-through.
    PassThrough,
    /// The word count without caching: each record gives a result.
    WordCount,
    /// The word count with caching: each commit gives a result for each word that had records.
    CachedWordCount,
    /// The word count with the defaults of each contender.
    DefaultWordCount,
}

impl Scenario {
    /// All, in the order of the tables.
    pub(crate) const ALL: [Self; 4] =
        [Self::PassThrough, Self::WordCount, Self::CachedWordCount, Self::DefaultWordCount];

    /// Its name in tables.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::PassThrough => "pass-through",
            Self::WordCount => "word count, no caching",
            Self::CachedWordCount => "word count, caching",
            Self::DefaultWordCount => "word count, defaults",
        }
    }

    /// Its workload.
    pub(crate) fn workload(self) -> Workload {
        match self {
            Self::PassThrough => Workload::PassThrough,
            Self::WordCount | Self::CachedWordCount | Self::DefaultWordCount => Workload::WordCount,
        }
    }

    /// The settings of a contender.
    pub(crate) fn settings(self, contender: Contender) -> Settings {
        match self {
            Self::PassThrough | Self::WordCount => settings::with(COMMIT_MS, 0, LINGER_MS),
            Self::CachedWordCount => settings::with(COMMIT_MS, CACHE_BYTES, LINGER_MS),
            Self::DefaultWordCount => settings::defaults(contender),
        }
    }

    /// For how long caching holds results back, in milliseconds.
    pub(crate) fn held_ms(self, contender: Contender) -> u64 {
        let Settings { commit_ms, cache_bytes, .. } = self.settings(contender);
        if cache_bytes > 0 { commit_ms } else { 0 }
    }
}
