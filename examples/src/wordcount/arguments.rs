//! The program's arguments: the command line, and environment variables.

use std::env;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{BoolishValueParser, NonEmptyStringValueParser};
use clap::error::ErrorKind;
use clap::{Args, Command, CommandFactory, FromArgMatches, Parser, ValueEnum};

use super::topology::{APPLICATION_ID, COUNTS, LINES};

/// Counts words through a whole Millstream pipeline: source topic, words, repartition topic, counted in a store with a
/// changelog, output topic.
///
/// Without `--bootstrap` all of it is in this process, with no broker: it counts the texts and shows the result. With
/// `--bootstrap` the same pipeline runs on Kafka until it is stopped (SIGTERM, Ctrl-C; a second Ctrl-C ends it at
/// once), and every further copy of it, here or on another host, takes its share.
///
/// A word is a run of letters, digits and combining marks, with the apostrophes inside it, in lower case. Texts are read
/// as UTF-8. Bytes that are not UTF-8 separate words, in a file and in a record on Kafka alike; how many lines of a file
/// held some is reported at the end. Each line becomes a record. A line longer than 256 KiB becomes several: it is cut
/// after a space, or between two characters if 256 KiB hold no space.
///
/// An environment variable that is empty counts as not set. The exit code is 0 when all is done or after a signal to
/// stop, 1 when something failed, 2 when the arguments are wrong.
#[derive(Debug, Parser)]
#[command(name = "wordcount", version)]
pub struct Arguments {
    /// Files, directories (all text files below, hidden ones left out) or `-` for standard input; a bundled sample if
    /// nothing is named. On Kafka: what to write to the source topic, a line a record, each time it is started; by
    /// default nothing.
    #[arg(value_name = "FILE|DIR|-")]
    pub inputs: Vec<PathBuf>,

    /// Write every word and its count to this file, tab-separated and sorted by word.
    #[arg(long, value_name = "FILE")]
    pub counts: Option<PathBuf>,

    /// Stream threads; as many as there are processors by default.
    #[arg(long, value_name = "N", env = "WORDCOUNT_THREADS")]
    pub threads: Option<NonZeroUsize>,

    /// Partitions of each topic; as many as there are threads by default. On Kafka: of those it creates, 4 by default.
    #[arg(long, value_name = "N", env = "WORDCOUNT_PARTITIONS")]
    pub partitions: Option<NonZeroU32>,

    /// How many of the most frequent words to show.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub top: usize,

    /// Options for Kafka.
    #[command(flatten, next_help_heading = "On a real Kafka")]
    pub kafka: KafkaArguments,
}

/// Options for Kafka.
#[derive(Args, Clone, Debug)]
pub struct KafkaArguments {
    /// Run on the Kafka cluster that these brokers belong to; separated by commas.
    #[arg(long, value_name = "HOST:PORT", env = "WORDCOUNT_BOOTSTRAP", value_parser = NonEmptyStringValueParser::new())]
    pub bootstrap: Option<String>,

    /// A setting of the Kafka client, such as `security.protocol=ssl`; may be given several times.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parse_setting, requires = "bootstrap")]
    pub settings: Vec<(String, String)>,

    /// A file of such settings, one a line, for those that no list of processes may show. `--set` goes before it.
    #[arg(long, value_name = "FILE", env = "WORDCOUNT_SETTINGS", requires = "bootstrap")]
    pub settings_file: Option<PathBuf>,

    /// The application's id: its consumer group, and the beginning of the names of its internal topics.
    #[arg(long, value_name = "ID", env = "WORDCOUNT_APPLICATION_ID", requires = "bootstrap", default_value = APPLICATION_ID)]
    pub application_id: String,

    /// This copy's identity, the same after each restart (static membership): then a restart moves no task.
    #[arg(long, value_name = "ID", env = "WORDCOUNT_INSTANCE_ID", requires = "bootstrap")]
    pub instance_id: Option<String>,

    /// How long to wait at the start for a response of a broker.
    #[arg(long, value_name = "SECONDS", env = "WORDCOUNT_CONNECT_LIMIT", requires = "bootstrap", default_value = "30", value_parser = parse_seconds)]
    pub connect_limit: Duration,

