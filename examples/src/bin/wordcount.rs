//! `wordcount`: counts words through a whole Millstream pipeline, on a log inside the process.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use millstream::events::{Event, Level};
use millstream_examples::wordcount::{Input, Inputs, ProgressLines, Report, Settings, WordCountError, run};

/// Counts words through a whole Millstream pipeline: source topic, words, repartition topic, counted in a store with a
/// changelog, output topic; all of it in this process, with no broker.
///
/// A word is a run of letters and digits, with the apostrophes inside it, in lower case. Texts are read as UTF-8; what is
/// no UTF-8 is replaced and told of. Ends with 0 when all is counted, 1 when something failed, 2 when it was called
/// wrongly.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Files, directories (all text files below, hidden ones left out) or `-` for standard input; a bundled sample if
    /// nothing is named.
    #[arg(value_name = "FILE|DIR|-")]
    inputs: Vec<PathBuf>,

    /// Write every word and its count to this file, tab-separated and sorted by word.
    #[arg(long, value_name = "FILE")]
    counts: Option<PathBuf>,

    /// Stream threads; as many as there are processors by default.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,

    /// Partitions of each topic; as many as there are threads by default.
    #[arg(long, value_name = "N")]
    partitions: Option<NonZeroU32>,

    /// How many of the most frequent words to show.
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
}

fn main() -> ExitCode {
    match count(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&error);
            ExitCode::FAILURE
        }
    }
}

fn count(arguments: &Arguments) -> Result<(), WordCountError> {
    let inputs = Inputs::find(&arguments.inputs)?;
    if let Some(path) = &arguments.counts {
        check_writable(path)?;
    }
    if inputs.list.contains(&Input::StandardInput) && io::stdin().is_terminal() {
        say(&"reading from the terminal; end the input with Ctrl-D");
    }
    let threads = arguments.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let partitions = arguments.partitions.map_or_else(|| u32::try_from(threads).unwrap_or(1), NonZeroU32::get);
    let mut lines = ProgressLines::default();
    let result = run(&Settings { inputs, threads, partitions }, &mut |progress| lines.show(progress), tell);
    lines.clear();
    let report = result?;
    note_what_was_left_out(&report);
    if let Some(path) = &arguments.counts {
        report.write_counts(path)?;
    }
    show(&report, arguments.top)
}

/// Finds out before the work whether the result can be written after it.
fn check_writable(path: &Path) -> Result<(), WordCountError> {
    let opened = OpenOptions::new().write(true).create(true).truncate(false).open(path);
    opened.map(drop).map_err(|source| WordCountError::Unwritable { path: path.to_owned(), source })
}

fn note_what_was_left_out(report: &Report) {
    if report.invalid_lines > 0 {
        say(&format_args!(
            "lines that are not UTF-8: {}; what is unreadable in them was replaced",
            report.invalid_lines
        ));
    }
    if report.binary_files > 0 {
        say(&format_args!("binary files left out: {}", report.binary_files));
    }
}

fn show(report: &Report, top: usize) -> Result<(), WordCountError> {
    let mut out = io::stdout().lock();
    match report.write(&mut out, top).and_then(|()| out.flush()) {
        // Whoever reads has seen enough, as with `| head`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(source) => Err(WordCountError::Unwritable { path: "standard output".into(), source }),
        Ok(()) => Ok(()),
    }
}

/// Passes on what a person should know.
fn tell(event: &Event) {
    if event.level() >= Level::Warn {
        say(event);
    }
}

/// Says something on standard error, if anybody listens.
fn say(what: &dyn std::fmt::Display) {
    _ = writeln!(io::stderr(), "wordcount: {what}");
}
