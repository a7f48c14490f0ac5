//! The log and the application's settings, from the arguments.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

use millstream::StreamsConfig;
use millstream::events::EventSettings;
use millstream::kafka::KafkaLog;

use super::super::arguments::{KafkaArguments, parse_setting};
use super::super::{Arguments, WordCountError};

/// Where the brokers are.
pub(super) fn address(arguments: &KafkaArguments) -> &str {
    arguments.bootstrap.as_deref().unwrap_or_default()
}

/// The log, with the settings of the file and then those of the command line.
///
/// # Errors
/// When the file cannot be read, or a setting is one that Millstream makes itself.
pub(super) fn log(arguments: &KafkaArguments) -> Result<KafkaLog, WordCountError> {
    let of_file = arguments.settings_file.as_deref().map_or(Ok(Vec::new()), read)?;
    let mut settings = of_file.iter().chain(&arguments.settings);
    let log = KafkaLog::new(address(arguments));
    settings.try_fold(log, |log, (name, value)| log.with(name, value)).map_err(WordCountError::Kafka)
}

/// Lines `name=value`; empty ones and those that begin with `#` are ignored.
fn read(path: &Path) -> Result<Vec<(String, String)>, WordCountError> {
    let text =
        fs::read_to_string(path).map_err(|source| WordCountError::Unreadable { path: path.to_owned(), source })?;
    let lines = text.lines().zip(1_usize..).filter(|(line, _)| !line.trim().is_empty() && !line.starts_with('#'));
    let parse = |(line, number)| {
        parse_setting(line).map_err(|reason| WordCountError::Setting { path: path.to_owned(), line: number, reason })
    };
    lines.map(parse).collect()
}

/// The application's settings.
pub(super) fn config(arguments: &Arguments) -> StreamsConfig {
    let kafka = &arguments.kafka;
    StreamsConfig {
        threads: arguments.threads(),
        instance_id: kafka.instance_id.clone(),
        session_timeout: kafka.session_timeout,
        close_limit: kafka.close_limit,
        progress_interval: Some(kafka.progress),
        events: EventSettings { lines: !is_for_a_person(), ..EventSettings::default() },
        ..StreamsConfig::new(&kafka.application_id)
    }
}

/// Whether standard output is a terminal. Otherwise events are written there, as lines of JSON.
fn is_for_a_person() -> bool {
    io::stdout().is_terminal() && io::stderr().is_terminal()
}
