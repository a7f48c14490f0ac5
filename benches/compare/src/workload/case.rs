//! A workload with its store and its input.

use super::records::{self, Input};
use super::{CLOSING_WINDOW, KEYS_PER_FOREIGN_ROW, SPAN, WINDOW, Workload};
use crate::contender::job::Store;

/// A workload with its store and its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Case {
    pub(crate) workload: Workload,
    pub(crate) store: Store,
    /// How many records it reads.
    pub(crate) records: u64,
    /// How many different keys they have.
    pub(crate) keys: u64,
}

impl Case {
    /// Its name in tables.
    pub(crate) fn title(self) -> String {
        let (keys, rows) = (with_commas(self.keys), with_commas(self.rows()));
        match self.workload {
            Workload::Filter => "filter (drops all)".to_owned(),
            Workload::PassThrough => "pass-through, 100 B".to_owned(),
            Workload::WordCount => format!("word count, repartition, {} words", with_commas(records::WORDS)),
            Workload::KeyedCount | Workload::LargeCount => format!("keyed count, {keys} keys"),
            Workload::WindowCount => format!("tumbling-window count, {} s", WINDOW.as_secs()),
            Workload::SessionCount => format!("session-window count, gap {} s", SPAN.as_secs()),
            Workload::SlidingCount => format!("sliding-window count, {} s", SPAN.as_secs()),
            Workload::Suppress => format!("window count, {} s, suppressed until close", CLOSING_WINDOW.as_secs()),
            Workload::Join => format!("stream-table join, {rows} rows"),
            Workload::StreamJoin => format!("stream-stream join, within {} s", SPAN.as_secs()),
            Workload::TableJoin => format!("table-table join, {rows} rows"),
            Workload::ForeignKeyJoin => format!("foreign-key join, {keys} keys, {rows} rows"),
            Workload::GlobalJoin => format!("stream-global join, {rows} rows"),
            Workload::VersionedJoin => format!("stream-table join, versioned, {rows} rows"),
            Workload::Lookup => format!("look-up by a processor, {rows} rows"),
            Workload::TableCount => format!("table group-by count, {keys} keys"),
        }
    }

    /// What it reads.
    pub(crate) fn input(self) -> Input {
        match self.workload {
            Workload::WordCount => Input::Words,
            _ => Input::Keyed { keys: self.keys },
        }
    }

    /// How many rows its table has.
    pub(crate) fn rows(self) -> u64 {
        match self.workload {
            Workload::Join | Workload::VersionedJoin | Workload::Lookup => self.keys,
            Workload::TableJoin | Workload::GlobalJoin => self.keys,
            Workload::ForeignKeyJoin => self.keys.div_ceil(KEYS_PER_FOREIGN_ROW),
            _ => 0,
        }
    }

    /// What the topic of its table has.
    pub(crate) fn rows_input(self) -> Input {
        Input::Rows { keys: self.rows() }
    }

    /// Whether results go on changing while rows are read, so that a run ends only when all are.
    pub(crate) fn awaits_rows(self) -> bool {
        matches!(self.workload, Workload::TableJoin | Workload::ForeignKeyJoin)
    }

    /// The topic it reads.
    pub(crate) fn input_topic(self) -> String {
        self.input().topic(self.records)
    }

    /// The topic of its table.
    pub(crate) fn rows_topic(self) -> String {
        self.rows_input().topic(self.rows())
    }
}

fn with_commas(number: u64) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},{:03}", with_commas(number / 1_000), number % 1_000) }
}