    /// A copy without a heartbeat for this long is considered dead.
    #[arg(long, value_name = "SECONDS", env = "WORDCOUNT_SESSION_TIMEOUT", requires = "bootstrap", default_value = "45", value_parser = parse_seconds)]
    pub session_timeout: Duration,

    /// How long closing may take.
    #[arg(long, value_name = "SECONDS", env = "WORDCOUNT_CLOSE_LIMIT", requires = "bootstrap", default_value = "30", value_parser = parse_seconds)]
    pub close_limit: Duration,

    /// The topic of the lines.
    #[arg(long, value_name = "TOPIC", env = "WORDCOUNT_SOURCE", requires = "bootstrap", default_value = LINES)]
    pub source: String,

    /// The topic of the counts.
    #[arg(long, value_name = "TOPIC", env = "WORDCOUNT_OUTPUT", requires = "bootstrap", default_value = COUNTS)]
    pub output: String,

    /// Create the source and the output topic if they are missing, with the replication that the broker has set.
    #[arg(long, env = "WORDCOUNT_CREATE_TOPICS", requires = "bootstrap", value_parser = BoolishValueParser::new())]
    pub create_topics: bool,

    /// Where the counts are kept: in memory, and restored from Kafka at each start; or on disk, where only what was
    /// missed is restored.
    #[arg(long, value_name = "STORE", env = "WORDCOUNT_STORE", requires = "bootstrap", default_value = "memory")]
    pub store: StoreKind,

    /// The directory for `--store rocksdb`, on a disk of this host; copies on it may share one.
    #[arg(long, value_name = "DIR", env = "WORDCOUNT_STATE_DIR", requires = "bootstrap")]
    pub state_dir: Option<PathBuf>,

    /// The memory limit of RocksDB.
    #[arg(long, value_name = "MIB", env = "WORDCOUNT_ROCKSDB_MEMORY", requires = "bootstrap", default_value_t = 256)]
    pub rocksdb_memory: usize,

    /// How often to report progress if standard output is not a terminal.
    #[arg(long, value_name = "SECONDS", env = "WORDCOUNT_PROGRESS", requires = "bootstrap", default_value = "10", value_parser = parse_seconds)]
    pub progress: Duration,

    /// Serve HTTP on this address: `/live`, `/ready`, and `/metrics` for Prometheus. Only in a build with the feature `http`.
    #[arg(long, value_name = "ADDRESS:PORT", env = "WORDCOUNT_LISTEN", requires = "bootstrap")]
    pub listen: Option<SocketAddr>,

    /// Only write the texts to the source topic.
    #[arg(long, requires = "bootstrap", conflicts_with = "show")]
    pub feed_only: bool,

    /// Only show the counts that the output topic holds now.
    #[arg(long, requires = "bootstrap")]
    pub show: bool,
}

/// Where counts are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum StoreKind {
    /// In memory.
    #[default]
    Memory,
    /// On disk, in RocksDB.
    Rocksdb,
}

impl Arguments {
    /// The arguments of this process. Ends the process if they are wrong, or if help was requested.
    #[must_use]
    pub fn from_process() -> Self {
        Self::parse_line(env::args_os().collect()).unwrap_or_else(|refused| refused.exit())
    }

    fn parse_line(line: Vec<OsString>) -> Result<Self, Refused> {
        let command = without_empty_variables(Self::command());
        let parsed = command.clone().try_get_matches_from(&line).and_then(|matches| Self::from_arg_matches(&matches));
        let checked = parsed.and_then(|arguments| arguments.check().map(|()| arguments));
        checked.map_err(|error| Refused { error, variables: variables_in_use(&command, &line) })
    }

