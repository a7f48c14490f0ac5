//! The applications under test: their topologies and topics, and their input.

use std::collections::BTreeMap;

use millstream::{StreamsBuilder, Topology, TopologyError};

use crate::ledger::{Entry, Ledger};

/// The topology of an application. The names of its topics begin with a prefix, so that tests can share a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Counts the words of `lines` into `results`.
    WordCount,
    /// Records for each key which of its numbered lines were processed, and how often: `lines` to `results`.
    Ledger,
    /// The ledger, and before it a sub-topology that counts the records of `added` by key in a store.
    LedgerExtended,
    /// Joins the stream `orders` with the table `rates`, into `results`.
    Join,
}

impl Job {
    /// Every job.
    pub const ALL: [Self; 4] = [Self::WordCount, Self::Ledger, Self::LedgerExtended, Self::Join];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WordCount => "word-count",
            Self::Ledger => "ledger",
            Self::LedgerExtended => "ledger-extended",
            Self::Join => "join",
        }
    }

    /// The topics that it reads and writes.
    #[must_use]
    pub const fn topics(self) -> &'static [&'static str] {
        match self {
            Self::WordCount | Self::Ledger => &["lines", "results"],
            Self::LedgerExtended => &["added", "lines", "results"],
            Self::Join => &["orders", "rates", "results"],
        }
    }

    /// The number of its sub-topologies. Each has a task for every partition.
    #[must_use]
    pub const fn subtopologies(self) -> usize {
        match self {
            Self::WordCount | Self::Ledger => 2,
            Self::LedgerExtended => 3,
            Self::Join => 1,
        }
    }

    /// Its topology, with topics of this prefix.
    ///
    /// # Errors
    /// Never: the topologies are valid.
    pub fn topology(self, prefix: &str) -> Result<Topology, TopologyError> {
        let builder = StreamsBuilder::new();
        let topic = |name: &str| format!("{prefix}{name}");
        match self {
            Self::WordCount => count_words(&builder, &topic("lines"), &topic("results")),
            Self::Ledger => keep_ledger(&builder, &topic("lines"), &topic("results")),
            Self::LedgerExtended => {
                builder.stream::<String, String>(topic("added")).group_by_key().count("added-counts");
                keep_ledger(&builder, &topic("lines"), &topic("results"));
            }
            Self::Join => price_orders(&builder, &topic("orders"), &topic("rates"), &topic("results")),
        }
        builder.build()
    }
}

/// The word count of the README, from `lines` to `counts`.
///
/// # Errors
/// Never: the topology is valid.
pub fn word_count() -> Result<Topology, TopologyError> {
    let builder = StreamsBuilder::new();
    count_words(&builder, "lines", "counts");
    builder.build()
}

fn count_words(builder: &StreamsBuilder, lines: &str, counts: &str) {
    builder
        .stream::<(), String>(lines)
        .flat_map_values(|_key, line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .group_by(|_key, word| word.clone())
        .count("word-counts")
        .to_stream()
        .to(counts);
}

fn keep_ledger(builder: &StreamsBuilder, lines: &str, results: &str) {
    builder
        .stream::<(), String>(lines)
        .map(|(), line| {
            let entry = Entry::parse(&line);
            (entry.key, entry.number)
        })
        .group_by_key()
        .aggregate("ledger", Ledger::default, |_key, number, ledger| ledger.with(number))
        .to_stream()
        .to(results);
}

fn price_orders(builder: &StreamsBuilder, orders: &str, rates: &str, results: &str) {
    let rates = builder.table::<String, String>(rates, "rates");
    builder
        .stream::<String, String>(orders)
        .join(&rates, |_customer, order, rate| Priced { order, rate: rate.clone() })
        .map(|_customer, priced| (priced.order, priced.rate))
        .to(results);
}

/// An order and its rate.
#[derive(Clone)]
struct Priced {
    order: String,
    rate: String,
}

/// Lines of ten words each, from 5,000 different words. They are the same in every run.
#[must_use]
pub fn lines(words: usize) -> Vec<String> {
    let mut state = 42_u64;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("word{:04}", (state >> 33) % 5_000)
    };
    (0..words / 10).map(|_| (0..10).map(|_| word()).collect::<Vec<_>>().join(" ")).collect()
}

/// The number of occurrences of each word in these lines.
#[must_use]
pub fn counted(lines: &[String]) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for word in lines.iter().flat_map(|line| line.split_whitespace()) {
        *counts.entry(word.to_owned()).or_default() += 1;
    }
    counts
}
