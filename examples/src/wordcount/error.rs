//! The errors of the program, as sentences.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use millstream::events::Failure;
use millstream::logs::LogError;
use millstream::{CloseError, StartError, TopologyError};

/// Why the words were not counted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WordCountError {
    /// A file or directory that was named cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Unreadable {
        /// What was named, or found in a directory that was.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something that was named is neither file nor directory.
    #[error("`{path}` is neither a file nor a directory; for standard input give `-`")]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// A directory without a single text file.
    #[error("there is no text file in `{path}` (binary files left out: {binary}; hidden ones are not looked at)")]
    NoText {
        /// The directory.
        path: PathBuf,
        /// How many files are there that are no text.
        binary: usize,
    },
    /// Standard input cannot be read.
    #[error("cannot read standard input: {0}")]
    StandardInput(io::Error),
    /// The file for the counts cannot be written.
    #[error("cannot write the counts to `{path}`: {source}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// This program was built without the HTTP server.
    #[error(
        "this build has no HTTP server in it; build it with the feature `http` (cargo run --release -p millstream-examples \
         --features http --bin wordcount), or leave out `--listen`"
    )]
    BuiltWithoutHttp,
    /// This program was built without RocksDB.
    #[error(
        "this build has no RocksDB in it; build it with the feature `rocksdb`, which compiles RocksDB (for trying \
         it out, `eval \"$(scripts/rocksdb-library)\"` before makes that quick), or keep the counts by `--store memory`"
    )]
    BuiltWithoutRocksDb,
    /// A line of the settings file is invalid.
    #[error("line {line} of `{path}`: {reason}")]
    Setting {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// No broker responds.
    #[error(
        "no broker responds at {address}, for {} s now: {reason}; check the address and, if they speak TLS or SASL, the settings",
        limit.as_secs()
    )]
    NoResponse {
        /// Where they should be.
        address: String,
        /// How long it waited.
        limit: Duration,
        /// The last error.
        reason: String,
    },
    /// Topics that it reads or writes are missing.
    #[error(
        "there is no topic {} at {address}; create it, name another by --source or --output, or let this program create \
         what is missing by --create-topics",
        topics.iter().map(|topic| format!("`{topic}`")).collect::<Vec<_>>().join(" and no ")
    )]
    NoTopics {
        /// The missing ones.
        topics: Vec<String>,
        /// Where they should be.
        address: String,
    },
    /// A topic cannot be created.
    #[error("the topic `{topic}` cannot be created: {error}")]
    NotCreated {
        /// Its name.
        topic: String,
        /// Why.
        error: LogError,
    },
    /// Kafka, or the client for it, refused something.
    #[error("Kafka: {0}")]
    Kafka(LogError),
    /// The HTTP server did not start.
    #[cfg(feature = "http")]
    #[error(transparent)]
    Http(#[from] millstream::http::HttpError),
    /// A thread cannot be started.
    #[error("the system gave no thread: {0}")]
    Thread(io::Error),
    /// The feeding thread panicked, and has printed why.
    #[error("reading the input failed; this is a bug")]
    Panicked,
    /// The topology is invalid.
    #[error("the pipeline cannot be built: {0}")]
    Topology(#[from] TopologyError),
    /// The log refused something.
    #[error("the in-process log refused: {0}")]
    Log(#[from] LogError),
    /// The application did not start.
    #[error("the application did not start: {0}")]
    Start(#[from] StartError),
    /// The application stopped before all was counted.
    #[error("the application stopped: {}", .0.as_ref().map_or_else(|| "it was closed".to_owned(), Failure::to_string))]
    Stopped(Option<Failure>),
    /// The application did not close cleanly.
    #[error("the application did not close cleanly: {0}")]
    Close(#[from] CloseError),
    /// A record of the output topic is not a word and its count.
    #[error("the output topic holds something that is no count: {0}")]
    Output(#[from] millstream::SerdeError),
}