    /// Checks the rules that concern more than one argument.
    ///
    /// # Errors
    /// With the arguments that cannot be combined.
    pub fn check(&self) -> Result<(), clap::Error> {
        let kafka = &self.kafka;
        let conflict = |text: &str| Err(Self::command().error(ErrorKind::ArgumentConflict, text));
        if kafka.bootstrap.is_none() {
            return Ok(());
        }
        match (kafka.store, &kafka.state_dir) {
            (StoreKind::Rocksdb, None) => return conflict("--store rocksdb needs a directory: --state-dir DIR"),
            (StoreKind::Memory, Some(_)) => {
                return conflict("--state-dir is for --store rocksdb; a store in memory needs none");
            }
            _ => {}
        }
        if kafka.source == kafka.output {
            return conflict("--source and --output are the same topic: it would count its own counts");
        }
        if kafka.show && !self.inputs.is_empty() {
            return conflict("--show only shows: it takes no texts");
        }
        if self.counts.is_some() && !kafka.show {
            return conflict("on Kafka the counts are in the output topic; --counts writes them with --show");
        }
        Ok(())
    }

    /// How many threads to start.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
    }
}

/// Wrong arguments, and the environment variables that took part.
#[derive(Debug)]
struct Refused {
    error: clap::Error,
    variables: Vec<String>,
}

impl Refused {
    fn exit(self) -> ! {
        // Standard output or error may be closed; the exit code is set nevertheless.
        _ = self.error.print();
        if let Some(note) = self.note() {
            eprintln!("{note}");
        }
        std::process::exit(self.error.exit_code())
    }

    /// clap names the option even when its value came from the environment, so the variables are named here.
    fn note(&self) -> Option<String> {
        let is_wrong = self.error.use_stderr() && !self.variables.is_empty();
        is_wrong.then(|| format!("\nset by the environment: {}", self.variables.join(", ")))
    }
}

/// An environment variable that is empty counts as not set.
fn without_empty_variables(command: Command) -> Command {
    command.mut_args(|argument| {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        if argument.get_env().is_some_and(is_set) { argument } else { argument.env(None::<&'static str>) }
    })
}

/// The environment variables that are set, with their options, where the command line does not override them.
fn variables_in_use(command: &Command, line: &[OsString]) -> Vec<String> {
    let is_given = |option: &str| {
        line.iter()
            .filter_map(|word| word.to_str())
            .any(|word| word.strip_prefix(option).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
    };
    let set = command.get_arguments().filter_map(|argument| {
        let (name, option) = (argument.get_env()?.to_str()?, format!("--{}", argument.get_long()?));
        (!is_given(&option)).then(|| format!("{name} ({option})"))
    });
    set.collect()
}

/// Splits `NAME=VALUE`.
pub(super) fn parse_setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a setting is written NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "seconds are a number above zero".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parse(arguments: &[&str]) -> Result<Arguments, clap::Error> {
        let arguments = Arguments::try_parse_from(["wordcount"].iter().chain(arguments))?;
        arguments.check().map(|()| arguments)
    }

    #[track_caller]
    fn check_refused(arguments: &[&str], expected: &str) {
        let message = parse(arguments).unwrap_err().to_string();
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn settings_are_names_and_values() {
        let arguments = ["--bootstrap", "b:1", "--set", "a=1", "--set", "sasl.password=x=y, z"];
        let pairs = [("a", "1"), ("sasl.password", "x=y, z")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(parse(&arguments).unwrap().kafka.settings, pairs);
        check_refused(&["--bootstrap", "b:1", "--set", "a"], "a setting is written NAME=VALUE");
    }

    #[test]
    fn arguments_that_cannot_be_combined_are_refused() {
        let on_kafka = |rest: &[&'static str]| [&["--bootstrap", "b:1"], rest].concat();
        check_refused(&["--create-topics"], "--bootstrap");
        check_refused(&["--show"], "--bootstrap");
        check_refused(&on_kafka(&["--store", "rocksdb"]), "--state-dir");
        check_refused(&on_kafka(&["--state-dir", "x"]), "--store rocksdb");
        check_refused(&on_kafka(&["--source", "counts"]), "the same topic");
        check_refused(&on_kafka(&["--show", "file"]), "takes no texts");
        check_refused(&on_kafka(&["--counts", "file"]), "--show");
        check_refused(&on_kafka(&["--feed-only", "--show"]), "--show");
        check_refused(&on_kafka(&["--session-timeout", "0"]), "above zero");
        check_refused(&["--bootstrap", ""], "--bootstrap");
    }
}
