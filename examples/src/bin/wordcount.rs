//! `wordcount`: counts words through a whole Millstream pipeline, on a log inside the process or on Kafka.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal};
use std::num::NonZeroU32;
use std::path::Path;
use std::process::ExitCode;

use millstream::events::{Event, Level};
use millstream_examples::wordcount::{
    Arguments, Input, Inputs, ProgressLines, Report, Settings, WordCountError, on_kafka, print, run, say,
};

fn main() -> ExitCode {
    let arguments = Arguments::from_process();
    let done = if arguments.kafka.bootstrap.is_some() { on_kafka(&arguments) } else { count(&arguments) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&error);
            ExitCode::FAILURE
        }
    }
}

/// Counts in this process, and shows the result.
fn count(arguments: &Arguments) -> Result<(), WordCountError> {
    let inputs = Inputs::find(&arguments.inputs)?;
    if let Some(path) = &arguments.counts {
        check_writable(path)?;
    }
    if inputs.list.contains(&Input::StandardInput) && io::stdin().is_terminal() {
        say(&"reading from the terminal; end the input with Ctrl-D");
    }
    let threads = arguments.threads();
    let partitions = arguments.partitions.map_or_else(|| u32::try_from(threads).unwrap_or(1), NonZeroU32::get);
    let mut lines = ProgressLines::default();
    let result = run(&Settings { inputs, threads, partitions }, &mut |progress| lines.show(progress), show_event);
    lines.clear();
    let report = result?;
    note_what_was_left_out(&report);
    if let Some(path) = &arguments.counts {
        report.counts.write_file(path)?;
    }
    print(|out| report.write(out, arguments.top))
}

/// Checks before the work that the result can be written after it.
fn check_writable(path: &Path) -> Result<(), WordCountError> {
    let opened = OpenOptions::new().write(true).create(true).truncate(false).open(path);
    opened.map(drop).map_err(|source| WordCountError::Unwritable { path: path.to_owned(), source })
}

fn note_what_was_left_out(report: &Report) {
    report.notes.iter().for_each(|note| say(note));
    if report.binary_files > 0 {
        say(&format_args!("binary files left out: {}", report.binary_files));
    }
}

/// Shows warnings and errors.
fn show_event(event: &Event) {
    if event.level() >= Level::Warn {
        say(event);
    }
}
