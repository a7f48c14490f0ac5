//! `NEXMark`: an auction house whose persons, auctions and bids are one stream of events, and queries over it.
//!
//! ```console
//! $ cargo run --release -p millstream-nexmark -- --events 5000000
//! $ cargo run --release -p millstream-nexmark --features rocksdb -- --store rocksdb --queries q4,q5
//! ```
//!
//! `scripts/nexmark` runs this, and on a broker the same queries beside Kafka Streams: `benches/compare/src/nexmark`, and in Java
//! `benches/compare/java/src/main/java/millstream/nexmark`.
//!
//! Each query runs in a process of its own: an in-process log with the generated events, one stream thread, default settings, and
//! a sink that discards. The table has events per second of wall-clock and of CPU time, CPU per event, and the peak memory, with
//! and without the log that holds the input. The events are those of the reference generator in their shares (1 person, 3 auctions, 46
//! bids), sizes, hot keys and prices; `--seed` makes others, `--out-of-order-ms` moves them.
//!
//! # Queries
//! `q0` pass-through, `q1` currencies, `q2` selection, `q3` local items, `q4` average price of a category, `q5` hot items, `q6` average
//! price of a seller, `q7` highest bid, `q8` new users, `q9` winning bids, `q11` sessions, `q12` windows of processing time, `q13` side
//! input, `q14` calculation, `q15` statistics of a day, `q16` of a channel, `q17` of an auction, `q18` last bids, `q19` ten highest
//! bids, `q20` bids with their auctions, `q21` channels, `q22` directories.
//!
//! In SQL some of them are over unbounded streams of both sides. Here:
//!
//! - `q3` joins tables by a foreign key, so that the order of person and auction does not matter.
//! - `q4`, `q6` and `q9` join bids with the table of auctions: a bid counts only after its auction has begun.
//! - `q5` and `q7` emit a window when it is closed, and `q8` emits a person once in a window.
//! - `q15` and `q16` count distinct values with a processor and a store of those that were seen.
//! - `q20` joins bids with auctions that are at most 10 s away.
//!
//! # Left out
//! `q10` writes files, divided by their time, to a file system; sinks here are topics. In a program it is a consumer of a topic.

pub mod event;
pub mod generator;
pub mod queries;
pub mod run;
